"""README and docs/ name what there is: links, files, modules, targets of make, commands."""

import importlib
import inspect
import re
import shlex
from pathlib import Path

import pytest
from faults import FAULTS

from myllama import cli
from myllama.rtl import admission

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "checkpoints/README.md"]
PACKAGE = ROOT / "src" / "myllama"
BLOCK = re.compile(r"^(?: {4}|```\w*\n).*?(?=^\S|^```$|\Z)", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"^(?:make|myllama|pytest) .*")
# Folders whose files are named without them, beside the root and the page's own.
FOLDERS = ROOT, PACKAGE, ROOT / "tb", ROOT / "docs"
FILE = re.compile(r"[\w./]+\.(?:py|md|v|sh|cpp|vlt|png|svg|cfg|json)\b")
# By the commands beside them.
MADE = re.compile(r"(?:build|wave_out|rtl_out)/|(?:x|kv|cycles|decoder|fpga)\.\w+$")
DOTTED = re.compile(r"(?:\w+\.)+\w+")


def page_id(path):
    return str(path.relative_to(ROOT))


def spans(page):
    return SPAN.findall(page.read_text())


def commands():
    """(page, command) of every line of code that begins with one, its comment cut off."""
    for page in PAGES:
        text = page.read_text()
        lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
        for line in [*map(str.strip, lines), *SPAN.findall(text)]:
            if COMMAND.match(line):
                yield page_id(page), line.partition("  #")[0].partition("   ")[0]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links(page):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_files(page):
    """A file named in code is in the repository, from its root or from the usual folders."""
    named = {name for span in spans(page) for name in FILE.findall(span) if not MADE.match(name)}
    folders = *FOLDERS, page.parent
    assert not [name for name in named if not any((f / name).exists() for f in folders)]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_modules(page):
    """A dotted name that begins with myllama or one of its packages is there to its end."""
    missing = []
    for span in spans(page):
        for name in DOTTED.findall(span):
            parts = name.removeprefix("myllama.").split(".")
            ours = name.startswith("myllama.") or (PACKAGE / parts[0]).is_dir()
            if ours and not FILE.fullmatch(name) and not resolves(parts):
                missing.append(name)
    assert not missing


def resolves(parts):
    found, path = None, "myllama"
    for part in parts:
        path = f"{path}.{part}"
        try:
            found = importlib.import_module(path)
        except ImportError:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
    return True


def test_commands():
    """Each would be parsed; `...` and [ ] stand for words that are left open."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    seen = 0
    parser = cli.parser()
    for seen, (page, command) in enumerate(commands(), 1):  # noqa: B007
        program, *words = shlex.split(re.sub(r"\[.*?\]|\.\.\.", "", command))
        if program == "make":
            assert {word for word in words if "=" not in word} <= targets, f"{page}: {command}"
            names = [word.partition("=")[0] for word in words if "=" in word]
            assert all(re.search(rf"\b{name}\b", makefile) for name in names), command
        elif program == "myllama":
            try:
                parser.parse_args(words)
            except SystemExit as end:
                assert end.code == 0, f"{page}: {command}"
        else:
            files = [ROOT / word for word in words if word.endswith(".py")]
            assert all(file.exists() for file in files), f"{page}: {command}"
            if "-k" in words:
                chosen = words[words.index("-k") + 1]
                assert any(chosen in file.read_text() for file in files), f"{page}: {command}"
    assert seen > 30  # the finder finds them


def test_the_readme_has_the_commands_of_the_help(monkeypatch):
    """In its order and with its words."""
    monkeypatch.setenv("COLUMNS", "200")
    helps = re.findall(r"^    (\w+) {2,}(.*)", cli.parser().format_help(), re.MULTILINE)
    then = PAGES[0].read_text().partition("## Then\n")[2].partition("\n## ")[0]
    told = re.findall(r"^    myllama (\w+)(?:[^#\n]*\n)?[^#\n]*# (.*)", then, re.MULTILINE)
    assert told == helps and len(told) > 9


def test_blocks_of_the_architecture():
    """With the arguments that they take."""
    page = (ROOT / "docs/architecture.md").read_text()
    told = re.findall(r"^\| (\w+)\((.*)\) \|", page, re.MULTILINE)
    assert len(told) > 9
    for name, arguments in told:
        block = getattr(importlib.import_module(f"myllama.rtl.{name}"), name)
        names = re.sub(r":[^,]*|\([^()]*\)", "", arguments).split(", ")
        assert names == [*inspect.signature(block).parameters], name


def test_tables_of_debugging():
    page = (ROOT / "docs/debugging.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)`", page.partition("## Symptoms")[2], re.MULTILINE)
    assert dict(rows) == {name: fault.check for name, fault in FAULTS.items()}
    bits = re.findall(r"^\| (\d) \| `(\w+)`", page, re.MULTILINE)
    assert [getattr(admission, name) for _, name in bits] == [int(bit) for bit, _ in bits]
    assert len(bits) == admission.STATUS_WIDTH

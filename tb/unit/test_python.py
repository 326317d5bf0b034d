"""docs/python.md: its blocks run as they stand, one after the other, and print what it says."""

import re
import shutil
from pathlib import Path

import pytest
from formula_hardware import Hardware

from myllama.checkpoint import random_checkpoint, save
from myllama.commands import embedded_checkpoint
from myllama.config import ModelConfig
from myllama.cost import report
from myllama.sim import rtl

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
BLOCKS = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytest.importorskip("matplotlib")


def run(capsys):
    """[(printed, what the page says of it)] of each block."""
    names, told = {}, []
    for kind, text in BLOCKS.findall(PAGE.read_text()):
        if kind == "python":
            exec(compile(text, str(PAGE), "exec"), names)
            told.append([capsys.readouterr().out, ""])
        else:
            told[-1][1] = text
    return told


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What the blocks write goes here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    return tmp_path


def test_blocks_run(folder, monkeypatch, capsys):
    """With a model of noise, which Icarus simulates in seconds, and the report's by formula."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setattr(rtl, "simulators", lambda: ["icarus"])
    monkeypatch.setattr(report, "Watched", Hardware)
    noise = random_checkpoint(ModelConfig(16, 12, 2, 2, 1, 512, 128, True), 7)
    save(folder / "checkpoints" / "tales260K.bin", noise)
    shutil.copy(embedded_checkpoint().with_name("tales512.bin"), folder / "checkpoints")
    told = run(capsys)
    assert len(told) == 8
    for printed, says in told:
        assert printed.count("\n") == says.count("\n")
    stories = [line[12:] for line in told[1][0].splitlines()]
    assert stories[2] == stories[1] and stories[0].startswith("Once upon a time")
    first, second, again = (line[12:] for line in told[3][0].splitlines())
    assert first == again != second
    assert (folder / "kv.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / told[-1][0].strip()).is_file()


@pytest.mark.sweep
@pytest.mark.skipif(not shutil.which("verilator"), reason="Verilator is not installed")
def test_blocks_print_what_the_page_says(folder, capsys):
    for file in embedded_checkpoint().parent.glob("tales*.bin"):
        shutil.copy(file, folder / "checkpoints")
    for printed, says in run(capsys):
        assert printed == says

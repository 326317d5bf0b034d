"""What this machine has of what myllama needs, and what to do about the rest."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata

PYTHON_RANGE = (3, 11), (3, 13)
# One line of a package's metadata, such as: ruff==0.17.6; extra == "test"
REQUIREMENT = re.compile(
    r"""(?P<name>[\w.-]+)\s*==\s*(?P<pin>[^\s;]+)\s*(;\s*extra\s*==\s*["'](?P<extra>\w+)["'])?$"""
)
EXTRAS_CHECKED = {
    None: "the core",
    "test": "the tests",
    "import": "myllama import",
    "wave": "waveforms",
}
VERSION_TIMEOUT = 20  # seconds


@dataclass(frozen=True)
class Tool:
    """A program, the oldest version that works, and what it is for.

    asks      arguments that make it tell its version
    required  whether nothing can be tested without it
    """

    name: str
    command: str
    asks: tuple
    oldest: str
    package: str
    purpose: str
    required: bool = False


TOOLS = (
    Tool("Icarus", "iverilog", ("-V",), "11.0", "iverilog", "runs the benches", True),
    Tool("Verilator", "verilator", ("--version",), "5.006", "verilator", "simulates fast"),
    Tool("g++", "g++", ("--version",), "9", "g++", "compiles what Verilator writes"),
    Tool("GTKWave", "gtkwave", ("--version",), "3.3", "gtkwave", "shows waveforms"),
)


@dataclass(frozen=True)
class Finding:
    """One line of the report. `remedy` is empty when all is well."""

    name: str
    version: str
    remedy: str = ""
    required: bool = False

    @property
    def verdict(self):
        if not self.remedy:
            return "ok"
        return "MISSING" if self.required else "optional"

    def __str__(self):
        line = f"{self.verdict:9}{self.name:16}{self.version:16}"
        return f"{line}{self.remedy}".rstrip()


def findings():
    """Every Finding of this machine, Python first."""
    return [_python(sys.version_info), *_packages(), *map(_tool, TOOLS)]


def report(out):
    """Write the findings to `out`; return 2 when something required is missing, else 0."""
    found = findings()
    for finding in found:
        print(finding, file=out)
    wrong = [f.name for f in found if f.required and f.remedy]
    if wrong:
        print(f"\nNot ready: {', '.join(wrong)}. `make setup` installs what it can.", file=out)
        return 2
    print("\nReady.", file=out)
    return 0


def _python(version):
    text = ".".join(map(str, version[:3]))
    low, high = PYTHON_RANGE
    if low <= tuple(version[:2]) <= high:
        return Finding("Python", text, required=True)
    remedy = "needs 3.11 to 3.13: make setup PYTHON=python3.11"
    return Finding("Python", text, remedy, required=True)


def _packages():
    try:
        lines = metadata.requires("myllama") or []
    except metadata.PackageNotFoundError:
        return [Finding("myllama", "not installed", "install it: make setup", required=True)]
    matches = [match for match in map(REQUIREMENT.match, lines) if match]
    return [_package(**m.groupdict()) for m in matches if m["extra"] in EXTRAS_CHECKED]


def _package(name, pin, extra):
    required = extra is None
    needed_for = EXTRAS_CHECKED[extra]
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(name, "missing", f"needed for {needed_for}: make setup", required)
    if found != pin:
        # Another version may well work; only this one was tested.
        return Finding(name, found, f"{needed_for} came with {pin}: make setup")
    return Finding(name, found, required=required)


def _tool(tool):
    install = f"apt-get install {tool.package}"
    found = version_of(tool)
    if found is None:
        return Finding(tool.name, "missing", f"{tool.purpose}: {install}", tool.required)
    if too_old(found, tool.oldest):
        remedy = f"{tool.purpose}, needs {tool.oldest} or newer: {install}, or build it"
        return Finding(tool.name, found, remedy, tool.required)
    return Finding(tool.name, found or "version unknown", required=tool.required)


def version_of(tool):
    """What the tool says its version is: "" when it says none, None when it is not here."""
    path = shutil.which(tool.command)
    if path is None:
        return None
    try:
        said = subprocess.run(
            [path, *tool.asks],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=VERSION_TIMEOUT,
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\b[vV]?(\d+(?:\.\d+)+)", said)
    return match[1] if match else ""


def too_old(found, oldest):
    """Whether version `found` is older than `oldest`; an unknown version ("") is not."""
    return bool(found) and _numbers(found) < _numbers(oldest)


def _numbers(text):
    return [int(number) for number in text.split(".")]

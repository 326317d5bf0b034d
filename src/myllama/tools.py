"""The programs outside Python that myllama uses: which are here, and in what version."""

import re
import shutil
import subprocess
from dataclasses import dataclass

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


ICARUS = Tool("Icarus", "iverilog", ("-V",), "11.0", "iverilog", "runs the benches", True)
VERILATOR = Tool(
    "Verilator", "verilator", ("--version",), "5.006", "verilator", "simulates whole stories fast"
)
GXX = Tool("g++", "g++", ("--version",), "9", "g++", "compiles Verilator's output")
MAKE = Tool("make", "make", ("--version",), "4", "make", "builds Verilator's output")
GTKWAVE = Tool("GTKWave", "gtkwave", ("--version",), "3.3", "gtkwave", "shows waveforms")
TOOLS = (ICARUS, VERILATOR, GXX, MAKE, GTKWAVE)


def version(tool):
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


def usable(tool):
    """Whether the tool is here and not too old."""
    found = version(tool)
    return found is not None and not too_old(found, tool.oldest)


def _numbers(text):
    return [int(number) for number in text.split(".")]

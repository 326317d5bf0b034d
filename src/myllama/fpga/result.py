"""What place and route found, as text and as data."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ..synth import CELLS, TOP
from .chips import Device

_HIDDEN = ("$abc$", "$auto$", "$flatten")
_DECODER = "core."  # of a chip


def block_of(cell):
    """The block of decoder or chip that a cell of the flat netlist belongs to, by its name."""
    name = cell.removeprefix("$flatten\\").replace("\\", "").removeprefix(_DECODER)
    block = name.split(".")[0]
    return block if "." in name and not block.startswith(_HIDDEN) else TOP


@dataclass(frozen=True)
class Routed:
    """One placement.

    fmax   MHz, after routing
    ends   cells at both ends of the critical path
    steps  (block, kind, ns) along it
    """

    seed: int
    fmax: float
    ends: tuple
    steps: tuple

    @property
    def path(self):
        """The critical path by block: (block, ns) in order."""
        found = []
        for block, _, delay in self.steps:
            if found and found[-1][0] == block:
                found[-1] = block, found[-1][1] + delay
            else:
                found.append((block, delay))
        return found


@dataclass(frozen=True)
class Result:
    """Cells of each block, what absorb and copies did, and every placement.

    copied  how many registers have copies, and how many copies there are
    design  what of the decoder a rate depends on: {"lanes", "profile", "seq_len"}
    """

    design: dict
    device: Device
    cells: dict
    absorbed: dict
    copied: tuple
    runs: tuple
    best: Routed
    bitstream: Path

    def lines(self):
        """As text."""
        yield f"{'block':20}" + "".join(f"{column:>11}" for column in CELLS)
        total = sum(self.cells.values(), type(next(iter(self.cells.values())))())
        for name, cells in [*sorted(self.cells.items()), ("total", total)]:
            yield f"{name:20}" + "".join(f"{cells[cell]:11,}" for cell in CELLS.values())
        yield ""
        for what, count in self.absorbed.items():
            yield f"{count:5,} {what} with registers of their own"
        registers, copies = self.copied
        yield f"{registers:5,} registers with copies near their readers, {copies:,} in all"
        yield ""
        yield f"{'seed':>6}{'MHz':>8}  critical path"
        for run in self.runs:
            path = ", ".join(f"{block} {delay:.1f} ns" for block, delay in run.path)
            yield f"{run.seed:6}{run.fmax:8.1f}  {path}"
        speeds = [run.fmax for run in self.runs]
        yield (
            f"{self.device.name}, speed grade {self.device.speed}: {self.best.fmax:.1f} MHz with"
            f" seed {self.best.seed}; {min(speeds):.1f} to {max(speeds):.1f}, median"
            f" {median(speeds):.1f}"
        )
        yield f"from {self.best.ends[0]}"
        yield f"to   {self.best.ends[1]}"

    def as_data(self):
        """As what JSON holds."""
        return {
            **self.design,
            "device": self.device.name,
            "package": self.device.package,
            "speed": self.device.speed,
            "cells": {block: dict(cells) for block, cells in self.cells.items()},
            "registers": dict(self.absorbed),
            "copied": self.copied,
            "runs": [
                {"seed": r.seed, "fmax": r.fmax, "ends": r.ends, "steps": r.steps}
                for r in self.runs
            ],
            "best": self.best.seed,
        }

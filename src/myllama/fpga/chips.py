"""The ECP5 chips that a decoder can be placed on."""

import re
from dataclasses import dataclass

# Of the four multipliers and the four block RAMs at each x of Device.columns: what nextpnr calls
# them, and how far right of it they are.
_MULTIPLIERS = {"MULT18_0": 0, "MULT18_1": 1, "MULT18_4": 4, "MULT18_5": 5}
_BLOCK_RAMS = {"EBR0": 0, "EBR1": 2, "EBR2": 4, "EBR3": 6}
_SITE = re.compile(r"X(\d+)/Y(\d+)/.+")


def position(site):
    """(x, y) of what nextpnr calls a site; None if it is none."""
    found = _SITE.fullmatch(site)
    return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class Device:
    """One size of chip, in a package, at the slowest speed grade.

    option    what nextpnr calls the size
    rows      y of each row of multipliers
    memories  y of each row of block RAMs
    columns   x of each four of a row, of multipliers or block RAMs
    """

    name: str
    option: str
    rows: tuple
    memories: tuple
    columns: tuple
    package: str = "CABGA381"
    speed: str = "6"

    @property
    def middle(self):
        """(x, y) in the middle of the multipliers."""
        across = [x + right for x in self.columns for right in _MULTIPLIERS.values()]
        return sum(across) / len(across), sum(self.rows) / len(self.rows)

    def crowded(self, lanes):
        """Whether so many lanes leave less than half of the multipliers to the rest."""
        return lanes > len(self.multipliers) // 2

    def four(self, x, y):
        """The four multipliers at x of `columns` and y of `rows`, as nextpnr calls their sites."""
        return _four(x, y, _MULTIPLIERS)

    @property
    def multipliers(self):
        """Sites of a MULT18X18D, row by row from left to right."""
        return [site for y in self.rows for x in self.columns for site in self.four(x, y)]

    @property
    def block_rams(self):
        """Sites of a DP16KD, likewise."""
        fours = (_four(x, y, _BLOCK_RAMS) for y in self.memories for x in self.columns)
        return [site for four in fours for site in four]


def _four(x, y, names):
    return [f"X{x + right}/Y{y}/{name}" for name, right in names.items()]


DEVICES = {
    "25k": Device("LFE5U-25F", "--25k", (13,), (25, 37), (4, 13, 22, 33, 42, 51, 60)),
    "45k": Device(
        "LFE5U-45F", "--45k", (22, 46), (10, 34, 58), (4, 13, 22, 31, 42, 51, 60, 69, 78)
    ),
    "85k": Device(
        "LFE5U-85F",
        "--85k",
        (10, 34, 58),
        (22, 46, 70, 82),
        (4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114),
    ),
}

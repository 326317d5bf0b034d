"""The ECP5 chips that a decoder can be placed on."""

from dataclasses import dataclass

_FOUR = 0, 1, 4, 5  # multipliers of a column: their numbers, and how far right of it they are


@dataclass(frozen=True)
class Device:
    """One size of chip, in a package, at the slowest speed grade.

    option      what nextpnr calls the size
    block_rams  DP16KD
    rows, columns  where its multipliers are: y of each row, x of each four of a row
    """

    name: str
    option: str
    block_rams: int
    rows: tuple
    columns: tuple
    package: str = "CABGA381"
    speed: str = "6"

    @property
    def row(self):
        """Multipliers of a row, as nextpnr calls them: a format of y each, from left to right."""
        return [f"X{x + n}/Y{{y}}/MULT18_{n}" for x in self.columns for n in _FOUR]

    @property
    def across(self):
        """x of each multiplier of a row."""
        return [x + n for x in self.columns for n in _FOUR]

    @property
    def middle(self):
        """y in the middle of the rows."""
        return sum(self.rows) / len(self.rows)

    def crowded(self, lanes):
        """Whether so many lanes leave less than half of the multipliers to the rest."""
        return lanes > self.multipliers // 2

    @property
    def multipliers(self):
        """MULT18X18D."""
        return len(self.rows) * len(self.row)


DEVICES = {
    "25k": Device("LFE5U-25F", "--25k", 56, (13,), (4, 13, 22, 33, 42, 51, 60)),
    "45k": Device("LFE5U-45F", "--45k", 108, (22, 46), (4, 13, 22, 31, 42, 51, 60, 69, 78)),
    "85k": Device(
        "LFE5U-85F",
        "--85k",
        208,
        (10, 34, 58),
        (4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114),
    ),
}

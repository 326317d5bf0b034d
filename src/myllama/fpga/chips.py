"""The ECP5 chips that a decoder can be placed on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Device:
    """One size of chip, in a package, at the slowest speed grade.

    option       what nextpnr calls the size
    multipliers  MULT18X18D
    """

    name: str
    option: str
    multipliers: int
    package: str = "CABGA381"
    speed: str = "6"


DEVICES = {
    "25k": Device("LFE5U-25F", "--25k", 28),
    "45k": Device("LFE5U-45F", "--45k", 72),
    "85k": Device("LFE5U-85F", "--85k", 156),
}

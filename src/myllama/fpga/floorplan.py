"""Where the multipliers of the lanes go: beside those whose operands or sums they share.

nextpnr puts block RAMs and multipliers where there is one free, and what is between them must
follow. Lanes in order leave a third of the wire away.
"""

import math
import re

from .chips import position
from .netlist import Netlist

# A row is not filled: other multipliers, and what is around a lane, want room.
_FILLED = 0.85
_WEIGHT = re.compile(r"(?:core\.)?dot_products\.multipliers_(\d+)\.weight")
_OPERAND = re.compile(r"A\d+")
_LOGIC = ("LUT4", "PFUMX", "L6MUX21")
_DEEPEST = 4  # cells between a weight's register and its multiplier, at most


def in_order(geometry):
    """The lanes of a Geometry, neighbours first: of one channel, of one kv head, of one tree."""

    def place(lane):
        way, (slot, channel) = (
            lane // geometry.columns,
            divmod(lane % geometry.columns, geometry.head_lanes),
        )
        head, query = divmod(slot, geometry.q_per_kv)
        return head, channel, way, query

    return sorted(range(geometry.lanes), key=place)


def sites(count, device):
    """`count` sites of multipliers on a Device, each near the one before."""
    return _around(count, device) if device.crowded(count) else _spread(count, device)


def _around(count, device):
    """Around the middle of the chip, which is left to all that is no lane, from below."""
    middle_x, middle_y = device.middle
    places = []
    for site in device.multipliers:
        x, y = position(site)
        places.append((x - middle_x, y - middle_y, site))
    places.sort(key=lambda place: math.hypot(place[0], place[1]))
    clockwise = sorted(places[-count:], key=lambda place: math.atan2(place[0], -place[1]))
    return [site for *_, site in clockwise]


def _spread(count, device):
    """In fours that lie side by side, evenly spread over as few rows as will do.

    The fours between them are free as a whole: what else multiplies lies side by side there, too.
    Rows are taken from the middle of the chip outwards, and gone through from the top, to the
    right and back: a block RAM has bits of lanes that follow each other.
    """
    fours, columns = -(-count // 4), device.columns
    needed = min(-(-fours // int(_FILLED * len(columns))), len(device.rows))
    _, middle = device.middle
    rows = sorted(sorted(device.rows, key=lambda y: (abs(y - middle), -y))[:needed])
    found = []
    for index, y in enumerate(rows):
        here = fours * (index + 1) // needed - fours * index // needed
        xs = [columns[(2 * i + 1) * len(columns) // (2 * here)] for i in range(here)]
        row = [site for x in xs for site in device.four(x, y)]
        found += reversed(row) if index % 2 else row
    return found[:count]


def place_lanes(module, geometry, device):
    """Tell nextpnr where the lanes' multipliers are, in a flat module of Yosys's JSON.

    Returns how many; a lane whose multiplier Yosys made something else of has no place.
    """
    multipliers = _lanes(module)
    order = [multipliers[lane] for lane in in_order(geometry) if lane in multipliers]
    for name, site in zip(order, sites(len(order), device), strict=True):
        module["cells"][name]["attributes"]["BEL"] = site
    return len(order)


def _lanes(module):
    """{lane: name of its multiplier}, by what its operand A comes from."""
    netlist, lane_of = Netlist(module), {}
    for name, net in module["netnames"].items():
        weight = _WEIGHT.fullmatch(name)
        if weight:
            lane_of |= {bit: int(weight[1]) for bit in net["bits"] if isinstance(bit, int)}
    found = {}
    for name, cell in netlist.of_type("MULT18X18D"):
        bits = {
            bit
            for port, bits in cell["connections"].items()
            if _OPERAND.fullmatch(port)
            for bit in bits
        }
        for _ in range(_DEEPEST):
            lanes = {lane_of[bit] for bit in bits if bit in lane_of}
            if lanes:
                found[min(lanes)] = name
                break
            bits = {before for bit in bits for before in netlist.inputs_of(bit, _LOGIC)}
    return found

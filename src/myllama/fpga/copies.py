"""Registers with readers all over the chip get copies, each near some of them.

A net of a thousand readers is both long and in everybody's way: the router takes all of it up
again whenever another net wants one of its wires.
"""

import copy
import re

from .netlist import OUTSIDE, Netlist

# Copies stop where readers are within so many tiles, width and height together, or are so few.
_NEAR, _FEW = 40, 8
_BEL = re.compile(r"X(\d+)/Y(\d+)/.+")
# Cells that are no place of their own, and the input whose cell is where they are.
_INSIDE = {"PFUMX": "ALUT", "L6MUX21": "D0"}


class Placement:
    """Where nextpnr put the cells of a netlist, from the module that it writes."""

    def __init__(self, module):
        self.bels, self._places = {}, {}
        for name, cell in module["cells"].items():
            bel = cell["attributes"].get("NEXTPNR_BEL", "")
            at = _BEL.fullmatch(bel)
            if at:
                self.bels[name] = bel
                # Carries and memories of LUTs became several cells.
                for known in (name, name.rpartition("$")[0]):
                    self._places.setdefault(known, (int(at[1]), int(at[2])))

    def of(self, netlist, name):
        """(x, y) of a cell of the netlist that was placed; None if it has none."""
        while name not in self._places:
            cell = netlist.cells.get(name)
            if cell is None or cell["type"] not in _INSIDE:
                return None
            bit = cell["connections"][_INSIDE[cell["type"]]][0]
            name, _, _ = netlist.drivers.get(bit, (OUTSIDE, None, None))
        return self._places[name]


def copy_registers(module, placement):
    """Give registers of a flat module of Yosys's JSON copies, which their readers then read.

    placement  of its cells

    Returns how many registers have copies, and how many copies there are.
    """
    netlist = Netlist(module)
    copied = copies = 0
    for name, cell in netlist.of_type("TRELLIS_FF"):
        (bit,) = cell["connections"]["Q"]
        readers = [(placement.of(netlist, reader[0]), reader) for reader in netlist.readers[bit]]
        groups = _groups([(place, reader) for place, reader in readers if place])
        copied += len(groups) > 1
        # The first group and what has no place, such as a pin, stay with the register itself.
        for group in groups[1:]:
            copies += 1
            clone = copy.deepcopy(cell)
            clone["connections"]["Q"] = [netlist.new_bit()]
            netlist.cells[f"{name}$near{copies}"] = clone
            for _, (reader, port, index) in group:
                netlist.connect(reader, port, index, clone["connections"]["Q"][0])
    return copied, copies


def _groups(readers):
    """[(place, reader)] in groups whose readers are near each other."""
    if len(readers) <= _FEW:
        return [readers]
    spans = []
    for axis in (0, 1):
        at = [place[axis] for place, _ in readers]
        spans.append((max(at) - min(at), axis, (max(at) + min(at)) / 2))
    if sum(span for span, *_ in spans) <= _NEAR:
        return [readers]
    _, axis, middle = max(spans)
    halves = [[], []]
    for place, reader in readers:
        halves[place[axis] > middle].append((place, reader))
    return [group for half in halves for group in _groups(half)]

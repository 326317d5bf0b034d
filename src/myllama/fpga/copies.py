"""Registers with readers all over the chip get copies, each near some of them.

A net of a thousand readers is both long and in everybody's way: the router takes all of it up
again whenever another net wants one of its wires.
"""

import copy

# Copies stop where readers are within so many tiles, width and height together, or are so few.
_NEAR, _FEW = 40, 8


def copy_registers(netlist, placement):
    """Give registers of a flat Netlist copies, which their readers then read.

    placement  Placement of its cells

    Returns how many registers have copies, and how many copies there are.
    """
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

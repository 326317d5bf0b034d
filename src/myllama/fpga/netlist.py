"""A module of Yosys's JSON, bit by bit: what drives a bit, what reads it, registers as values.

A bit is a number that names a net, or "0", "1", "x".
"""

from collections import defaultdict
from dataclasses import dataclass

OUTSIDE = None  # the cell that a port of the module counts as

# Cells that are plain registers, at most with an enable.
_REGISTERS = ("$dff", "$dffe")


@dataclass(frozen=True)
class Clocking:
    """What makes a register take its input: a rising edge of clk, while enable is high.

    enable  a bit; "1" for a register without one
    """

    clk: object
    enable: object


def number(text):
    """A parameter, which Yosys writes as binary digits."""
    return int(text, 2)


class Netlist:
    """The cells and the nets of one module, which its methods change in place."""

    def __init__(self, module):
        self.cells = module["cells"]
        self._names = module["netnames"]
        ports = module["ports"]
        self.drivers, self.readers = {}, defaultdict(list)
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                self._note(name, port, bits, cell["port_directions"][port] == "output")
        for port, found in ports.items():
            self._note(OUTSIDE, port, found["bits"], found["direction"] == "input")
        self._next = 1 + max((b for b in self._bits(ports) if isinstance(b, int)), default=1)
        self._initial = {}
        for net in self._names.values():
            digits = net.get("attributes", {}).get("init", "")
            for bit, digit in zip(net["bits"], reversed(digits), strict=False):
                if digit in "01":
                    self._initial[bit] = digit

    def _bits(self, ports):
        for cell in self.cells.values():
            for bits in cell["connections"].values():
                yield from bits
        for owner in (*self._names.values(), *ports.values()):
            yield from owner["bits"]

    def _note(self, name, port, bits, drives):
        for index, bit in enumerate(bits):
            if isinstance(bit, str):
                continue
            if drives:
                self.drivers[bit] = name, port, index
            else:
                self.readers[bit].append((name, port, index))

    def of_type(self, *kinds):
        """(name, cell) of every cell of these types."""
        return [(name, cell) for name, cell in self.cells.items() if cell["type"] in kinds]

    def inputs_of(self, bit, kinds):
        """The bits that go into the cell that drives `bit`, if it is one of these types."""
        name, _, _ = self.drivers.get(bit, (OUTSIDE, None, None))
        cell = self.cells.get(name)
        if cell is None or cell["type"] not in kinds:
            return []
        return [
            before
            for port, bits in cell["connections"].items()
            if cell["port_directions"][port] == "input"
            for before in bits
        ]

    def new_bit(self):
        self._next += 1
        return self._next - 1

    def initial(self, bit):
        """The digit that a net starts with, or None."""
        return self._initial.get(bit)

    def forget_initial(self, bits):
        """A net that no register of its own drives any more must not have an initial value."""
        bits = set(bits)
        for net in self._names.values():
            digits = net.get("attributes", {}).get("init")
            if digits and bits & set(net["bits"]):
                kept = [
                    "x" if bit in bits else digit
                    for bit, digit in zip(net["bits"], reversed(digits), strict=False)
                ]
                net["attributes"]["init"] = "".join(reversed(kept))

    def clocking(self, name):
        """Clocking of the register called `name`; None if it is no plain one."""
        cell = self.cells.get(name)
        if cell is None or cell["type"] not in _REGISTERS:
            return None
        parameters = cell["parameters"]
        if not number(parameters["CLK_POLARITY"]):
            return None
        if cell["type"] == "$dff":
            return Clocking(cell["connections"]["CLK"][0], "1")
        if not number(parameters["EN_POLARITY"]):
            return None
        return Clocking(cell["connections"]["CLK"][0], cell["connections"]["EN"][0])

    def register_of(self, bit):
        """(cell name, index) of the plain register that drives `bit`, or None."""
        name, port, index = self.drivers.get(bit, (None, None, None))
        return (name, index) if port == "Q" and self.clocking(name) else None

    def connect(self, name, port, index, bit):
        """Put `bit` where another one was."""
        self.cells[name]["connections"][port][index] = bit

    def add_register(self, name, clocking, d, q):
        """A register called `name` from the bits d to the bits q."""
        parameters = {"CLK_POLARITY": "1", "WIDTH": f"{len(d):032b}"}
        connections = {"CLK": [clocking.clk], "D": [*d], "Q": [*q]}
        directions = {"CLK": "input", "D": "input", "Q": "output"}
        kind = "$dff"
        if clocking.enable != "1":
            kind, parameters["EN_POLARITY"] = "$dffe", "1"
            connections["EN"], directions["EN"] = [clocking.enable], "input"
        self.cells[name] = {
            "hide_name": 0,
            "type": kind,
            "parameters": parameters,
            "attributes": {},
            "port_directions": directions,
            "connections": connections,
        }

    def drop_register_bits(self, dropped):
        """Registers without some of their bits; dropped: {(cell name, index)}."""
        by_cell = defaultdict(set)
        for name, index in dropped:
            by_cell[name].add(index)
        for name, indices in by_cell.items():
            cell = self.cells[name]
            kept = [i for i in range(len(cell["connections"]["D"])) if i not in indices]
            if not kept:
                del self.cells[name]
                continue
            for port in ("D", "Q"):
                cell["connections"][port] = [cell["connections"][port][i] for i in kept]
            cell["parameters"]["WIDTH"] = f"{len(kept):032b}"

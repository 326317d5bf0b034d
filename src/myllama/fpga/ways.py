"""The longest ways from register to register in a netlist, before anything is placed.

Seconds instead of the minutes of a placement, so that a long way is seen while it is mended.
Cells take what nextpnr 0.11 says of an ECP5 of speed grade 6; a wire takes WIRE, and FANOUT more
for each of its readers, which placed ones near each other do, and others exceed.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from .netlist import OUTSIDE, Netlist

# All in ns.
WIRE, FANOUT, FARTHEST = 1.0, 0.008, 2.0  # of one reader more; of all of them at most
LUT, MULTIPLEXER, SETUP, CLOCK_TO_Q = 0.24, 0.17, 0.1, 0.52
INTO_CARRY, CARRY, OUT_OF_CARRY, WITHIN_CARRY = 0.45, 0.07, 0.45, 0.7
MEMORY, MEMORY_REGISTER, PRODUCT, PRODUCT_REGISTER = 5.6, 0.96, 3.93, 0.9
_MEMORIES = ("DP16KD", "PDPW16KD")
# What a register that it leads to is in one slice with.
_SLICE = ("LUT4", "PFUMX", "L6MUX21", "CCU2C")
_DATA = re.compile(r"[AB]\d+")
_INPUT_REGISTERS = ("REG_INPUTA_CLK", "REG_INPUTB_CLK")


@dataclass(frozen=True)
class Way:
    """Ways of much the same end: `ns` and `luts` of the longest, and how many end there.

    start, end  names of nets, numbers left out
    """

    ns: float
    luts: int
    count: int
    start: str
    end: str


def longest(path, top, count):
    """The `count` longest Ways of a flat netlist, as Yosys writes it, of the module `top`."""
    return _Timing(json.loads(Path(path).read_text())["modules"][top]).ways(count)


class _Timing:
    def __init__(self, module):
        self._netlist, self._names = Netlist(module), {}
        for name, net in module["netnames"].items():
            for bit in net["bits"]:
                # Of several names the one that a person gave, then the shortest.
                rank = "$" in name, len(name), name
                self._names[bit] = min(self._names.get(bit, rank), rank)
        self._arrivals = {}  # bit: (ns, LUTs, the bit before)

    def ways(self, count):
        found = {}
        for name, cell in self._netlist.cells.items():
            for port, bit in _ends(cell):
                ns, luts, _ = self._arrival(bit)
                driver, _ = self._driver(bit)
                within = port == "DI" and driver and driver["type"] in _SLICE
                ns += SETUP + (0 if within else self._wire(bit))
                if _DATA.fullmatch(port) and not _has(cell, *_INPUT_REGISTERS):
                    ns += PRODUCT
                target = cell["connections"]["Q"][0] if "Q" in cell["connections"] else None
                end = f"{_plain(self._name(target) if target else name)} {_plain(port)}"
                best, ends = found.get(end, ((0, 0, None), 0))
                found[end] = max(best, (ns, luts, bit), key=lambda way: way[0]), ends + 1
        first = sorted(found.items(), key=lambda item: -item[1][0][0])[:count]
        return [
            Way(ns, luts, ends, _plain(self._name(self._start(bit))), end)
            for end, ((ns, luts, bit), ends) in first
        ]

    def _name(self, bit):
        return self._names[bit][-1]

    def _driver(self, bit):
        """The cell that drives a bit and its port; None and the port for an input of the module."""
        name, port, _ = self._netlist.drivers.get(bit, (OUTSIDE, None, None))
        return self._netlist.cells.get(name), port

    def _wire(self, bit):
        return WIRE + min(FARTHEST, FANOUT * len(self._netlist.readers[bit]))

    def _start(self, bit):
        while (before := self._arrival(bit)[2]) is not None:
            bit = before
        return bit

    def _arrival(self, bit):
        """When the bit is there after a clock's edge; without recursion, for ways are long."""
        waiting = [bit]
        while waiting:
            at = waiting[-1]
            if at not in self._arrivals:
                cell, port = self._driver(at)
                steps = _steps(cell, port) if cell else []
                missing = [before for before, *_ in steps if before not in self._arrivals]
                if missing:
                    waiting += missing
                    continue
                best = _clocked(cell, port) if cell else 0.0, 0, None
                for before, ns, is_lut, wired in steps:
                    there, luts, _ = self._arrivals[before]
                    there += ns + (self._wire(before) if wired else 0)
                    best = max(best, (there, luts + is_lut, before), key=lambda way: way[0])
                self._arrivals[at] = best
            waiting.pop()
        return self._arrivals[bit]


def _plain(name):
    return re.sub(r"\[?\d+\]?", "#", name)


def _has(cell, *registers):
    return any(cell["parameters"].get(name, "NONE") != "NONE" for name in registers)


def _clocked(cell, port):
    """ns from the clock's edge to an output that comes from a register; 0 for any other."""
    kind, parameters = cell["type"], cell["parameters"]
    if kind in _MEMORIES:
        mode = "REGMODE_A" if port.startswith("DOA") else "REGMODE_B"
        return MEMORY_REGISTER if parameters.get(mode) == "OUTREG" else MEMORY
    if kind == "MULT18X18D":
        return PRODUCT_REGISTER if _has(cell, "REG_OUTPUT_CLK") else PRODUCT
    return CLOCK_TO_Q if kind == "TRELLIS_FF" else 0.0


def _steps(cell, port):
    """(bit, ns, whether it is a LUT, whether over a wire) of each way through a cell to a port."""
    kind, ports = cell["type"], cell["connections"]

    def inputs(names, *rest):
        return [(bit, *rest) for name in names for bit in _nets(ports.get(name, []))]

    if kind == "LUT4":
        return inputs("ABCD", LUT, True, True)
    if kind == "PFUMX":
        return inputs(("ALUT", "BLUT"), MULTIPLEXER, False, False) + inputs(
            ("C0",), LUT, False, True
        )
    if kind == "L6MUX21":
        return inputs(("D0", "D1"), MULTIPLEXER, False, False) + inputs(("SD",), LUT, False, True)
    if kind == "TRELLIS_DPR16X4":
        return inputs(("RAD",), LUT, True, True)
    if kind == "MULT18X18D" and not _has(cell, *_INPUT_REGISTERS, "REG_OUTPUT_CLK"):
        return inputs((name for name in ports if _DATA.fullmatch(name)), PRODUCT, True, True)
    if kind == "CCU2C":
        ends = port == "COUT"
        steps = inputs(("CIN",), CARRY if ends else OUT_OF_CARRY, False, False)
        for half in "01" if port != "S0" else "0":
            into = INTO_CARRY if ends else LUT if port == f"S{half}" else WITHIN_CARRY
            steps += inputs((f"{name}{half}" for name in "ABCD"), into, True, True)
        return steps
    return []


def _ends(cell):
    """(port, bit) of each input that a clock's edge takes in."""
    kind = cell["type"]
    for port, bits in cell["connections"].items():
        if kind == "TRELLIS_FF":
            takes = port in ("DI", "M", "CE", "LSR")
        elif kind == "MULT18X18D":
            takes = _has(cell, *_INPUT_REGISTERS, "REG_OUTPUT_CLK") and (
                _DATA.fullmatch(port) or port.startswith(("CE", "RST"))
            )
        elif kind in (*_MEMORIES, "TRELLIS_DPR16X4"):
            takes = cell["port_directions"][port] == "input" and not (
                port.startswith("CLK") or port in ("RAD", "WCK")
            )
        else:
            takes = False
        if takes:
            yield from ((port, bit) for bit in _nets(bits))


def _nets(bits):
    """Without constants."""
    return (bit for bit in bits if isinstance(bit, int))

"""Registers moved into the cells that have some: block RAM's output, a multiplier's both ends.

Yosys uses neither. Without its output register a DP16KD takes 5.6 ns from clock to data, and a
multiplier's way to a register outside costs a routed hop at each end. The portable Verilog stays
as it is; what a netlist does in a cycle stays, too.
"""

from collections import Counter, defaultdict

from .netlist import OUTSIDE, Netlist, number

MEMORY, MULTIPLIER, MUX = "DP16KD", "MULT18X18D", "$mux"
_WIDTH = 18
_WIDE = 36  # data of both sides belongs to one port
_CLOCK_ENABLES = 4


def absorb(module):
    """Change one module of Yosys's JSON in place.

    Returns a Counter of what was done: "DP16KD" output registers, "MULT18X18D inputs",
    "MULT18X18D outputs", in cells.
    """
    done = Counter()
    _Memories(Netlist(module)).absorb(done)
    netlist = Netlist(module)
    for name, cell in netlist.of_type(MULTIPLIER):
        _Multiplier(netlist, name, cell).absorb(done)
    return done


class _Memories:
    """Block RAM read through nothing but multiplexers by a register.

    A register behind a multiplexer becomes the memories' output registers in front of it, and
    one more for what selects.
    """

    def __init__(self, netlist):
        self.netlist = netlist
        # (register, index): what is in front of it.
        self.cones = {}
        for name, cell in netlist.of_type("$dff", "$dffe"):
            if netlist.clocking(name):
                for index, bit in enumerate(cell["connections"]["D"]):
                    found = self._cone(bit)
                    if found:
                        self.cones[name, index] = found

    def _cone(self, bit):
        """({(memory, its bit)}, {multiplexer}) that make `bit` and nothing else; or None."""
        memory, muxes = set(), set()
        todo = [bit]
        while todo:
            bit = todo.pop()
            name, _, index = self.netlist.drivers.get(bit, (OUTSIDE, None, None))
            kind = None if name is OUTSIDE else self.netlist.cells[name]["type"]
            alone = len(self.netlist.readers[bit]) == 1
            if kind == MEMORY and alone:
                memory.add((name, bit))
            elif kind == MUX and alone:
                muxes.add(name)
                connections = self.netlist.cells[name]["connections"]
                todo += [connections["A"][index], connections["B"][index]]
        return (memory, muxes) if memory else None

    def _settle(self):
        """Drop cones until each memory and each multiplexer is in them whole, on one clocking."""
        netlist = self.netlist
        wanted = {
            name: {
                bit
                for port in _outputs(cell)
                for bit in cell["connections"].get(port, ())
                if netlist.readers[bit]
            }
            for kind in (MEMORY, MUX)
            for name, cell in netlist.of_type(kind)
        }
        while True:
            served, clockings = defaultdict(set), defaultdict(set)
            for (register, _), (memory, muxes) in self.cones.items():
                clocking = netlist.clocking(register)
                for name, bit in memory:
                    served[name].add(bit)
                for name in (*muxes, *(name for name, _ in memory)):
                    clockings[name].add(clocking)
            for key, (_, muxes) in self.cones.items():
                for name in muxes:
                    served[name] |= self._made_by(name, key)
            bad = {n for n in served if served[n] < wanted[n] or len(clockings[n]) > 1}
            kept = {
                key: cone
                for key, cone in self.cones.items()
                if not bad & ({n for n, _ in cone[0]} | cone[1])
            }
            if len(kept) == len(self.cones):
                return
            self.cones = kept

    def _made_by(self, mux, key):
        """Output bits of a multiplexer on the way to the register bit `key`."""
        name, index = key
        found, todo = set(), [self.netlist.cells[name]["connections"]["D"][index]]
        while todo:
            bit = todo.pop()
            driver, _, i = self.netlist.drivers.get(bit, (OUTSIDE, None, None))
            if driver in self.cones[key][1]:
                connections = self.netlist.cells[driver]["connections"]
                todo += [connections["A"][i], connections["B"][i]]
                if driver == mux:
                    found.add(bit)
        return found

    def absorb(self, done):
        self._settle()
        netlist, late = self.netlist, {}
        memories, muxes = {}, {}
        for (register, index), (memory, between) in self.cones.items():
            clocking = netlist.clocking(register)
            memories |= dict.fromkeys((name for name, _ in memory), clocking)
            # In an order that is the same in every run, as the numbers of new nets are then.
            muxes |= dict.fromkeys(sorted(between), clocking)
            q = netlist.cells[register]["connections"]["Q"][index]
            d = netlist.cells[register]["connections"]["D"][index]
            netlist.connect(*netlist.drivers[d], q)
        for name, clocking in muxes.items():
            connections = netlist.cells[name]["connections"]
            for port in ("A", "B", "S"):
                for i, bit in enumerate(connections[port]):
                    driver = netlist.drivers.get(bit, (OUTSIDE,))[0]
                    if isinstance(bit, int) and driver not in memories and driver not in muxes:
                        connections[port][i] = self._late(bit, clocking, late)
        for clocking in dict.fromkeys(clocking for _, clocking in late):
            pairs = [(d, q) for (d, of), q in late.items() if of == clocking]
            name = f"$absorb${min(q for _, q in pairs)}"
            netlist.add_register(name, clocking, [d for d, _ in pairs], [q for _, q in pairs])
        netlist.forget_initial(
            netlist.cells[register]["connections"]["Q"][index] for register, index in self.cones
        )
        netlist.drop_register_bits(self.cones)
        for name, clocking in memories.items():
            cell = netlist.cells[name]
            for side in _sides(cell, netlist):
                cell["parameters"][f"REGMODE_{side}"] = "OUTREG"
                _tie(cell, f"OCE{side}", clocking.enable)
        done[MEMORY] += len(memories)

    def _late(self, bit, clocking, late):
        key = bit, clocking
        if key not in late:
            late[key] = self.netlist.new_bit()
        return late[key]


class _Multiplier:
    """One MULT18X18D and the registers around it."""

    def __init__(self, netlist, name, cell):
        self.netlist, self.name, self.cell = netlist, name, cell
        self.clocks, self.enables = [], []

    def absorb(self, done):
        inputs, output = self._inputs(), self._output()
        clockings = [found[1] for found in (*inputs, output) if found]
        # One clock, at most CE0 to CE3.
        if len({clocking.clk for clocking in clockings}) != 1:
            return
        enables = sorted({clocking.enable for clocking in clockings}, key=str)
        assert len(enables) <= _CLOCK_ENABLES, "two inputs and an output have three"
        if inputs:
            for side, (bits, clocking) in zip("AB", inputs, strict=True):
                for i, bit in enumerate(bits):
                    self.cell["connections"][f"{side}{i}"] = [bit]
                    # The next multiplier must see who reads and drives what.
                    self.netlist.readers[bit].append((self.name, f"{side}{i}", 0))
                self._use(f"INPUT{side}", enables.index(clocking.enable))
            done[f"{MULTIPLIER} inputs"] += 1
        if output:
            dropped, clocking = output
            for i, (register, index) in dropped.items():
                q = self.netlist.cells[register]["connections"]["Q"][index]
                self.cell["connections"][f"P{i}"] = [q]
                self.netlist.drivers[q] = self.name, f"P{i}", 0
                self.netlist.forget_initial([q])
            self._drop(dropped.values())
            self._use("OUTPUT", enables.index(clocking.enable))
            done[f"{MULTIPLIER} outputs"] += 1
        _tie(self.cell, "CLK0", clockings[0].clk)
        for i, enable in enumerate(enables):
            _tie(self.cell, f"CE{i}", enable)
        _tie(self.cell, "RST0", "0")

    def _drop(self, places):
        """Leave the register's other bits where they are: only what they drive is gone."""
        for register, index in places:
            connections = self.netlist.cells[register]["connections"]
            connections["Q"][index] = self.netlist.new_bit()
            connections["D"][index] = "x"

    def _use(self, register, enable):
        parameters = self.cell["parameters"]
        parameters[f"REG_{register}_CLK"] = "CLK0"
        parameters[f"REG_{register}_CE"] = f"CE{enable}"
        parameters[f"REG_{register}_RST"] = "RST0"

    def _inputs(self):
        """(bits, Clocking) in front of the registers of A and of B; empty unless both have some.

        nextpnr knows no timing of a multiplier with one input registered.
        """
        found = [self._input(side) for side in "AB"]
        return found if all(found) else []

    def _input(self, side):
        bits, clockings = [], set()
        for i in range(_WIDTH):
            (bit,) = self.cell["connections"][f"{side}{i}"]
            if bit in ("0", "x"):
                bits.append("0")
                continue
            place = self.netlist.register_of(bit)
            if place is None or self.netlist.initial(bit) == "1":
                return None
            name, index = place
            clockings.add(self.netlist.clocking(name))
            bits.append(self.netlist.cells[name]["connections"]["D"][index])
        return (bits, clockings.pop()) if len(clockings) == 1 else None

    def _output(self):
        """({bit of P: (register, index) that alone takes it}, Clocking), or None."""
        taken, clockings = {}, set()
        for i in range(2 * _WIDTH):
            for bit in self.cell["connections"].get(f"P{i}", ()):
                readers = self.netlist.readers[bit]
                if not readers:
                    continue
                name, port, index = readers[0]
                clocking = None if name is OUTSIDE else self.netlist.clocking(name)
                if len(readers) > 1 or port != "D" or clocking is None:
                    return None
                q = self.netlist.cells[name]["connections"]["Q"][index]
                if self.netlist.initial(q) == "1":
                    return None
                taken[i] = name, index
                clockings.add(clocking)
        return (taken, clockings.pop()) if len(clockings) == 1 else None


def _outputs(cell):
    return [port for port, way in cell["port_directions"].items() if way == "output"]


def _sides(cell, netlist):
    """The sides of a memory that something reads; both, where one port is as wide as both."""
    if number(cell["parameters"]["DATA_WIDTH_A"]) == _WIDE:
        return "AB"
    return [
        side
        for side in "AB"
        if any(
            netlist.readers[bit]
            for port, bits in cell["connections"].items()
            if port.startswith(f"DO{side}")
            for bit in bits
        )
    ]


def _tie(cell, port, bit):
    cell["connections"][port] = [bit]
    cell["port_directions"][port] = "input"

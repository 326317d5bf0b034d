"""A block in MyHDL against its Verilog in Icarus, cycle by cycle and bit for bit."""

import pathlib
import subprocess

from myhdl import Simulation, StopSimulation, delay

from .convert import Design, convert
from .elaborate import signals_of
from .module import type_of

IVERILOG = ("iverilog", "-g2005", "-Wall")
HALF_PERIOD = 5


class Mismatch(AssertionError):
    """MyHDL and Icarus disagree about an output."""


def check(make_block, ports, stimulus, outdir, name, clk="clk"):
    """Simulate a block in MyHDL and its Verilog in Icarus, and compare every output.

    make_block  function that takes the ports by name and returns the block instance
    ports       port name -> Signal, list of signals or interface object
    stimulus    one dict per cycle, port name -> value; members of an interface are called
                din_data and the like; a port that is not named keeps its value. A generator
                is sent the outputs of the cycle before, so that it can answer them.
    outdir      where the Verilog, the bench and the memory contents go
    name        name of the top module
    clk         name of the clock; a block without such a port is only combinational

    Inputs change while the clock is low; outputs are compared just before and just after the
    rising edge. An unknown bit in Icarus is a mismatch. Raises Mismatch with the first one.

    Returns the outputs just before each rising edge, a dict per cycle.
    """
    outdir = pathlib.Path(outdir)
    signals = dict(p for port, value in ports.items() for p in signals_of(port, value))
    design = make_block(**ports)
    files = convert(design, outdir, name)
    outputs = [port.name for port in Design(design, name).top.ports if port.is_output]
    inputs = [n for n in signals if n not in outputs and n != clk]
    start = {n: as_bits(signals[n], signals[n]._init) for n in inputs}
    applied, rows = run_myhdl(design, signals, clk, stimulus, inputs, outputs)
    kept = {port.name for port in Design(design, name).top.ports}
    bench = Bench(
        name,
        signals,
        clk if clk in signals else None,
        [n for n in inputs if n in kept],
        outputs,
        start,
        applied,
    )
    compare(name, outputs, rows, bench.run(outdir, files))
    return [
        dict(
            zip(
                outputs,
                (as_int(signals[n], v) for n, v in zip(outputs, before, strict=True)),
                strict=True,
            )
        )
        for before, _ in rows
    ]


def as_bits(signal, value):
    """The bits of a value, as Verilog has them."""
    return int(value) & ((1 << type_of(signal)[0]) - 1)


def as_int(signal, bits):
    """The number that the bits of a signal stand for."""
    width, signed, *_ = type_of(signal)
    return bits - (1 << width) if signed and bits >> (width - 1) else bits


def run_myhdl(design, signals, clk, stimulus, inputs, outputs):
    """(inputs per cycle, outputs before and after the edge per cycle) of the MyHDL simulation."""
    applied, rows = [], []

    def sample():
        return [as_bits(signals[n], signals[n].val) for n in outputs]

    def drive():
        source = iter(stimulus)
        answer = getattr(source, "send", None)
        seen = None
        while True:
            try:
                values = answer(seen) if answer else next(source)
            except StopIteration:
                break
            for port, value in values.items():
                if port not in inputs:
                    raise KeyError(f"{port} is no input; inputs are {', '.join(inputs)}")
                signals[port].next = value
            applied.append({n: as_bits(signals[n], v) for n, v in values.items()})
            yield delay(HALF_PERIOD)
            before = sample()
            seen = {n: as_int(signals[n], v) for n, v in zip(outputs, before, strict=True)}
            if clk in signals:
                signals[clk].next = 1
            yield delay(HALF_PERIOD)
            rows.append((before, sample()))
            if clk in signals:
                signals[clk].next = 0
        raise StopSimulation

    simulation = Simulation(design, drive())
    try:
        simulation.run(quiet=True)
    finally:
        simulation.quit()
    return applied, rows


class Bench:
    """A Verilog test bench that replays the inputs and prints the outputs."""

    def __init__(self, name, signals, clk, inputs, outputs, start, applied):
        self.name, self.signals, self.clk = name, signals, clk
        self.inputs, self.outputs = inputs, outputs
        self.start, self.applied = start, applied

    def stimulus(self):
        """One line of hex digits per cycle: all inputs side by side."""
        now, lines = dict(self.start), []
        for values in self.applied:
            now.update(values)
            word = 0
            for n in self.inputs:
                word = word << self.width(n) | now[n]
            lines.append(f"{word:x}\n")
        return "".join(lines)

    def width(self, port):
        return type_of(self.signals[port])[0]

    def text(self):
        """The Verilog of the bench."""
        names = [*([self.clk] if self.clk else []), *self.inputs, *self.outputs]
        cycles, total = len(self.applied), sum(map(self.width, self.inputs))
        lines = ["module bench;"]
        lines += [f"reg {self.clk} = 1'b0;"] if self.clk else []
        lines += [f"reg [{self.width(n) - 1}:0] {n};" for n in self.inputs]
        lines += [f"wire [{self.width(n) - 1}:0] {n};" for n in self.outputs]
        pins = ", ".join(f".{n}({n})" for n in names)
        show = " ".join(["%h"] * len(self.outputs))
        display = f'$fdisplay(out, "{show}", {", ".join(self.outputs)});'
        clock = [f"{self.clk} = 1'b1;"] if self.clk else [""]
        low = [f"{self.clk} = 1'b0;"] if self.clk else [""]
        lines += [f"{self.name} dut ({pins});", "integer cycle, out;"]
        if self.inputs:
            lines.append(f"reg [{total - 1}:0] stimulus [0:{cycles - 1}];")
        lines += ["initial begin", f'out = $fopen("{self.name}.out", "w");']
        if self.inputs:
            lines.append(f'$readmemh("{self.name}.stimulus", stimulus);')
        lines += [f"for (cycle = 0; cycle < {cycles}; cycle = cycle + 1) begin"]
        if self.inputs:
            lines.append(f"{{{', '.join(self.inputs)}}} = stimulus[cycle];")
        lines += [f"#{HALF_PERIOD};", display, *clock, f"#{HALF_PERIOD};", display, *low]
        lines += ["end", "$fclose(out);", "$finish;", "end", "endmodule"]
        return "\n".join(lines) + "\n"

    def run(self, outdir, files):
        """The lines that the bench prints under Icarus."""
        (outdir / f"{self.name}.stimulus").write_text(self.stimulus())
        (outdir / f"{self.name}_bench.v").write_text(self.text())
        sources = [f"{self.name}_bench.v", *(file.name for file in files)]
        program = f"{self.name}.vvp"
        run_tool([*IVERILOG, "-s", "bench", "-o", program, *sources], outdir)
        run_tool(["vvp", "-n", program], outdir)
        return (outdir / f"{self.name}.out").read_text().splitlines()


def run_tool(command, folder):
    """Run a tool that has nothing to say when all is well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode or said.strip():
        raise AssertionError(f"{' '.join(command)}:\n{said}")


def compare(name, outputs, rows, lines):
    """Raise Mismatch at the first output that differs."""
    expected = [values for pair in rows for values in pair]
    if len(lines) != len(expected):
        raise Mismatch(f"{name}: {len(lines)} samples in Icarus, {len(expected)} in MyHDL")
    for i, (values, line) in enumerate(zip(expected, lines, strict=True)):
        for output, value, digits in zip(outputs, values, line.split(), strict=True):
            known = set(digits) <= set("0123456789abcdef")
            if not known or int(digits, 16) != value:
                when = "after" if i % 2 else "before"
                raise Mismatch(
                    f"{name}: cycle {i // 2}, {when} the edge: {output} is {value:x} in MyHDL, "
                    f"{digits} in Icarus"
                )

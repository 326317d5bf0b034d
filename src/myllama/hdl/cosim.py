"""The same stimulus to a MyHDL block and to its Verilog under Icarus, compared bit by bit."""

import re
import subprocess
from pathlib import Path

from myhdl import StopSimulation, block, delay, instance

from .alone import alone, own_signals
from .convert import convert
from .ports import fresh, port_signals


class Mismatch(AssertionError):
    """MyHDL and Verilog disagree; the message names cycle, port and both values."""


def check(function, ports, stimulus, outdir, name, parameters=None, unread=()):
    """Simulate both, compare every output in every cycle, return the number of cycles.

    function    the @block function
    ports       {argument: Signal or interface}; the clock is `clk`, a reset `rst`
    stimulus    per cycle {port: value}; what is not named keeps its value
    parameters  the block's other arguments
    unread      outputs of memories: they may be unknown, once, until they are known again

    Outputs are sampled with the inputs applied, before the clock rises. Comparison starts
    when a first cycle of reset is over. Members of a stream are compared while its valid is
    high; an unknown bit equals nothing.
    """
    parameters = parameters or {}
    outdir = Path(outdir)
    with alone():
        top = function(**{n: fresh(p) for n, p in ports.items()}, **parameters)
    files = convert(top, outdir, name)
    header = files[-1].read_text().split(");", 1)[0]
    outputs = re.findall(r"(?m)^    output .* (\w+),?$", header)
    with own_signals():
        wanted = _run_myhdl(function, ports, stimulus, outputs, parameters)
    signals = port_signals(ports)
    got = _run_icarus(files, name, signals, stimulus, outputs, outdir)
    start = 0
    if "rst" in signals:
        start = next(i for i, values in enumerate(stimulus) if values.get("rst")) + 1
    if len(got) != len(stimulus):
        raise Mismatch(f"{name}: Icarus ran {len(got)} cycles of {len(stimulus)}")
    unread, unknown = set(unread), set()
    for cycle in range(start, len(stimulus)):
        for port, want in wanted[cycle].items():
            valid = f"{port.rsplit('_', 1)[0]}_valid"
            if valid in signals and not port.endswith(("_valid", "_ready")):
                level = wanted[cycle].get(valid, None)
                if level is not None and not level:
                    continue
            if port in unread:
                if "x" in got[cycle][port]:
                    unknown.add(port)
                    continue
                if port in unknown:
                    unread.discard(port)
            width = len(signals[port])
            bits = format(want & (1 << width) - 1, f"0{width}b")
            if got[cycle][port] != bits:
                raise Mismatch(
                    f"{name}: cycle {cycle}, {port}: MyHDL {bits} ({want}),"
                    f" Verilog {got[cycle][port]}"
                )
    return len(stimulus) - start


def _run_myhdl(function, ports, stimulus, outputs, parameters):
    """Values of the outputs per cycle."""
    own = {n: fresh(p) for n, p in ports.items()}
    signals = port_signals(own)
    record = []

    @block
    def bench():
        dut = function(**own, **parameters)

        @instance
        def drive():
            for values in stimulus:
                for port, value in values.items():
                    signals[port].next = value
                yield delay(1)
                record.append({port: int(signals[port]) for port in outputs})
                signals["clk"].next = 1
                yield delay(1)
                signals["clk"].next = 0
                yield delay(1)
            raise StopSimulation

        return dut, drive

    simulation = bench()
    try:
        simulation.run_sim(quiet=1)
    finally:
        simulation.quit_sim()
    return record


def _run_icarus(files, name, signals, stimulus, outputs, outdir):
    """Bits of the outputs per cycle, as Icarus prints them."""
    inputs = [port for port in signals if port not in outputs and port != "clk"]
    widths = {port: len(signal) for port, signal in signals.items()}
    total = sum(widths[port] for port in inputs)
    state = {port: int(signals[port]._init) for port in inputs}
    lines = []
    for values in stimulus:
        state.update(values)
        word = 0
        for port in inputs:
            word = word << widths[port] | int(state[port]) & (1 << widths[port]) - 1
        lines.append(f"{word:x}")
    (outdir / f"{name}_stimulus.hex").write_text("\n".join(lines) + "\n")
    bench = outdir / f"{name}_bench.v"
    bench.write_text(_bench(name, inputs, outputs, widths, total, len(stimulus)))
    program = outdir / f"{name}_bench.vvp"
    sources = [str(path.resolve()) for path in [*files, bench]]
    compile_command = ["iverilog", "-g2005", "-Wall", "-o", str(program.resolve()), *sources]
    built = subprocess.run(compile_command, capture_output=True, text=True, check=False)
    if built.returncode or built.stderr:
        raise Mismatch(f"{name}: iverilog says: {built.stderr}")
    ran = subprocess.run(
        ["vvp", "-n", program.name], cwd=outdir, capture_output=True, text=True, check=True
    )
    rows = []
    for line in ran.stdout.splitlines():
        if line.startswith("@"):
            rows.append(dict(zip(outputs, line[1:].split(), strict=True)))
    return rows


def _bench(name, inputs, outputs, widths, total, cycles):
    """Verilog that replays the stimulus and prints the outputs of each cycle."""
    declarations = [f"    reg [{widths[port] - 1}:0] {port};" for port in inputs]
    declarations += [f"    wire [{widths[port] - 1}:0] {port};" for port in outputs]
    ports = ", ".join(f".{port}({port})" for port in ("clk", *inputs, *outputs))
    formats = " ".join("%b" for _ in outputs)
    return "\n".join(
        [
            "module bench;",
            "    reg clk = 0;",
            *declarations,
            f"    reg [{total - 1}:0] stimulus [0:{cycles - 1}];",
            "    integer cycle;",
            f"    {name} dut ({ports});",
            "    initial begin",
            f'        $readmemh("{name}_stimulus.hex", stimulus);',
            f"        for (cycle = 0; cycle < {cycles}; cycle = cycle + 1) begin",
            f"            {{{', '.join(inputs)}}} = stimulus[cycle];",
            f'            #1 $display("@{formats}", {", ".join(outputs)});',
            "            #1 clk = 1;",
            "            #1 clk = 0;",
            "        end",
            "        $finish;",
            "    end",
            "endmodule",
            "",
        ]
    )

"""The decoder in Icarus Verilog: slow, but it knows unknown bits."""

import contextlib
import subprocess
import tempfile
from pathlib import Path

from .draws import GREEDY
from .tools import run, tool

BENCH = Path(__file__).with_name("bench.v")
PROGRAM = "decoder.vvp"


def build(folder, top, ports, ways, progress):
    """Compile every Verilog file of `folder` to a program beside them, once."""
    program = folder / PROGRAM
    if not program.exists():
        progress("compiling the decoder for Icarus")
        compile_bench(folder, top, ports, ways, program)
    return program


def compile_bench(folder, top, ports, ways, program, beside=()):
    """Compile the bench and every Verilog file of `folder` to `program`.

    ways    of the decoder: memories of keys, and of values
    beside  Verilog files of modules that watch the bench, each named after its module
    """
    sizes = [f"-D{name.upper()}_BITS={width}" for name, width in ports.items()]
    if ways > 1:
        sizes.append("-DTWO_WAYS")
    roots = [word for path in (BENCH, *beside) for word in ("-s", path.stem)]
    sources = sorted(path.name for path in folder.glob("*.v"))
    options = ["-g2012", *roots, "-o", program.resolve(), f"-DTOP={top}", *sizes]
    run([tool("iverilog"), *options, BENCH, *beside, *sources], folder)


def orders(prompt, steps, start_pos=0, trace=None, sampling=GREEDY):
    """What the bench is told, for a run of these positions."""
    layer, pos = trace or (0, 0)
    temperature, topp, seed = sampling
    values = {"start_pos": start_pos, "steps": steps, "temperature": temperature, "topp": topp}
    values |= {"seed": f"{seed:x}"}
    values |= {"trace_enable": int(trace is not None), "trace_layer": layer, "trace_pos": pos}
    lines = [f"{name} {value}" for name, value in values.items()]
    return "\n".join([*lines, " ".join(map(str, ["prompt", len(prompt), *prompt])), "run\n"])


class Icarus:
    """A running decoder; see sim.Rtl.

    traced  after a run: (tap, index, value) of every word at the trace port
    """

    def __init__(self, folder, top, ports, ways, progress):
        require()
        self._folder, self._program = folder, build(folder, top, ports, ways, progress)
        self._process = self._beside = None
        self._ways = ways
        self.cycles = self.status = 0

    def decode(self, prompt, steps, start_pos=0, trace=None, sampling=GREEDY):
        if self._process is None:
            self._begin()
        self.cycles = self.status = 0
        self.traced, ended = [], False
        try:
            for kind, *numbers in self._told(orders(prompt, steps, start_pos, trace, sampling)):
                if kind == "trace":
                    self.traced.append(tuple(numbers))
                elif kind == "done":
                    (self.status,) = numbers
                else:
                    token, self.cycles, self.status = numbers
                    yield token
            ended = True
        finally:
            if not ended:
                # What it would say next belongs to nobody.
                self.close()

    def rows(self, depth):
        """After a run: words of the KV cache, K's and V's, by way; None if unwritten."""
        for _ in self._told("rows\n"):
            pass
        return tuple(
            [_words(Path(f"{path}_{way}"))[:depth] for way in range(self._ways)]
            for path in self._paths()
        )

    def close(self):
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._beside.cleanup()
            self._process = None

    def _paths(self):
        return [Path(self._beside.name, name) for name in ("keys", "values")]

    def _begin(self):
        self._beside = tempfile.TemporaryDirectory()
        keys, values = self._paths()
        self._process = subprocess.Popen(
            [tool("vvp"), "-n", self._program, f"+keys={keys}", f"+values={values}"],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _told(self, text):
        """Give orders; yield (kind, *numbers) of each line of the answer."""
        said, process = [], self._process
        with contextlib.suppress(BrokenPipeError):  # what it said is read below
            process.stdin.write(text)
            process.stdin.flush()
        for line in process.stdout:
            kind, *numbers = line.split() or [""]
            if kind == "end":
                return
            if kind not in ("token", "trace", "done"):
                said.append(line)
            elif all(number.removeprefix("-").isdigit() for number in numbers):
                yield kind, *map(int, numbers)
            else:
                raise RuntimeError(f"the decoder emits unknown bits: {line.strip()}")
        raise RuntimeError("the simulation ended early:\n" + "".join(said[-20:]))


def _words(path):
    """Words that $writememh wrote, in the order of their addresses."""
    lines = (line.split("//")[0].strip() for line in path.read_text().splitlines())
    return [None if "x" in line else int(line, 16) for line in lines if line]


def require():
    """InputError unless every tool this back end needs is here."""
    for name in ("iverilog", "vvp"):
        tool(name)

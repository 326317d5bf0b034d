"""The decoder in Icarus Verilog: slow, but it knows unknown bits."""

import subprocess
import tempfile
from pathlib import Path

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


class Icarus:
    """A running decoder; see sim.Rtl.

    traced  after a run: (tap, index, value) of every word at the trace port
    """

    def __init__(self, folder, top, ports, ways, progress):
        require()
        self._folder, self._program = folder, build(folder, top, ports, ways, progress)
        self._process, self._ways = None, ways
        self.cycles = self.status = 0

    def decode(self, prompt, steps, trace=None):
        self.close()
        self.cycles = self.status = 0
        self.traced, self._rows = [], None
        with tempfile.TemporaryDirectory() as beside:
            files = {name: Path(beside, name) for name in ("prompt", "keys", "values")}
            files["prompt"].write_text("\n".join(map(str, prompt)) + "\n")
            options = {**files, "prompt_len": len(prompt), "steps": steps}
            if trace is not None:
                layer, pos = trace
                options |= {"trace_enable": 1, "trace_layer": layer, "trace_pos": pos}
            self._process = subprocess.Popen(
                [tool("vvp"), "-n", self._program]
                + [f"+{name}={value}" for name, value in options.items()],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
            )
            try:
                yield from self._tokens()
                self._process.wait()
                self._rows = tuple(
                    [_words(Path(f"{files[kind]}_{way}")) for way in range(self._ways)]
                    for kind in ("keys", "values")
                )
            finally:
                self.close()

    def _tokens(self):
        said, done = [], False
        for line in self._process.stdout:
            kind, *numbers = line.split() or [""]
            if kind not in ("token", "trace", "done"):
                said.append(line)
                continue
            if not all(number.removeprefix("-").isdigit() for number in numbers):
                raise RuntimeError(f"the decoder emits unknown bits: {line.strip()}")
            numbers = tuple(map(int, numbers))
            if kind == "trace":
                self.traced.append(numbers)
                continue
            token, self.cycles, self.status = numbers
            done = kind == "done"
            if not done:
                yield token
        if not done:
            raise RuntimeError("the simulation ended early:\n" + "".join(said[-20:]))

    def rows(self, depth):
        """After a run: words of the KV cache, K's and V's, by way; None if unwritten."""
        return tuple([words[:depth] for words in ways] for ways in self._rows)

    def close(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None


def _words(path):
    """Words that $writememh wrote, in the order of their addresses."""
    lines = (line.split("//")[0].strip() for line in path.read_text().splitlines())
    return [None if "x" in line else int(line, 16) for line in lines if line]


def require():
    """InputError unless every tool this back end needs is here."""
    for name in ("iverilog", "vvp"):
        tool(name)

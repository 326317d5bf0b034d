"""What the hardware, its simulations and a program on this machine make of a checkpoint, timed.

Rates are llama2.c's: the first token only starts the clock.
"""

import contextlib
import itertools
import json
import math
import re
import shlex
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError
from .fpga.nextpnr import TARGET
from .sim import Rtl, icarus, verilator
from .sim.rtl import TOP, ports
from .story import BOS, Statistics, positions

FPGA = Path("build/fpga/fpga.json")  # where make fpga leaves what it found
ICARUS_TOKENS = 2
LINE = "achieved tok/s: X"
_RATE = re.compile(r"^achieved tok/s: *(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Figure:
    """A row of the table: what its runs measured, and where that comes from."""

    name: str
    values: tuple
    source: str

    def line(self):
        shown = statistics.median(self.values), min(self.values), max(self.values)
        cells = "".join(f"{_short(value):>13}" for value in shown)
        return f"{self.name:<22}{cells}{len(self.values):>6}  {self.source}"


@dataclass(frozen=True)
class Clock:
    """mhz, and what says so."""

    mhz: float
    source: str


def clock(mhz, lanes, profile, path=FPGA, progress=lambda message: None):
    """The Clock of the chip: `mhz`, or the target, unless place and route ran here.

    Then it is Fmax, if it was of so many lanes and this profile.
    """
    if mhz is not None and mhz <= 0:
        raise InputError(f"--clock {mhz:g} is no frequency; give MHz above 0")
    why = f"there is no {path}"
    if path.is_file():
        made_for, routed = _routed(path)
        if made_for == (lanes, profile):
            if mhz is not None:
                progress(
                    f"{path} has an Fmax, so --clock {mhz:g} is not used; without the file it is"
                )
            return routed
        why = f"{path} is of {made_for[0]} lanes, profile {made_for[1]}"
        progress(f"{why}, not of {lanes}, {profile}, so its Fmax is not used")
    if mhz is not None:
        return Clock(mhz, "as --clock says")
    return Clock(TARGET, f"the target, not measured: {why}")


def _routed(path):
    """((lanes, profile), Clock) of what make fpga left."""
    try:
        found = json.loads(path.read_text())
        fmax = {run["seed"]: float(run["fmax"]) for run in found["runs"]}[found["best"]]
        chip = f"{found['device']}, speed grade {found['speed']}, seed {found['best']}"
        made_for = found["lanes"], found["profile"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not what make fpga writes ({error!r}); remove it or run make fpga"
        ) from error
    return made_for, Clock(fmax, f"Fmax of {chip} in {path}")


def cpu_rate(command):
    """tok/s that a program prints as llama2.c does; InputError if it fails or prints none."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(f"--cpu-run {command!r}: {error}") from error
    if not words:
        raise InputError("--cpu-run is empty; give a program and its arguments")
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
        )
    except OSError as error:
        raise InputError(f"--cpu-run cannot start {words[0]}: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise InputError(
            f"--cpu-run {command!r} failed with code {done.returncode}: {' '.join(said)}"
        )
    rates = _RATE.findall(done.stdout + "\n" + done.stderr)
    try:
        rate = float(rates[-1])
    except (IndexError, ValueError):
        rate = math.nan
    if not (math.isfinite(rate) and rate > 0):
        what = f"only {rates[-1]!r} for X" if rates else "no such line"
        raise InputError(
            f"--cpu-run {command!r} printed {what}; what is read is a line '{LINE}', X above 0,"
            " on its stdout or stderr, as llama2.c's run ends with"
        )
    return rate


def bench(llama, steps, rounds, chip, cpu_run):
    """The Figures of a Llama's hardware, in the order of the table.

    steps    positions of the story that is timed; 0 means all the model has
    rounds   runs of the story in Verilator, each with one of `cpu_run` after it
    chip     Clock
    cpu_run  a program with its arguments, or None
    """
    if rounds < 1:
        raise InputError(f"{rounds} rounds measure nothing; give at least 1")
    steps = positions(steps, llama.config.seq_len)
    if steps < 2:
        raise InputError(f"a story of {steps} token has no rate; give -n 2 or more")
    verilator.require()
    icarus.require()
    if cpu_run is not None:
        # Not counted: it fills the caches of the machine, and it fails before the long work.
        llama.progress("the program of --cpu-run, once to warm up")
        cpu_rate(cpu_run)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = _build(llama, folder)
        return [
            *_rounds(llama, folder, steps, rounds, chip, cpu_run),
            *_icarus(llama, folder),
            *built,
        ]


def _build(llama, folder):
    """Figures of what it takes to make the simulators of a Llama in an empty folder."""
    compiler = "verilator, g++" + ", ccache" * bool(shutil.which("ccache"))
    figures = []

    def timed(name, source, function, *args):
        began = time.perf_counter()
        result = function(*args)
        figures.append(Figure(name, (time.perf_counter() - began,), source))
        return result

    ways, widths, progress = llama.geometry.ways, ports(llama.config), llama.progress
    timed("quantize, s", "checkpoint to integers", lambda: llama.image)
    timed("convert, s", "integers to Verilog", llama.convert, folder)
    timed("build Verilator, s", compiler, verilator.build, folder, TOP, ways, progress)
    timed("build Icarus, s", "iverilog", icarus.build, folder, TOP, widths, ways, progress)
    return figures


def _rounds(llama, folder, steps, rounds, chip, cpu_run):
    """Figures of the chip, the simulation in Verilator and the program, by turns."""
    cycles, speeds, cpu = [], [], []
    with contextlib.closing(_rtl(llama, "verilator", folder)) as rtl:
        for number in range(1, rounds + 1):
            llama.progress(f"round {number} of {rounds}: Verilator")
            told = _story(rtl, steps)
            cycles.append(rtl.cycles / told.tokens)
            speeds.append(told.rate)
            if cpu_run is not None:
                llama.progress(f"round {number} of {rounds}: the program of --cpu-run")
                cpu.append(cpu_rate(cpu_run))
    chip_rate = chip.mhz * 1e6 / statistics.median(cycles)
    story = f"of {told.tokens} tokens"
    yield Figure("cycles per token", tuple(cycles), f"mean {story}")
    yield Figure("clock, MHz", (chip.mhz,), chip.source)
    yield Figure("chip, tok/s", (chip_rate,), "clock / cycles per token")
    if cpu:
        yield Figure("CPU, tok/s", tuple(cpu), cpu_run)
        yield Figure("chip / CPU", tuple(chip_rate / rate for rate in cpu), "of their tok/s")
    yield Figure("Verilator, tok/s", tuple(speeds), story)


def _icarus(llama, folder):
    """Figure of Icarus, which is too slow for rounds."""
    llama.progress(f"Icarus: {ICARUS_TOKENS} tokens; a large model takes long")
    with contextlib.closing(_rtl(llama, "icarus", folder)) as rtl:
        told = _story(rtl, ICARUS_TOKENS)
    yield Figure("Icarus, tok/s", (told.rate,), f"of {told.tokens} tokens")


def _rtl(llama, simulator, folder):
    return Rtl(llama.image, llama.lanes, simulator, llama.progress, folder)


def _story(rtl, steps):
    """Statistics of a story without a prompt, to its last token and no further."""
    told = Statistics(rtl)
    with contextlib.closing(rtl.decode([BOS], steps)) as tokens:
        for _ in itertools.islice(tokens, steps):
            told.count()
        told.stop()
    if told.rate is None:
        raise InputError(
            f"the model's story ends after {told.tokens} token, which gives no rate; take another"
            " checkpoint"
        )
    return told


def table(figures):
    """Lines of text."""
    yield f"{'':<22}{'median':>13}{'lowest':>13}{'highest':>13}{'runs':>6}  from"
    for figure in figures:
        yield figure.line()


def _short(value):
    """Five digits or more, so that figures can be checked against each other."""
    return f"{value:,.1f}" if value >= 1000 else f"{value:.5g}"

"""The decoder as a shared library that Verilator made of its Verilog."""

import contextlib
import ctypes
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from . import watched
from .draws import GREEDY
from .tools import LIMIT, SHARED_LIBRARY, NoProgress, run, tool

SHIM = Path(__file__).with_name("shim.cpp")
PREFIX = "Vdecoder"
# The KV cache is read from outside.
OBSERVED = Path(__file__).with_name("observed.vlt")
WATCHED_LIBRARY = "watched.so"


def build(folder, top, ways, progress, watch=False):
    """Compile every Verilog file of `folder` to a shared library beside them, once.

    ways   of the decoder: memories of keys, and of values
    watch  with the signals of watched.SIGNALS recorded
    """
    library = folder / (WATCHED_LIBRARY if watch else SHARED_LIBRARY)
    if library.exists():
        return library
    verilator, compiler = tool("verilator"), tool("g++")
    progress("verilating the decoder")
    objects = folder / f"obj{os.getpid()}"
    objects.mkdir(exist_ok=True)
    sources = [OBSERVED, *sorted(path.name for path in folder.glob("*.v"))]
    if watch:
        (objects / "watched.vlt").write_text(watched.config())
        (objects / "watched.h").write_text(watched.header())
        sources.insert(0, objects / "watched.vlt")
    speed = ["-O3", "--x-assign", "fast", "--x-initial", "fast"]
    names = ["--prefix", PREFIX, "--top-module", top, "-Mdir", objects.name]
    run([verilator, "--cc", *speed, "-Wno-fatal", "-Wno-lint", *names, *sources], folder)
    progress("compiling the decoder")
    include = Path(run([verilator, "--getenv", "VERILATOR_ROOT"], folder).strip()) / "include"
    defines = [f"-DWAYS={ways}", *["-DWATCH"] * watch]
    compiled = _compile(objects, compiler, include, defines)
    partial = f"{library.name}.{os.getpid()}"
    run([compiler, "-shared", *compiled, "-lpthread", "-o", folder.resolve() / partial], objects)
    (folder / partial).replace(library)
    shutil.rmtree(objects)
    return library


def _compile(objects, compiler, include, defines):
    """Names of the object files, in `objects`, of what Verilator wrote there and its runtime.

    Its many files include the same long headers, so there is one unit of what runs in every
    cycle, and one of what runs once. The runtime is the same for every decoder: ccache, if
    installed, compiles it once.
    """
    once, often = [], [SHIM]
    for path in sorted(objects.glob("*.cpp")):
        (once if "Slow" in path.name else often).append(path.name)
    for name, files in (("once", once), ("often", often)):
        (objects / f"{name}.cc").write_text("".join(f'#include "{file}"\n' for file in files))
    runtime = [include / "verilated.cpp", include / "verilated_threads.cpp"]
    # -O3 runs a seventh faster, and takes three times as long to compile: stories260K would have
    # to tell some twenty stories first.
    units = {"often.cc": ["-O1", *defines], "once.cc": ["-O0"]}
    units |= {str(path): ["-O1"] for path in runtime if path.exists()}
    cache = [shutil.which("ccache")] if shutil.which("ccache") else []
    options = ["-fPIC", "-std=gnu++17", "-w", "-I.", f"-I{include}", f"-I{include / 'vltstd'}"]

    def compiled(unit):
        result = f"{Path(unit).stem}.o"
        run([*cache, compiler, *options, *units[unit], "-c", unit, "-o", result], objects)
        return result

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [*pool.map(compiled, units)]


class Verilated:
    """A running decoder; see sim.Rtl.

    traced  after a run: (tap, index, value) of every word at the trace port
    """

    def __init__(self, folder, top, ways, progress, watch=False):
        library = ctypes.CDLL(str(build(folder, top, ways, progress, watch)))
        library.sim_new.restype = ctypes.c_void_p
        for name in (
            "next",
            "cycles",
            "status",
            "traced",
            "key_bytes",
            "value_bytes",
            "watched_cycles",
        ):
            getattr(library, f"sim_{name}").restype = ctypes.c_long
        for name in ("keys", "values"):
            getattr(library, f"sim_{name}").restype = ctypes.c_void_p
        library.sim_words.restype = ctypes.POINTER(ctypes.c_int)
        library.sim_watched.restype = ctypes.POINTER(ctypes.c_uint32)
        self._library, self._prompt, self._ways = library, None, ways
        self.cycles = self.status = 0
        # $readmemh looks in the working directory.
        with contextlib.chdir(folder):
            self._sim = ctypes.c_void_p(library.sim_new())

    def decode(self, prompt, steps, start_pos=0, trace=None, sampling=GREEDY):
        self._prompt = (ctypes.c_int * len(prompt))(*prompt)
        self.cycles = self.status = 0
        self.traced = []
        self._library.sim_trace(self._sim, trace is not None, *(trace or (0, 0)))
        temperature, topp, seed = sampling
        words = ctypes.c_uint(temperature), ctypes.c_uint(topp), ctypes.c_uint64(seed)
        self._library.sim_sample(self._sim, *words)
        counts = map(ctypes.c_long, (len(prompt), steps, start_pos))
        self._library.sim_start(self._sim, self._prompt, *counts)
        while True:
            token = self._library.sim_next(self._sim, ctypes.c_long(LIMIT))
            # Kept here, so that they outlive the simulation.
            self.status = self._library.sim_status(self._sim)
            if token == -2:
                raise NoProgress(LIMIT)
            if token < 0:
                break
            self.cycles = self._library.sim_cycles(self._sim)
            yield token
        count = self._library.sim_traced(self._sim, ctypes.c_long(LIMIT))
        words = self._library.sim_words(self._sim)
        self.traced = [tuple(words[3 * i : 3 * i + 3]) for i in range(count)]

    def rows(self, depth):
        """Words of the KV cache, K's and V's, by way; unwritten ones are zero."""
        library, sim, ways = self._library, self._sim, range(self._ways)
        return (
            [_words(library.sim_keys(sim, way), library.sim_key_bytes(sim), depth) for way in ways],
            [
                _words(library.sim_values(sim, way), library.sim_value_bytes(sim), depth)
                for way in ways
            ],
        )

    def watched(self):
        """{signal: [cycles]} of watched.SIGNALS, since the last call or since start."""
        count = self._library.sim_watched_cycles(self._sim)
        words = np.ctypeslib.as_array(self._library.sim_watched(self._sim), (count,)).copy()
        self._library.sim_forget(self._sim)
        return watched.fields(words)

    def close(self):
        if self._sim:
            self._library.sim_delete(self._sim)
            self._sim = None


def _words(address, size, depth):
    memory = ctypes.string_at(address, size * depth)
    return [int.from_bytes(memory[i : i + size], "little") for i in range(0, len(memory), size)]


def require():
    """InputError unless every tool this back end needs is here."""
    for name in ("verilator", "g++"):
        tool(name)

"""One window of the converted Verilog in Icarus, as files that a waveform viewer opens."""

import importlib.util
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..geometry import Geometry
from ..sim import icarus, rtl
from ..sim.tools import tool
from .bench import bench
from .history import History, memory_text


@dataclass(frozen=True)
class Recording:
    """The dump (the FST, if there is one), its save file, and which cycles of the position."""

    dump: Path
    save: Path
    first: int
    last: int


@dataclass(frozen=True)
class Seen:
    """What the simulation said: {event: (time in the dump's unit, cycle of the position)}.

    events  open and close of the dump; in it, write of the first key, read of the first word
            after that
    """

    events: dict

    @classmethod
    def parse(cls, text):
        lines = [line.split() for line in text.splitlines() if line.startswith("wave ")]
        return cls({event: (int(time), int(cycle)) for _, event, time, cycle in lines})


def require():
    """InputError unless everything this package needs is here."""
    icarus.require()
    if importlib.util.find_spec("vcd") is None:
        raise InputError(
            "pyvcd is not installed, and the save file of a waveform needs it;"
            " install it: pip install 'myllama[wave]', or in a clone: make setup"
        )


def record(image, lanes, prompt, window, folder, fst, progress, verilog=None):
    """Simulate the Window and write VCD, save file and value names into `folder`: a Recording.

    prompt    token ids, BOS first; what follows them is the argmax
    fst       write the dump as FST too; the save file then opens that
    verilog   folder with the decoder's Verilog; None converts it, once per image
    """
    require()
    from .save import write

    window.check(image.config)
    if window.pos:
        progress(f"integer model up to position {window.pos}")
    history = History(image, lanes, prompt, window.pos)
    verilog = verilog or rtl.converted(image, lanes, progress)
    folder = Path(folder)
    with tempfile.TemporaryDirectory() as partial:
        run = _Simulation(Path(partial).resolve(), Path(verilog).resolve())
        run.prepare(image, lanes, prompt, history, window)
        progress(f"simulating position {window.pos} in Icarus")
        seen = run.dump("-vcd", "vcd")
        if "open" not in seen.events:
            raise InputError(
                f"--from {window.first} is past the end of position {window.pos},"
                f" which takes {seen.events['close'][1]} cycles"
            )
        kinds = ["vcd"]
        if fst:
            progress("once more, for the FST")
            run.dump("-fst", "fst")
            kinds.append("fst")
        paths = [folder / f"{window.name}.{kind}" for kind in kinds]
        folder.mkdir(parents=True, exist_ok=True)
        for path, kind in zip(paths, kinds, strict=True):
            shutil.move(run.folder / f"dump.{kind}", path)
    times = {event: time for event, (time, _) in seen.events.items()}
    save = write(paths[0], paths[-1], image, lanes, window, times)
    first, last = (seen.events[event][1] for event in ("open", "close"))
    return Recording(paths[-1], save, first, last)


class _Simulation:
    """The files that a simulation reads, and its runs."""

    def __init__(self, folder, verilog):
        self.folder, self._verilog = folder, verilog
        self._program, self._options, self._orders = folder / "waves.vvp", {}, None

    def prepare(self, image, lanes, prompt, history, window):
        """Compile; write what the memories hold."""
        module = self.folder / "waves.v"
        module.write_text(bench(image, lanes, window))
        sizes = rtl.ports(image.config), Geometry(image.config, image.profile, lanes).ways
        icarus.compile_bench(self._verilog, rtl.TOP, *sizes, self._program, [module])
        # Of what follows the position, only that there is a token matters.
        tokens, start_pos = prompt[: window.pos + 2], 0
        if window.pos and not window.whole:
            tokens = [history.tokens[-1], *tokens[window.pos + 1 :]]
            start_pos = window.pos
            for kind, ways in (("keys", history.keys), ("values", history.values)):
                for way, rows in enumerate(ways):
                    name = f"{kind}_{way}"
                    if rows:
                        self._options[name] = self.folder / name
                        (self.folder / name).write_text(memory_text(rows))
        self._orders = icarus.orders(tokens, window.pos + 1, start_pos)

    def dump(self, form, suffix):
        """Run once, to dump.`suffix`; what was seen."""
        options = self._options | {"dump": self.folder / f"dump.{suffix}"}
        words = [f"+{name}={value}" for name, value in options.items()]
        # $readmemh of the decoder looks in the working directory.
        result = subprocess.run(
            [tool("vvp"), "-n", self._program, form, *words],
            cwd=self._verilog,
            input=self._orders,
            capture_output=True,
            text=True,
        )
        seen = Seen.parse(result.stdout)
        if result.returncode or "close" not in seen.events:
            said = (result.stdout + result.stderr).strip()[-4000:]
            raise RuntimeError(f"the simulation ended before the window did:\n{said}")
        return seen

"""Save files for GTKWave and value names for Surfer, made from the dump and the design."""

import math
from pathlib import Path

from vcd.gtkw import GTKWFlag, GTKWSave, make_translation_filter

from .bench import DUT
from .dump import signals
from .views import NAMES, groups

WINDOW_SIZE = 1360, 1000
SIGNALS_WIDTH = 330
PIXELS_PER_CYCLE = 10
ZOOM_PIXELS = 200  # what GTKWave's zoom counts in
PERIOD = 10_000  # of the clock, in the dump's unit
CYCLES_IN_VIEW = (WINDOW_SIZE[0] - SIGNALS_WIDTH) // PIXELS_PER_CYCLE
CYCLES_BEFORE = 5  # of the first write, in view


class Save:
    """Writes a save file, signal by signal."""

    def __init__(self, file, dump, filters):
        self._file, self._gtkw = file, GTKWSave(file)
        self._dump, self._filters = dump, filters

    def head(self, path, shown, times):
        """The dump's path, the window, which time it starts with and where the marker is."""
        marker = times.get("read", times.get("write", times["open"]))
        start = times.get("write", times["open"]) - CYCLES_BEFORE * PERIOD
        # GTKWave forgets a start that leaves a part of the window empty.
        start = max(min(start, times["close"] - CYCLES_IN_VIEW * PERIOD), times["open"])
        gtkw = self._gtkw
        gtkw.dumpfile(str(shown))
        gtkw.dumpfile_size(shown.stat().st_size)
        gtkw.savefile(str(path))
        gtkw.timestart(start)
        gtkw.size(*WINDOW_SIZE)
        gtkw.zoom_markers(-math.log2(ZOOM_PIXELS * PERIOD / PIXELS_PER_CYCLE), marker)
        gtkw.sst_expanded(False)
        gtkw.signals_width(SIGNALS_WIDTH)

    def group(self, group):
        with self._gtkw.group(group.title, closed=group.closed):
            for trace in group.traces:
                self._trace(trace)

    def block(self, scope):
        """Every signal of a module of the dump."""
        with self._gtkw.group(f"block {scope.removeprefix(DUT + '.')}", closed=True):
            for name, bits in self._dump[scope].items():
                self._gtkw.trace(f"{scope}.{name}{bits}", datafmt="hex" if bits else "bin")

    def _trace(self, trace):
        scope, _, name = trace.path.rpartition(".")
        bits = self._dump[scope][name]
        how = {"alias": trace.label or name, "datafmt": "hex" if bits else "bin"}
        if trace.names:
            how |= {"datafmt": "bin", "translate_filter_file": str(self._filters[trace.names])}
        elif trace.frac is not None:
            # pyvcd has no method for this line; without it GTKWave shifts by nothing.
            self._file.write(f"[fpshift_count] {trace.frac}\n")
            how |= {"datafmt": "signed", "extraflags": GTKWFlag.fpdecshift}
        elif trace.decimal:
            how["datafmt"] = "dec"
        self._gtkw.trace(f"{trace.path}{bits}", **how)


def write(vcd, shown, image, lanes, window, times):
    """Write what belongs to the dump `vcd` beside it; return the path of the save file.

    shown   the dump that the save file opens: `vcd`, or the same as FST
    times   when the dump opens and closes, and when the first key is written and the first
            word read after that, if they are: {"open", "close", "write", "read"}
    """
    folder = vcd.resolve().parent
    filters = {names: _filter(folder, names) for names in NAMES}
    for names in NAMES:
        _mapping(folder, names)
    dump = signals(vcd)
    path = folder / f"{vcd.stem}.gtkw"
    with open(path, "w") as file:
        save = Save(file, dump, filters)
        save.head(path, shown.resolve(), times)
        for group in groups(image, lanes, window):
            save.group(group)
        for scope in dump:
            if scope.startswith(f"{DUT}."):
                save.block(scope)
    return path


def _filter(folder, names):
    """GTKWave's translation of values to words."""
    path = folder / "names" / f"{names.title}.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(make_translation_filter([*enumerate(names.words)], "bin", names.width) + "\n")
    return path


def _mapping(folder, names):
    """Surfer's: it looks for them in the folder it is started in."""
    path = Path(folder, ".surfer", "mappings", names.title)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"Name = {names.title}", f"Bits = {names.width}"]
    lines += [f"0b{value:0{names.width}b} {word}" for value, word in enumerate(names.words)]
    path.write_text("\n".join(lines) + "\n")

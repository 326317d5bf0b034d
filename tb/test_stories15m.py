"""A checkpoint of the shape of stories15M: how fast it decodes, and in how much memory."""

import os
import threading
import time
from itertools import accumulate, islice
from pathlib import Path

import pytest

from myllama.checkpoint import random_checkpoint
from myllama.config import PROFILES, ModelConfig
from myllama.cost.cycles import token as cost_of
from myllama.geometry import Geometry
from myllama.model.decoder import Model
from myllama.quantize import quantize
from myllama.rtl.build import convert
from myllama.sim import Rtl

pytestmark = pytest.mark.sweep

CONFIG, LANES, TOKENS = ModelConfig(288, 768, 6, 6, 6, 32000, 256, True), 64, 4
SECONDS, BYTES = 2, 2 << 30  # of a token, on a core of its own; of this process and all it starts


class Memory(threading.Thread):
    """Largest resident memory of this process and its descendants, seen ten times a second."""

    def __init__(self):
        super().__init__(daemon=True)
        self.most, self._over = 0, threading.Event()

    def run(self):
        while not self._over.wait(0.1):
            self.most = max(self.most, sum(self._resident(os.getpid())))

    def stop(self):
        self._over.set()
        self.join()

    def _resident(self, root):
        parents, pages = {}, {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                fields = (path / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended
                continue
            parents[int(path.name)], pages[int(path.name)] = int(fields[1]), int(fields[21])
        family = {root}
        while grown := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= grown
        return [pages[pid] * os.sysconf("SC_PAGE_SIZE") for pid in family & pages.keys()]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="memory is read from /proc")
def test_decodes(tmp_path):
    memory = Memory()
    memory.start()
    image = quantize(random_checkpoint(CONFIG, seed=4), PROFILES["exact"])
    convert(image, LANES, tmp_path)
    rtl = Rtl(image, LANES, "verilator", folder=tmp_path)
    began = time.process_time()  # what else the machine does is not the simulation's
    tokens, cycles = zip(*((token, rtl.cycles) for token in rtl.decode([1], TOKENS)), strict=True)
    seconds = (time.process_time() - began) / TOKENS
    rtl.close()
    memory.stop()
    print(f"{seconds:.2f} s and {cycles[-1] / TOKENS:,.0f} cycles per token, {memory.most:,} bytes")
    assert tokens == tuple(islice(Model(image).decode([1], TOKENS), TOKENS))
    geometry = Geometry(CONFIG, image.profile, LANES)
    costs = [cost_of(geometry, pos).cycles.total() for pos in range(len(tokens))]
    assert cycles == tuple(accumulate(costs))
    assert seconds <= SECONDS
    assert 0 < memory.most < BYTES

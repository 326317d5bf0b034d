"""rtl.swiglu against model.swiglu, bit for bit."""

import os
import random

import cocotb
import numpy as np
from bench import StreamBench, transfers

from myllama.fixed import saturate
from myllama.model.swiglu import swiglu as model
from myllama.rtl.swiglu import latency
from myllama.tables import ROW_WIDTH

WIDTH, FRAC, WAYS = (int(os.environ.get(name, 0)) for name in ("WIDTH", "FRAC", "WAYS"))
SETTINGS = [(0, 12), (0.5, 9), (0.2, 0), (0, 31)]  # idle, z_shift


def rows():
    """Every pair of corners, then words over the whole width, then small ones."""
    top, row_top = 1 << WIDTH - 1, 1 << ROW_WIDTH - 1
    corners = [0, 1, -1, top - 1, -top, top, -top - 1, row_top - 1, -row_top]
    words = [word for h1 in corners for h3 in corners for word in (h1, h3)]
    for limit in (top, 4 << FRAC):
        words += [random.randrange(-limit, limit) for _ in range(400)]
    return words


@cocotb.test()
@cocotb.parametrize((("idle", "shift"), SETTINGS))
async def matches_model(dut, idle, shift):
    """Pairs in order; without idling, at full rate; at the stated latency."""
    words = rows()
    h = saturate(np.array(words, np.int64), WIDTH)
    dut.z_shift.value = shift
    bench = StreamBench(dut, idle)
    bench.feed("din", transfers(words, WAYS), ways=WAYS)
    bench.expect("dout", model(h[::2], h[1::2], FRAC, shift, WIDTH).tolist())
    await bench.run()
    taken, given = bench.monitors["din"].cycles, bench.monitors["dout"].cycles
    assert given == [cycle + latency(WAYS) for cycle in (taken[1::2] if WAYS == 1 else taken)]
    if not bench.idle:
        assert taken[-1] - taken[0] == len(words) // WAYS - 1

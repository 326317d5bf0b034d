"""rtl.rmsnorm against model.rmsnorm, bit for bit."""

import os
import random
from itertools import pairwise

import cocotb
from bench import StreamBench, cycle, transfers
from cocotb.triggers import RisingEdge

from myllama.model.rmsnorm import rmsnorm as model
from myllama.rtl.rmsnorm import latency

WIDTH, DIM, EPS_WIDTH, BASE, WAYS = (
    int(os.environ.get(name, 0)) for name in ("WIDTH", "DIM", "EPS_WIDTH", "BASE", "WAYS")
)


def vectors(count):
    """The extremes first, then vectors of every size."""
    lo, hi = -(1 << WIDTH - 1), (1 << WIDTH - 1) - 1
    found = [[0] * DIM, [lo] * DIM, [hi] * DIM, [0] * (DIM - 1) + [1], [lo] + [0] * (DIM - 1)]
    for _ in range(count):
        size = random.randint(0, WIDTH - 1)
        found.append([random.randint(-(1 << size), (1 << size) - 1) for _ in range(DIM)])
    return found


@cocotb.test()
@cocotb.parametrize(idle=[0, 0.5])
async def norms_of_vectors(dut, idle):
    """Each vector's norm comes after its last word, and goes with the next one's first."""
    bench = StreamBench(dut, idle)
    words = vectors(40)
    eps = random.choice((1, (1 << EPS_WIDTH) - 1))
    dut.eps.value, dut.base.value = eps, BASE
    seen, raised, fallen = [], [], []

    async def watch():
        valid = 0
        while len(seen) < len(words):
            await RisingEdge(dut.clk)
            now = int(dut.norm_valid.value)
            if now and not valid:
                seen.append((int(dut.norm_mant.value), int(dut.norm_shift.value)))
                raised.append(cycle())
            if valid and not now:
                fallen.append(cycle())
            if now:
                assert (int(dut.norm_mant.value), int(dut.norm_shift.value)) == seen[-1]
            valid = now

    def offered():
        for vector in words:
            yield from transfers(vector, WAYS)
            yield from [None] * (latency(WIDTH, DIM) - 1)

    bench.feed("din", offered(), ways=WAYS)
    bench.also(watch())
    await bench.run(until=lambda: len(seen) == len(words))
    wanted = [model(sum(x * x for x in vector), eps, BASE) for vector in words]
    assert seen == [(int(mant), int(shift)) for mant, shift in wanted]
    taken, size = bench.monitors["din"].cycles, DIM // WAYS
    assert raised == [last + latency(WIDTH, DIM) for last in taken[size - 1 :: size]]
    assert fallen == [first + 1 for first in taken[size::size]]
    if not bench.idle:
        # One transfer per cycle within a vector, the next vector as soon as the norm is there.
        gaps = [after - before for before, after in pairwise(taken)]
        between = [1 if (i + 1) % size else latency(WIDTH, DIM) for i in range(len(gaps))]
        assert gaps == between

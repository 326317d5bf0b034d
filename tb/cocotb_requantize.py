"""rtl.requantize against model.requantize, bit for bit."""

import os
import random

import cocotb
import numpy as np
from bench import StreamBench, paces, transfers
from cocotb.triggers import ClockCycles, RisingEdge
from stimulus import extremes_and_random

from myllama.model.requantize import requantize as model
from myllama.rtl.requantize import latency
from myllama.tables import UNIT_MANT, UNIT_SHIFT

ACC_WIDTH, SCALE_WIDTH, SHIFT_WIDTH, WAYS = (
    int(os.environ.get(name, 0)) for name in ("ACC_WIDTH", "SCALE_WIDTH", "SHIFT_WIDTH", "WAYS")
)
FIELDS = ("data", "scale", "shift")
PACES = (0, 0), (0.3, 0.6)


def rows(count):
    """Corners at every shift first; (acc, scale, shift) per row, of an even count."""
    top = (1 << SCALE_WIDTH) - 1
    largest = (1 << SHIFT_WIDTH) - 1
    corners = extremes_and_random(ACC_WIDTH, 0)
    found = [(acc, top, shift) for shift in (0, 1, largest) for acc in corners]
    for acc in extremes_and_random(ACC_WIDTH, count):
        found.append((acc, random.randint(0, top), random.randint(0, largest)))
    return found[len(found) % 2 :]


def offered_as(words):
    """Rows as transfers: their fields side by side."""
    if WAYS == 1:
        return words
    return [tuple(zip(*rows, strict=True)) for rows in transfers(words, WAYS)]


def expected(words, mant, norm_shift):
    """The model, in unbounded integers."""
    acc, scale, shift = (np.array(column, object) for column in zip(*words, strict=True))
    norm_shift = np.array(norm_shift, object)
    return [int(y) for y in model(acc, scale if SCALE_WIDTH else 1, shift, mant, norm_shift)]


def bench_of(dut, idle, stall):
    bench = StreamBench(dut, idle, stall)
    dut.norm_valid.value = 0
    dut.norm_mant.value = 12345
    dut.norm_shift.value = 3
    return bench


@cocotb.test()
@paces(*PACES)
async def rows_without_a_norm(dut, idle, stall):
    """Low use_norm: the row itself, whatever the norm says."""
    bench = bench_of(dut, idle, stall)
    dut.use_norm.value = 0
    words = rows(300)
    bench.feed("din", offered_as(words), fields=FIELDS, ways=WAYS)
    results = expected(words, UNIT_MANT, UNIT_SHIFT)
    bench.expect("dout", transfers(results, WAYS), ways=WAYS)
    await bench.run()
    if not bench.idle and not bench.stall:
        taken, given = bench.monitors["din"].cycles, bench.monitors["dout"].cycles
        assert given == [cycle + latency(SCALE_WIDTH) for cycle in taken]
        assert taken[-1] - taken[0] == len(words) // WAYS - 1


@cocotb.test()
@paces(*PACES)
async def rows_with_norms(dut, idle, stall):
    """Rows wait for norm.valid; each vector has its own norm."""
    bench = bench_of(dut, idle, stall)
    dut.use_norm.value = 1
    mants = [(1 << 17) - 1, 1 << 16, 1, 92682] + [random.randrange(1, 1 << 17) for _ in range(6)]
    norms = [(mant, random.choice((0, 1, 63, random.randrange(10, 34)))) for mant in mants]
    vectors = [rows(30) for _ in norms]
    size = len(vectors[0]) // WAYS
    results = [expected(words, *norm) for words, norm in zip(vectors, norms, strict=True)]
    words = [word for words in results for word in words]
    bench.expect("dout", transfers(words, WAYS), ways=WAYS)
    seen = bench.scoreboards["dout"]

    def offered():
        for number, words in enumerate(vectors):
            while seen.seen < number * size:
                yield None
            yield from offered_as(words)

    async def give_norms():
        for number, (mant, shift) in enumerate(norms):
            await ClockCycles(dut.clk, random.randrange(1, 40))
            assert seen.seen == number * size, "a row did not wait for its norm"
            dut.norm_mant.value, dut.norm_shift.value, dut.norm_valid.value = mant, shift, 1
            while seen.seen < (number + 1) * size:
                await RisingEdge(dut.clk)
            dut.norm_valid.value = 0

    bench.feed("din", offered(), fields=FIELDS, ways=WAYS)
    bench.also(give_norms())
    await bench.run()

"""rtl.rope_table and rtl.rope against model.rope, bit for bit."""

import os
import random

import cocotb
import numpy as np
from bench import StreamBench, cycle, paces, start, transfers
from cocotb.triggers import ClockCycles, RisingEdge
from stimulus import extremes_and_random

from myllama.fixed import saturate
from myllama.model.rope import rope as model
from myllama.model.rope import trig
from myllama.rtl.rope import LATENCY
from myllama.rtl.rope_table import fill_cycles
from myllama.tables import TRIG_FRAC

NAMES = ("DIM", "KV_DIM", "HEAD_DIM", "ACT_WIDTH", "WAYS", "POSITIONS")
DIM, KV_DIM, HEAD_DIM, ACT_WIDTH, WAYS, POSITIONS = (int(os.environ.get(name, 0)) for name in NAMES)


@cocotb.test()
async def entries_of_positions(dut):
    """Start drops valid; after fill_cycles every pair can be read, one cycle after its address."""
    dut.start.value, dut.re.value = 0, 0
    await start(dut)
    places = [0, 1, POSITIONS - 1] + [random.randrange(POSITIONS) for _ in range(3)]
    for pos in places:
        dut.start.value, dut.pos.value = 1, pos
        await RisingEdge(dut.clk)
        began = cycle()
        dut.start.value = 0
        await RisingEdge(dut.clk)
        while dut.valid.value != 1:
            await RisingEdge(dut.clk)
            assert cycle() <= began + fill_cycles(HEAD_DIM), "late"
        assert cycle() == began + fill_cycles(HEAD_DIM)
        dut.re.value = 1
        for pair, wanted in enumerate(zip(*trig(pos, HEAD_DIM), strict=True)):
            dut.raddr.value = pair
            await ClockCycles(dut.clk, 2)
            got = dut.cosine.value.to_signed(), dut.sine.value.to_signed()
            assert got == tuple(map(int, wanted)), f"pos {pos}, pair {pair}"
        dut.re.value = 0


def expected(words, cosines, sines):
    """The model on one run of rows: q and k turned, v passed."""
    clipped = saturate(np.array(words), ACT_WIDTH)
    heads = clipped[: DIM + KV_DIM].reshape(-1, HEAD_DIM)
    turned = model(heads, cosines, sines, ACT_WIDTH).reshape(-1)
    return [int(y) for y in (*turned, *clipped[DIM + KV_DIM :])]


@cocotb.test()
@paces((0, 0), (0.3, 0.6))
async def rows_of_positions(dut, idle, stall):
    """The bench plays the table; rows wait behind two transfers while table_valid is low."""
    bench = StreamBench(dut, idle, stall)
    words, runs = DIM + 2 * KV_DIM, 12
    size = words // WAYS  # transfers
    one, half = 1 << TRIG_FRAC, HEAD_DIM // 2
    exact = [([c] * half, [s] * half) for c, s in ((one, 0), (0, one), (-one, 0), (0, -one))]
    # Both signs of 45 degrees: extreme words then leave the range.
    exact += [([46341] * half, [s] * half) for s in (46341, -46341)]
    tables = exact + [trig(random.randrange(512), HEAD_DIM) for _ in range(runs - len(exact))]
    pool = extremes_and_random(ACT_WIDTH, 40) + extremes_and_random(32, 10)
    rows = [[random.choice(pool) for _ in range(words)] for _ in range(runs)]
    results = [
        expected(r, np.array(c), np.array(s)) for r, (c, s) in zip(rows, tables, strict=True)
    ]
    bench.expect("dout", transfers([y for row in results for y in row], WAYS), ways=WAYS)
    seen, din = bench.scoreboards["dout"], None
    present = [0]
    dut.table_valid.value = dut.cosine.value = dut.sine.value = 0

    def offered():
        for number, row in enumerate(rows):
            while seen.seen < number * size:
                yield None
            yield from transfers(row, WAYS)

    async def give_tables():
        for number in range(runs):
            dut.table_valid.value = 0
            await ClockCycles(dut.clk, random.randrange(2, 20))
            assert len(din.cycles) <= number * size + 2, "a row did not wait"
            assert seen.seen == number * size
            present[0] = number
            dut.table_valid.value = 1
            while seen.seen < (number + 1) * size:
                await RisingEdge(dut.clk)

    async def play_table():
        while True:
            await RisingEdge(dut.clk)
            if dut.re.value == 1:
                cosines, sines = tables[present[0]]
                pair = int(dut.raddr.value)
                dut.cosine.value, dut.sine.value = int(cosines[pair]), int(sines[pair])

    bench.feed("din", offered(), ways=WAYS)
    din = bench.monitors["din"]
    bench.also(give_tables())
    bench.also(play_table())
    await bench.run()
    if not bench.idle and not bench.stall:
        given = bench.monitors["dout"].cycles
        for run in range(runs):
            taken, out = din.cycles[run * size :][:size], given[run * size :][:size]
            assert out == list(range(out[0], out[0] + size))
            # Of one way, a pair is whole with its second word.
            assert out[2:] == [cycle + 2 - WAYS + LATENCY for cycle in taken[2:]]

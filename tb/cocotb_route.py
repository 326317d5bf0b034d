"""Bench of rtl.route's pair_up."""

import os

import cocotb
from bench import StreamBench, paces, transfers
from stimulus import extremes_and_random

WIDTH, COUNT = (int(os.environ.get(name, 0)) for name in ("WIDTH", "COUNT"))


@cocotb.test()
@paces((0, 0), (0.3, 0.6))
async def pairs_of_vectors(dut, idle, stall):
    """Every vector in whole transfers; an odd one's last word stands twice in its last."""
    bench = StreamBench(dut, idle, stall)
    pool = extremes_and_random(WIDTH, 20 * COUNT)
    vectors = [pool[at : at + COUNT] for at in range(0, len(pool) - COUNT + 1, COUNT)]
    bench.feed("din", [word for vector in vectors for word in vector])
    pairs = [pair for vector in vectors for pair in transfers(vector, 2, padding=vector[-1])]
    bench.expect("dout", pairs, ways=2)
    await bench.run()
    taken, given = bench.monitors["din"].cycles, bench.monitors["dout"].cycles
    ends = [i for i in range(len(taken)) if i % COUNT % 2 or i % COUNT == COUNT - 1]
    assert given == [taken[i] for i in ends]
    if not bench.idle and not bench.stall:
        assert taken == list(range(taken[0], taken[0] + len(taken)))

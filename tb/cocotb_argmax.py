"""rtl.argmax against model.argmax."""

import os
import random

import cocotb
from bench import StreamBench, paces, transfers
from cocotb.triggers import RisingEdge
from stimulus import extremes_and_random

from myllama.model.argmax import argmax as model
from myllama.rtl.argmax import latency

VOCAB, WAYS = int(os.environ.get("VOCAB_SIZE", 0)), int(os.environ.get("WAYS", 1))
LO, HI = -(1 << 31), (1 << 31) - 1


def vectors(count):
    """Ties and extremes first: all equal, one larger at either end, the largest twice."""
    found = [[LO] * VOCAB, [HI] * VOCAB, [0] * VOCAB]
    found += [[HI] + [LO] * (VOCAB - 1), [LO] * (VOCAB - 1) + [HI], list(range(VOCAB))]
    found += [list(range(0, -VOCAB, -1)), [LO] + [HI] * (VOCAB - 1)]
    pool = extremes_and_random(32, 200)
    for _ in range(count):
        found.append([random.choice(pool) for _ in range(VOCAB)])
        found.append([random.randint(-2, 2) for _ in range(VOCAB)])
    return found


async def follow_the_largest(dut, expected):
    """As long as a token is offered, the logit there is beside it."""
    for value in expected:
        while True:
            await RisingEdge(dut.clk)
            if dut.token_valid.value == 1:
                assert dut.largest.value.to_signed() == value
                if dut.token_ready.value == 1:
                    break


@cocotb.test()
@paces((0, 0), (0.3, 0.6))
async def tokens_of_vectors(dut, idle, stall):
    bench = StreamBench(dut, idle, stall)
    words = vectors(4)
    bench.expect("token", [int(model(vector)) for vector in words], signed=False)
    ends = bench.scoreboards["token"]

    def one_by_one():
        for number, vector in enumerate(words):
            while ends.seen < number:
                yield None
            # What fills up the last transfer is larger than any logit may be.
            yield from transfers(vector, WAYS, padding=HI)

    bench.feed("din", one_by_one(), ways=WAYS)
    bench.also(follow_the_largest(dut, [max(vector) for vector in words]))
    await bench.run()
    taken, given = bench.monitors["din"].cycles, bench.monitors["token"].cycles
    size = -(-VOCAB // WAYS)
    if not bench.stall:
        assert given == [last + latency(WAYS) for last in taken[size - 1 :: size]]
    if not bench.idle and not bench.stall:
        assert taken[size - 1] - taken[0] == size - 1

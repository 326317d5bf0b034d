"""rtl.residual against model.residual, bit for bit."""

import json
import os
import random
from pathlib import Path

import cocotb
import numpy as np
from bench import StreamBench, transfers
from stimulus import extremes_and_random

from myllama.model.residual import activations, add
from myllama.rtl.residual import LATENCY

DIM, WIDTH, ACT_WIDTH, WAYS = (
    int(os.environ.get(name, 0)) for name in ("DIM", "WIDTH", "ACT_WIDTH", "WAYS")
)


@cocotb.test()
@cocotb.parametrize(idle=[0, 0.3])
async def sums_and_activations(dut, idle):
    """Vectors with first, norm and shift of their own; each sum once on both streams."""
    bench = StreamBench(dut, idle)
    gains = np.array(json.loads(Path(os.environ["GAINS"]).read_text())).reshape(-1, DIM)
    gains = gains - ((gains >> 15) << 16)
    pool = extremes_and_random(32, 20) + extremes_and_random(WIDTH, 60)
    settings, deltas, acts, sums = [], [], [], []
    x = None
    for number in range(24):
        first = number == 0 or random.random() < 0.3
        norm, shift = random.randrange(len(gains)), random.choice((0, 1, 15, 31, 63))
        if number % 2:
            shift = random.randrange(8, 24)
        delta = np.array([random.choice(pool) for _ in range(DIM)])
        x = add(np.zeros(DIM, int) if first else x, delta, WIDTH)
        settings.append((first, norm, shift))
        deltas.append([int(word) for word in delta])
        sums += [int(word) for word in x]
        # In unbounded integers: the model's own end at a shift of 62.
        exact = x.astype(object), gains[norm].astype(object), np.array(shift, object)
        acts += [int(word) for word in activations(*exact, ACT_WIDTH)]
    bench.expect("acts", transfers(acts, WAYS), ways=WAYS)
    bench.expect("x", transfers(sums, WAYS), ways=WAYS)
    boards, size = bench.scoreboards, DIM // WAYS

    def offered():
        for number, (setting, words) in enumerate(zip(settings, deltas, strict=True)):
            while min(boards[name].seen for name in ("acts", "x")) < number * size:
                yield None
            dut.first.value, dut.norm_index.value, dut.act_shift.value = setting
            yield from transfers(words, WAYS)

    bench.feed("din", offered(), ways=WAYS)
    await bench.run()
    taken = bench.monitors["din"].cycles
    for name in ("acts", "x"):
        assert bench.monitors[name].cycles == [cycle + LATENCY for cycle in taken]
    if not bench.idle:
        for run in range(len(deltas)):
            vector = taken[run * size :][:size]
            assert vector == list(range(vector[0], vector[0] + size))

"""rtl.softmax against model.softmax, bit for bit."""

import os
import random

import cocotb
import numpy as np
from bench import StreamBench, paces

from myllama.model.softmax import softmax as model
from myllama.rtl.softmax import latency
from myllama.tables import P_FRAC, SCORE_WIDTH

NAMES = ("SLOTS", "SEQ_LEN", "PARTS", "WAYS")
SLOTS, SEQ_LEN, PARTS, WAYS = (int(os.environ.get(name, 1)) for name in NAMES)
WEIGHTS = {"fields": ("data", "last"), "signed": False}
SCORES = WEIGHTS if WAYS == 1 else {"fields": ("data", "last", "single"), "signed": False}


def groups():
    """Extremes, equal, rising and falling scores of every kind of length, then random ones."""
    top = 1 << SCORE_WIDTH - 1
    lengths = {1, 2, 3, SEQ_LEN // 2 + 1, SEQ_LEN - 1, SEQ_LEN} & set(range(1, SEQ_LEN + 1))
    found = []
    for n in sorted(lengths):
        rise = np.linspace(-top, top - 1, n).astype(np.int64)
        shapes = [np.full(n, -top), np.full(n, top - 1), np.zeros(n, np.int64), rise, rise[::-1]]
        for shape in shapes:
            found.append(np.tile(shape, (SLOTS, 1)))
        # Another shape in each slot.
        found.append(np.array([shapes[i % len(shapes)] for i in range(SLOTS)]))
        for limit in (top, 20_000, 2_000):
            found.append(np.random.randint(-limit, limit, (SLOTS, n)))
    random.shuffle(found)
    return found


def words(fields, width, missing):
    """(word, last, whether `missing` was added to it) per transfer of one group."""
    mask = (1 << width) - 1
    positions = [*fields.T.tolist()]
    single = -len(positions) % WAYS
    positions += [[missing() for _ in range(SLOTS)]] * single
    columns = np.reshape(positions, (-1, WAYS * SLOTS)).tolist()
    packed = [sum((x & mask) << width * i for i, x in enumerate(column)) for column in columns]
    ends = [int(t == len(packed) - 1) for t in range(len(packed))]
    return [(word, end, end and single) for word, end in zip(packed, ends, strict=True)]


def anything():
    return random.randrange(-1 << SCORE_WIDTH - 1, 1 << SCORE_WIDTH - 1)


async def compare(dut, idle, stall):
    """Groups of all lengths, one behind the other; without stalling, at the stated pace."""
    random.seed(SLOTS)
    np.random.seed(SEQ_LEN)
    scores = groups()
    bench = StreamBench(dut, idle, stall)
    given = [word for group in scores for word in words(group, SCORE_WIDTH, anything)]
    wanted = [word for g in scores for word in words(model(g, WAYS), P_FRAC + 2, int) * PARTS]
    bench.feed("scores", [word[: len(SCORES["fields"])] for word in given], **SCORES)
    bench.expect("weights", [word[:2] for word in wanted], **WEIGHTS)
    await bench.run(timeout=100_000)
    if not bench.idle and not bench.stall:
        taken, sent = bench.monitors["scores"].cycles, bench.monitors["weights"].cycles
        i = j = 0
        for group in scores:
            n = -(-group.shape[1] // WAYS)
            last = taken[i + n - 1]
            assert last - taken[i] == n - 1
            assert sent[j] == last + latency(SLOTS, WAYS)
            assert sent[j + n * PARTS - 1] - sent[j] == n * PARTS - 1
            i, j = i + n, j + n * PARTS


@cocotb.test()
@paces((0, 0), (0.5, 0.5))
async def matches_model(dut, idle, stall):
    await compare(dut, idle, stall)


@cocotb.test()
@paces((0.3, 0), (0, 0.6))
async def matches_model_at_one_sided_paces(dut, idle, stall):
    await compare(dut, idle, stall)

"""rtl.sampler and rtl.xorshift against their models."""

import os
import random

import cocotb
import numpy as np
from bench import StreamBench, cycle, start, transfers
from cocotb.triggers import RisingEdge

from myllama.model.sampler import Sampler
from myllama.rtl.sampler import CLEAR, latency, longest
from myllama.rtl.xorshift import PERIOD
from myllama.sampling import Sampling
from myllama.xorshift import Xorshift

VOCAB, WAYS = int(os.environ.get("VOCAB_SIZE", 2)), int(os.environ.get("WAYS", 1))
IDLE, STALL = (float(os.environ.get(name, 0)) for name in ("IDLE", "STALL"))
# "temperature,topp ..." of one run after another
RUNS = [tuple(map(float, pair.split(","))) for pair in os.environ.get("RUNS", "").split()]
EVERY = int(os.environ.get("EVERY", 1))  # of the vectors, the first of so many
FRAC = 16


def vectors(rng):
    """Equals, extremes, near equals, ties of the largest, and logits as models have them."""
    top = (1 << 31) - 1
    found = [np.zeros(VOCAB), np.full(VOCAB, -top), np.array([top, *[-top - 1] * (VOCAB - 1)])]
    found += [rng.integers(-3, 4, VOCAB), rng.integers(-2, 3, VOCAB) << FRAC]
    found += [rng.normal(0, spread, VOCAB) * 2**FRAC for spread in (0.2, 1, 3, 8)]
    return [vector.astype(np.int64) for vector in found[::EVERY]]


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def tokens_of_vectors(dut):
    rng = np.random.default_rng(VOCAB)
    dut.start.value = 0
    bench = StreamBench(dut, IDLE, STALL)
    # Two runs of three go on with the generator's state.
    stories, model = [], None
    for number, (temperature, topp) in enumerate(RUNS):
        words = Sampling.of(temperature, topp, 1 + number).words(FRAC)
        seed = words[2] if number % 3 == 0 else 0
        generator = model._generator if number else None
        model = Sampler(*words)
        if not seed:
            model._generator = generator
        given = vectors(rng)
        stories.append(((*words[:2], seed), given, [model.sample(v) for v in given]))
    tokens = [token for *_, expected in stories for token in expected]
    bench.expect("token", tokens, signed=False)
    ends = bench.scoreboards["token"]
    waiting = []

    def story():
        done = 0
        for words, given, _ in stories:
            for name, value in zip(("temperature", "topp", "seed"), words, strict=True):
                getattr(dut, name).value = value
            yield None
            dut.start.value = 1
            yield None
            dut.start.value = 0
            yield None
            for vector in given:
                # What fills up the last transfer is larger than any logit may be.
                yield from transfers(vector.tolist(), WAYS, padding=(1 << 31) - 1)
                waiting.append(words)
                done += 1
                while ends.seen < done:
                    yield None

    bench.feed("logits", story(), ways=WAYS)
    await bench.run(timeout=100_000)
    taken, sent = bench.monitors["logits"].cycles, bench.monitors["token"].cycles
    # The logits of a small vocabulary come faster than coins, and than a reset's clearing.
    late = max(CLEAR, PERIOD) if VOCAB <= PERIOD else 0
    if not STALL:
        size = -(-VOCAB // WAYS)
        drawn = zip(waiting, taken[size - 1 :: size], sent, tokens, strict=True)
        for words, first, end, token in drawn:
            if words[0] == 0:
                assert end - first == latency(WAYS)
            elif words[1] == 0 and not late:
                # The last pass ends at its token.
                assert end - first == longest(VOCAB, 0, WAYS) - (VOCAB - 1 - token)
            else:
                assert end - first <= longest(VOCAB, words[1], WAYS) + late


@cocotb.test(timeout_time=100, timeout_unit="ms")
@cocotb.parametrize(stall=[0, 0.9])
async def coins_of_seeds(dut, stall):
    """The first 1,000 coins of a seed, and the pace; then anew, in the middle of a coin."""
    dut.load.value = dut.coin_ready.value = 0
    await start(dut)
    for seed, count in ((42, 20 if stall else 1000), ((1 << 64) - 1, 3), (1, 3)):
        generator = Xorshift(seed)
        dut.seed.value, dut.load.value = seed, 1
        await RisingEdge(dut.clk)
        dut.load.value, before = 0, cycle()
        for _ in range(count):
            if not stall:
                dut.coin_ready.value = 1
            await RisingEdge(dut.coin_valid)
            while True:
                dut.coin_ready.value = random.random() >= stall
                await RisingEdge(dut.clk)
                if dut.coin_valid.value == 1 and dut.coin_ready.value == 1:
                    break
            assert int(dut.coin_data.value) == generator.coin()
            if not stall:
                assert cycle() - before == PERIOD, cycle() - before
            before = cycle() if stall else before + PERIOD
        dut.coin_ready.value = 0
        for _ in range(random.randint(1, 60)):
            await RisingEdge(dut.clk)

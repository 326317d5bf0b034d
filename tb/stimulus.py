"""Random stimulus for myllama.hdl.cosim: MyHDL against Verilog, no model in between."""

import random

from myllama.hdl.ports import port_signals

RESET_CYCLES = 2


def random_stimulus(ports, inputs, cycles, seed=1, rates=None, choices=None):
    """Per cycle a value for each of `inputs`: an extreme of the port, or anything in between.

    rates    {port: how often it is high}, for one-bit ports; 0.7 if not named
    choices  {port: values to pick from}
    """
    rng = random.Random(seed)
    signals = port_signals(ports)

    def value(name):
        signal = signals[name]
        if choices and name in choices:
            return rng.choice(choices[name])
        if len(signal) == 1:
            return int(rng.random() < (rates or {}).get(name, 0.7))
        lo, hi = signal.min, signal.max - 1
        return rng.choice((lo, hi, rng.randint(lo, hi), rng.randint(lo >> 8, hi >> 8)))

    idle = dict.fromkeys(inputs, 0)
    reset = [{**idle, "rst": 1}] * RESET_CYCLES
    return reset + [{"rst": 0, **{name: value(name) for name in inputs}} for _ in range(cycles)]


def extremes_and_random(width, count, signed=True, seed=2):
    """Corner words of a width first, then `count` random ones of every size."""
    rng = random.Random(seed)
    lo, hi = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
    corners = [lo, hi, 0, 1, hi - 1, hi >> 1] + ([lo + 1, -1, lo >> 1] if signed else [])
    for _ in range(count):
        size = rng.randint(0, width - signed)
        word = rng.getrandbits(size)
        corners.append(-word if signed and rng.random() < 0.5 else word)
    return [word for word in corners if lo <= word <= hi]


def side_by_side(width, ways, seed=3):
    """Raw words of a vector stream: corners and random elements of every size, mixed."""
    rng, mask = random.Random(seed), (1 << width) - 1
    pool = extremes_and_random(width, 100, seed=seed)
    return [
        sum((rng.choice(pool) & mask) << i * width for i in range(ways)) for _ in range(len(pool))
    ]

"""rtl.exp2 against model.exp2, bit for bit."""

import random

import cocotb
import numpy as np
from pipeline import follow

from myllama.model.exp2 import exp2 as model
from myllama.rtl.exp2 import LATENCY
from myllama.tables import LOG_FRAC


@cocotb.test()
@cocotb.parametrize(idle=[0, 0.4])
async def matches_model(dut, idle):
    """Both sides of every whole number, then random words."""
    largest = (1 << len(dut.d)) - 1
    wholes = [i << LOG_FRAC for i in range(40)]
    d = [0, 1, largest, *wholes, *(w + 1 for w in wholes), *(w - 1 for w in wholes[1:])]
    d = [x for x in d if x <= largest] + [random.randint(0, largest) for _ in range(2000)]
    d += [random.randrange(min(largest, 20 << LOG_FRAC)) for _ in range(2000)]
    await follow(dut, dut.d, dut.p, d, model(np.array(d)), LATENCY, idle)

"""rtl.interpolate against model.interpolate, bit for bit."""

import os

import cocotb
import numpy as np
from pipeline import follow

from myllama import tables
from myllama.model.interpolate import interpolate as model
from myllama.rtl.interpolate import LATENCY


@cocotb.test()
@cocotb.parametrize(idle=[0, 0.4])
async def matches_model(dut, idle):
    """Both sides of every piece's start, then a sweep."""
    table = getattr(tables, os.environ["TABLE"])
    size, piece = 1 << table.u_bits, 1 << table.rest_bits
    starts = np.arange(0, size, piece)
    sweep = np.arange(0, size, max(1, size // 4096))
    u = np.concatenate((starts, starts + 1, starts + piece - 1, sweep))
    await follow(dut, dut.u, dut.y, u, model(table, u), LATENCY, idle)

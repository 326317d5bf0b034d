"""Ordinary expressions mean the same in MyHDL and in Icarus, or are refused."""

import importlib.util
import random
import textwrap

import pytest
from idioms import IDIOMS
from myhdl import ConversionError, Signal, intbv

from myllama.hdl.cosim import check
from myllama.hdl.errors import ConversionRefused

OPERANDS = {
    "a": (-(1 << 15), 1 << 15),
    "b": (-(1 << 15), 1 << 15),
    "w": (-(1 << 47), 1 << 47),
    "u": (0, 1 << 8),
    "v": (0, 1 << 8),
    "n": (0, 1 << 4),
}
VECTORS = 200
REFUSED = ("concat(a,b)", "w[(i+1)*8:i*8]")

SOURCE = """
from myhdl import *
from myllama.hdl.elaborate import insts

TABLE = tuple(range(-8, 8))

@block
def idiom(clk, a, b, w, u, v, n, c, y):
    @always_comb
    def evaluate():
{body}
    return insts()
"""


def corner_or_random(rng, low, high):
    """Ends of the range, values around zero, and everything between."""
    choice = rng.random()
    if choice < 0.3:
        return rng.choice((low, high - 1))
    if choice < 0.5:
        return max(low, min(high - 1, rng.randrange(-3, 4)))
    return rng.randrange(low, high)


def stimulus(rng):
    vectors = []
    for _ in range(VECTORS):
        values = {name: corner_or_random(rng, *bounds) for name, bounds in OPERANDS.items()}
        vectors.append({**values, "c": rng.randrange(2)})
    return vectors


def load(body, folder):
    """A block needs its source in a file."""
    path = folder / "idiom.py"
    path.write_text(SOURCE.format(body=textwrap.indent(body, " " * 8)))
    spec = importlib.util.spec_from_file_location("idiom", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.idiom


@pytest.mark.parametrize("number", range(len(IDIOMS)))
def test_idiom(number, tmp_path):
    bounds, body = IDIOMS[number]
    ports = {"clk": Signal(bool(0))}
    ports |= {name: Signal(intbv(0, min=low, max=high)) for name, (low, high) in OPERANDS.items()}
    y = Signal(bool(0)) if bounds == (0, 2) else Signal(intbv(0, min=bounds[0], max=bounds[1]))
    ports |= {"c": Signal(bool(0)), "y": y}
    vectors = stimulus(random.Random(number))
    if any(text in body for text in REFUSED):
        with pytest.raises((ConversionRefused, ConversionError)):
            check(load(body, tmp_path), ports, vectors, tmp_path, "idiom")
    else:
        assert check(load(body, tmp_path), ports, vectors, tmp_path, "idiom") == VECTORS

"""The integer model's parts against real numbers, within the error their tables allow."""

import numpy as np
import pytest

from myllama import tables
from myllama.fixed import round_shift
from myllama.model.cordic import cordic
from myllama.model.exp2 import exp2
from myllama.model.interpolate import bit_length, normalize
from myllama.model.kv_cache import stored
from myllama.model.rmsnorm import rmsnorm
from myllama.model.softmax import softmax
from myllama.model.swiglu import sigmoid

RNG = np.random.default_rng(1)


def test_rounding_breaks_ties_upwards():
    assert round_shift(np.array([-3, -1, 1, 3, 5]), 1).tolist() == [-1, 0, 1, 2, 3]


def test_bit_length_equals_pythons():
    x = [0, 1, 2, 3, 255, 256, 2**31 - 1, 2**31, 2**62 - 1, 2**62]
    assert bit_length(np.array(x)).tolist() == [v.bit_length() for v in x]


def test_normalize_truncates_to_its_bits():
    assert [v.tolist() for v in normalize(np.array([1, 3, 2**20 - 1]), 4)] == [
        [0, 8, 15],
        [0, 1, 19],
    ]


def test_exp2_error():
    """A piece of 1/32 sags by ln(2)**2 / 8 / 32**2 = 6e-5; half of that remains."""
    d = np.arange(1 << tables.LOG_FRAC)
    error = exp2(d) / 2**tables.P_FRAC - 2.0 ** (-d / 2**tables.LOG_FRAC)
    assert np.abs(error).max() < 3e-5 + 2**-tables.P_FRAC
    assert exp2(np.array([40 << tables.LOG_FRAC])) == 0


@pytest.mark.parametrize("pos", [0, 1, 77, 511])
def test_cordic_error(pos):
    """The last rotation leaves 2**-18 radians, each step half a unit of three guard bits."""
    for step in tables.rope_phase_steps(8):
        phase = pos * step % (1 << tables.PHASE_WIDTH)
        angle = phase / 2**tables.PHASE_WIDTH * 2 * np.pi
        error = np.array(cordic(phase)) / 2**tables.TRIG_FRAC - (np.cos(angle), np.sin(angle))
        assert np.abs(error).max() < 2**-tables.TRIG_FRAC * 3


def test_rmsnorm_error():
    """1/sqrt in pieces of 1/32 of an octave: 3/4 / 8 / 32**2 / 2 = 4.6e-5 of the value."""
    squares = RNG.integers(1 << 20, 1 << 50, 2000)
    mant, shift = rmsnorm(squares, 0, 0)
    assert np.abs(mant * 2.0**-shift * np.sqrt(squares) - 1).max() < 5.5e-5


def test_softmax_error():
    scores = RNG.integers(-(30 << 10), 30 << 10, (50, 40))
    real = 2.0 ** (scores / 2**10)
    real /= real.sum(-1, keepdims=True)
    assert np.abs(softmax(scores) / 2**tables.P_FRAC - real).max() < 3e-4


def test_softmax_of_one_score_is_one():
    p = softmax(np.array([[-(1 << 17)], [0], [(1 << 17) - 1]])) / 2**tables.P_FRAC
    assert np.abs(p - 1).max() < 3e-4


def test_sigmoid_error():
    h = np.arange(-(1 << 17), 1 << 17, 13)
    real = 1 / (1 + np.exp(-h / 2**14))
    assert np.abs(sigmoid(h, 14) / 2**tables.MANT_FRAC - real).max() < 6e-5


def test_stored_shares_the_exponent_of_the_largest():
    x = np.array([[100000, -3, 70], [5, -6, 7]])
    assert stored(x, 18, 18) is x
    assert stored(x, 12, 18).tolist() == [[1563 << 6, 0, 64], [5, -6, 7]]


def test_stored_saturates_rather_than_wraps():
    assert stored(np.array([[131071]]), 8, 18).tolist() == [[127 << 10]]

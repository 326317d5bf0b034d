"""Bit-exact model of rtl.rope."""

import numpy as np

from ..fixed import round_shift, saturate
from ..tables import PHASE_WIDTH, TRIG_FRAC, rope_phase_steps
from .cordic import cordic


def trig(pos, head_dim):
    """Cosines and sines of a position's RoPE pairs: two int arrays of head_dim / 2."""
    phases = (pos * step % (1 << PHASE_WIDTH) for step in rope_phase_steps(head_dim))
    cosines, sines = zip(*(cordic(phase) for phase in phases), strict=True)
    return np.array(cosines), np.array(sines)


def rope(x, cosines, sines, width):
    """Rotate the adjacent pairs of each head: x [..., heads, head_dim], words of `width` bits."""
    even, odd = x[..., 0::2], x[..., 1::2]
    rotated = np.empty_like(x)
    rotated[..., 0::2] = round_shift(even * cosines - odd * sines, TRIG_FRAC)
    rotated[..., 1::2] = round_shift(even * sines + odd * cosines, TRIG_FRAC)
    return saturate(rotated, width)

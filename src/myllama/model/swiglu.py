"""Bit-exact model of rtl.swiglu."""

import numpy as np

from ..fixed import round_shift, saturate
from ..tables import LOG_FRAC, MANT_FRAC, P_FRAC, RECIPROCAL
from .exp2 import exp2
from .interpolate import interpolate

LOG2E_FRAC = 14
LOG2E = round(np.log2(np.e) * 2**LOG2E_FRAC)


def sigmoid(h, frac):
    """1 / (1 + e**-h) with MANT_FRAC fraction bits; h has `frac` fraction bits."""
    d = round_shift(np.abs(h) * LOG2E, frac + LOG2E_FRAC - LOG_FRAC)
    # e**-|h| is at most 1.0; one unit less keeps the table's argument below 2.0.
    upper = interpolate(RECIPROCAL, np.minimum(exp2(d), (1 << P_FRAC) - 1))
    return np.where(h < 0, (1 << MANT_FRAC) - upper, upper)


def swiglu(h1, h3, frac, shift, width):
    """silu(h1) * h3: h1 with `frac` fraction bits, the product shifted right by `shift`."""
    silu = saturate(round_shift(h1 * sigmoid(h1, frac), MANT_FRAC), width)
    return saturate(round_shift(silu * h3, shift), width)

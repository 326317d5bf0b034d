"""Bit-exact model of rtl.exp2."""

import numpy as np

from ..fixed import round_shift
from ..tables import EXP2, LOG_FRAC, MANT_FRAC, P_FRAC
from .interpolate import interpolate

LARGEST_SHIFT = 31


def exp2(d, frac=P_FRAC):
    """2**-d for d >= 0 with LOG_FRAC fraction bits; 1.0 is 1 << frac, frac >= P_FRAC."""
    whole = np.minimum(d >> LOG_FRAC, LARGEST_SHIFT)
    mantissa = interpolate(EXP2, d & (1 << LOG_FRAC) - 1)
    return round_shift(mantissa << frac - P_FRAC, whole + (MANT_FRAC - P_FRAC))

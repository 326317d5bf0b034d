"""Bit-exact model of rtl.rmsnorm."""

import numpy as np

from ..tables import MANT_FRAC, RSQRT
from .interpolate import interpolate, normalize


def rmsnorm(sum_of_squares, eps, base):
    """1 / ||x|| as (mant, shift): the value is mant / 2**shift, in the units that `base` sets.

    sum_of_squares  of the residual words
    eps   dim * 1e-5 in the same units, at least 1
    base  power of two taken out, so that shift stays small: shift = MANT_FRAC + k - base
          where 2**k is the power of two of the norm
    """
    mantissa, exponent = normalize(sum_of_squares + eps, 18)
    odd = exponent & 1
    mant = interpolate(RSQRT, (odd << 18) | mantissa)
    return mant, np.maximum(MANT_FRAC + (exponent >> 1) - base, 0)

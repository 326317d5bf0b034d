"""Bit-exact model of rtl.interpolate."""

import numpy as np

from ..fixed import round_shift


def interpolate(table, u):
    """`table` at u / 2**table.u_bits: value + slope * rest, rounded half up. u: int array."""
    piece = u >> table.rest_bits
    rest = u & (1 << table.rest_bits) - 1
    values, slopes = np.asarray(table.values), np.asarray(table.slopes)
    return values[piece] + round_shift(slopes[piece] * rest, table.rest_bits)


def bit_length(x):
    """Bits of each non-negative integer of `x`, exact below 2**63."""
    length = np.zeros(np.shape(x), np.int64)
    x = np.asarray(x, np.int64)
    for step in (32, 16, 8, 4, 2, 1):
        big = x >> step > 0
        length += big * step
        x = np.where(big, x >> step, x)
    return length + x


def normalize(x, bits):
    """x > 0 as 1.mantissa * 2**exponent: (mantissa of `bits` bits, truncated; exponent)."""
    exponent = bit_length(x) - 1
    left = np.maximum(bits - exponent, 0)
    right = np.maximum(exponent - bits, 0)
    return ((x << left) >> right) - (1 << bits), exponent

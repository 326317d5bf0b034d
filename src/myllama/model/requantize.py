"""Bit-exact model of rtl.requantize."""

from ..fixed import round_shift, saturate
from ..tables import ROW_WIDTH


def requantize(acc, scale, shift, mant, norm_shift):
    """Scale the rows of a product: by the row's own scale, then by 1/rms.

    acc         dot products
    scale, shift  per row: multiply, then shift right with rounding (scale 1: shift alone)
    mant, norm_shift  1/rms as mant / 2**norm_shift, or UNIT_MANT, UNIT_SHIFT
    Returns words of ROW_WIDTH bits, saturated.
    """
    row = saturate(round_shift(acc * scale, shift), ROW_WIDTH)
    return saturate(round_shift(row * mant, norm_shift), ROW_WIDTH)

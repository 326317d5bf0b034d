"""Bit-exact model of rtl.kv_cache's number format."""

import numpy as np

from ..fixed import round_shift, saturate
from .interpolate import bit_length


def packed(x, width, act_width):
    """(mantissas, exponent) of a head's vector [..., head_dim] in words of `width` bits.

    Words as wide as an activation are kept as they are. Narrower ones are mantissas
    that share the exponent [..., 1] that the largest magnitude needs.
    """
    if width >= act_width:
        return x, np.zeros_like(x[..., :1])
    largest = np.abs(x).max(-1, keepdims=True)
    exponent = np.maximum(bit_length(largest) - (width - 1), 0)
    return saturate(round_shift(x, exponent), width), exponent


def stored(x, width, act_width):
    """What a head's vector [..., head_dim] reads back as from words of `width` bits."""
    mantissa, exponent = packed(x, width, act_width)
    return mantissa << exponent if width < act_width else x

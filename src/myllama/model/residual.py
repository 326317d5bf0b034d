"""Bit-exact model of rtl.residual."""

from ..fixed import round_shift, saturate


def add(x, delta, residual_width):
    """The residual stream after a block: x + delta, saturated."""
    return saturate(x + delta, residual_width)


def activations(x, gains, shift, act_width):
    """What the next matrix multiplies: the residual times the norm's gains, rescaled."""
    return saturate(round_shift(x * gains, shift), act_width)

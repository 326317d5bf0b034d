"""Bit-exact model of rtl.softmax: log-sum-exp in one pass, weights in a second."""

import numpy as np

from ..tables import LOG2, LOG_FRAC, P_FRAC, SCORE_FRAC
from .exp2 import LARGEST_SHIFT, exp2
from .interpolate import interpolate, normalize

UP = LOG_FRAC - SCORE_FRAC


def log_sum_exp(scores):
    """log2 of the sum of 2**score over the last axis, LOG_FRAC fraction bits.

    The running maximum is the integer at or above every score so far, so that a new
    maximum rescales the sum by a shift, which truncates.
    """
    ceiling = -(-scores >> SCORE_FRAC)
    maximum = np.maximum.accumulate(ceiling, axis=-1)
    p = exp2((maximum << LOG_FRAC) - (scores << UP))
    rises = np.diff(maximum, axis=-1)
    changes = np.flatnonzero(rises.any(axis=tuple(range(rises.ndim - 1)))) + 1
    total = np.zeros(scores.shape[:-1], np.int64)
    start = 0
    for change in (*changes, scores.shape[-1]):
        total = total + p[..., start:change].sum(-1)
        if change < scores.shape[-1]:
            total = total >> np.minimum(rises[..., change - 1], LARGEST_SHIFT)
        start = change
    mantissa, exponent = normalize(total, LOG2.u_bits)
    whole = maximum[..., -1] + exponent - P_FRAC
    return (whole << LOG_FRAC) + interpolate(LOG2, mantissa)


def softmax(scores):
    """2**(score - log_sum_exp) over the last axis; 1.0 is 1 << P_FRAC."""
    distance = log_sum_exp(scores)[..., None] - (scores << UP)
    return exp2(np.maximum(distance, 0))

"""Bit-exact model of rtl.softmax: log-sum-exp in one pass, weights in a second."""

import numpy as np

from ..tables import LOG2, LOG_FRAC, P_FRAC, SCORE_FRAC
from .exp2 import LARGEST_SHIFT, exp2
from .interpolate import interpolate, normalize

UP = LOG_FRAC - SCORE_FRAC


def log_sum_exp(scores, ways=1):
    """log2 of the sum of 2**score over the last axis, LOG_FRAC fraction bits.

    The scores of each of `ways`, in turn, are summed up on their own; the sums are then
    brought to the largest of their maxima by shifts, which truncate, and added.
    """
    parts = [_sum(scores[..., way::ways]) for way in range(min(ways, scores.shape[-1]))]
    maximum = np.maximum.reduce([part_maximum for part_maximum, _ in parts])
    total = sum(
        part >> np.minimum(maximum - part_maximum, LARGEST_SHIFT) for part_maximum, part in parts
    )
    mantissa, exponent = normalize(total, LOG2.u_bits)
    whole = maximum + exponent - P_FRAC
    return (whole << LOG_FRAC) + interpolate(LOG2, mantissa)


def _sum(scores):
    """(maximum, sum of 2**(score - maximum)) of the last axis; 1.0 is 1 << P_FRAC.

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
    return maximum[..., -1], total


def softmax(scores, ways=1):
    """2**(score - log_sum_exp) over the last axis; 1.0 is 1 << P_FRAC."""
    distance = log_sum_exp(scores, ways)[..., None] - (scores << UP)
    return exp2(np.maximum(distance, 0))

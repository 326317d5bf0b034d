"""Bit-exact model of rtl.sampler."""

import numpy as np

from ..tables import KEY_WIDTH, RATE_WIDTH, TOPP_FRAC, WEIGHT_FRAC
from ..xorshift import COIN_BITS, Xorshift
from .argmax import argmax
from .exp2 import exp2


class Sampler:
    """One run's choices; the generator carries on from token to token.

    temperature, topp, seed  as sampling.Sampling.words gives them
    """

    def __init__(self, temperature, topp, seed):
        self.temperature, self.topp = temperature, topp
        self._generator = Xorshift(seed)

    def sample(self, logits):
        """The token that follows integer logits [vocab_size]."""
        if self.temperature == 0:
            return int(argmax(logits))
        return draw(keys(logits, self.temperature), self.topp, self._generator.coin())


def keys(logits, temperature):
    """How far each logit is below the largest, as an exponent of 2 of KEY_WIDTH bits."""
    shift, mantissa = divmod(temperature, 1 << RATE_WIDTH)
    distance = np.max(logits) - np.asarray(logits, np.int64)
    # Coarsely first, so that 64 bits hold it; what saturates here has no weight.
    coarse, fine = shift & ~7, shift & 7
    most = (1 << RATE_WIDTH + 9) - 1
    wide = np.minimum(distance << 18 >> coarse, most)
    operand = np.minimum((wide >> fine) + 1 >> 1, (1 << RATE_WIDTH) - 1)
    half = 1 << RATE_WIDTH - 2
    return np.minimum(operand * mantissa + half >> RATE_WIDTH - 1, (1 << KEY_WIDTH) - 1)


def draw(key, topp, coin):
    """The token whose share of the sum holds `coin`."""
    order, running = shares(key, topp)
    return int(order[_first_above(int(running[-1]) * coin >> COIN_BITS, running)])


def shares(key, topp):
    """The candidates in the order of their shares, and the running sums of their weights.

    Without topp by index; with it, those that reach it, by their keys, equal ones by their
    indices. llama2.c's cutoff of what is too unlikely to be a candidate changes nothing here:
    its sums are rounded, these are exact.
    """
    weights = exp2(key, WEIGHT_FRAC)
    if topp == 0:
        return np.arange(key.size), np.cumsum(weights)
    order = np.argsort(key, kind="stable")
    running = np.cumsum(weights[order])
    count = _first_above(int(running[-1]) * topp >> TOPP_FRAC, running) + 1
    return order[:count], running[:count]


def _first_above(value, running):
    return int(np.searchsorted(running, value, side="right"))

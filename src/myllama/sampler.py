"""llama2.c's choice of the next token: temperature and top-p, in float32."""

import numpy as np

from .sampling import Sampling
from .xorshift import COIN_BITS, Xorshift


class Sampler:
    """One run's choices; the generator carries on from token to token.

    temperature, topp, seed  as Sampling.of takes them
    """

    def __init__(self, temperature, topp, seed):
        sampling = Sampling.of(temperature, topp, seed)
        self.temperature, self.topp = sampling.temperature, sampling.topp
        self._generator = Xorshift(sampling.seed)

    def sample(self, logits):
        """The token that follows, from float32 logits [vocab_size]."""
        if self.temperature == 0:
            return int(np.argmax(logits))
        coin = np.float32(self._generator.coin() / (1 << COIN_BITS))
        with np.errstate(over="ignore"):
            scaled = logits / self.temperature
        if not np.isfinite(scaled.max()):
            # A temperature near 0 leads out of float32, and to the largest logit.
            return int(np.argmax(logits))
        probabilities = softmax(scaled)
        order, running = shares(probabilities, self.topp)
        if 0 < self.topp < 1:
            coin *= running[-1]
        return int(order[_first_above(coin, running)])


def softmax(logits):
    """C's float32 softmax: exponentials rounded once, summed in order."""
    weights = np.exp((logits - logits.max()).astype(np.float64)).astype(np.float32)
    return weights / np.cumsum(weights, dtype=np.float32)[-1]


def shares(probabilities, topp):
    """The candidates in the order of their shares, and the running sums of probabilities."""
    if not 0 < topp < 1:
        return np.arange(probabilities.size), np.cumsum(probabilities, dtype=np.float32)
    # Too unlikely to be among those that reach topp: the least of them has this much.
    cutoff = (np.float32(1) - topp) / np.float32(probabilities.size - 1)
    order = np.argsort(-probabilities, kind="stable")
    # All may fall below when topp is small and they are alike; the likeliest stays.
    order = order[: max(int(np.count_nonzero(probabilities >= cutoff)), 1)]
    running = np.cumsum(probabilities[order], dtype=np.float32)
    count = _first_above(topp, running) + 1
    return order[:count], running[:count]


def _first_above(value, running):
    """The first index where the running sum exceeds value, else the last."""
    return min(int(np.searchsorted(running, value, side="right")), running.size - 1)

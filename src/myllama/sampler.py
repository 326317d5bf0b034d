"""llama2.c's choice of the next token: its generator, temperature and top-p, in float32."""

import math
import time

import numpy as np

from .errors import InputError

TOPP = np.float32(0.9)  # what a top-p outside 0 to 1 means
WORD = (1 << 64) - 1
MULTIPLIER = 0x2545F4914F6CDD1D


class Xorshift:
    """xorshift64*: `state` is 64 bits, never 0.

    seed  -2**63 to 2**64 - 1, a negative one in two's complement; 0 takes the time
    """

    def __init__(self, seed):
        if not -(1 << 63) <= seed <= WORD:
            raise InputError(f"seed {seed} has more than 64 bits; give a smaller one")
        self.state = seed & WORD or int(time.time())

    def word(self):
        """The next 32 bits."""
        state = self.state
        state ^= state >> 12
        state ^= state << 25 & WORD
        state ^= state >> 27
        self.state = state
        return (state * MULTIPLIER & WORD) >> 32

    def coin(self):
        """The next float32 from 0 up to but not 1, a multiple of 2**-24."""
        return np.float32((self.word() >> 8) / (1 << 24))


class Sampler:
    """One run's choices; the generator carries on from token to token.

    temperature  0 or less takes the largest logit, and draws no coin
    topp         candidates are the likeliest tokens that reach this probability together;
                 0 and 1 take all, any other value outside 0 to 1 means 0.9
    """

    def __init__(self, temperature, topp, seed):
        if not math.isfinite(temperature):
            raise InputError(f"temperature {temperature} is not a number; give 0 or more")
        with np.errstate(over="ignore"):  # inf, as in C: every token is as likely
            self.temperature = np.float32(max(temperature, 0))
        self.topp = np.float32(topp) if 0 <= topp <= 1 else TOPP
        self._generator = Xorshift(seed)

    def sample(self, logits):
        """The token that follows, from float32 logits [vocab_size]."""
        if self.temperature == 0:
            return int(np.argmax(logits))
        coin = self._generator.coin()
        with np.errstate(over="ignore"):
            scaled = logits / self.temperature
        if not np.isfinite(scaled.max()):
            # A temperature near 0 leads out of float32, and to the largest logit.
            return int(np.argmax(logits))
        probabilities = softmax(scaled)
        if 0 < self.topp < 1:
            return _from_top(probabilities, self.topp, coin)
        return _first_above(coin, np.cumsum(probabilities, dtype=np.float32))


def softmax(logits):
    """C's float32 softmax: exponentials rounded once, summed in order."""
    weights = np.exp((logits - logits.max()).astype(np.float64)).astype(np.float32)
    return weights / np.cumsum(weights, dtype=np.float32)[-1]


def _from_top(probabilities, topp, coin):
    # Too unlikely to be among those that reach topp: the least of them has this much.
    cutoff = (np.float32(1) - topp) / np.float32(probabilities.size - 1)
    order = np.argsort(-probabilities, kind="stable")
    # All may fall below when topp is small and they are alike; the likeliest stays.
    count = max(int(np.count_nonzero(probabilities >= cutoff)), 1)
    order = order[:count]
    running = np.cumsum(probabilities[order], dtype=np.float32)
    running = running[: _first_above(topp, running) + 1]
    return int(order[_first_above(coin * running[-1], running)])


def _first_above(value, running):
    """The first index where the running sum exceeds value, else the last."""
    return min(int(np.searchsorted(running, value, side="right")), running.size - 1)

"""llama2.c's random generator, in integers."""

import time

from .errors import InputError

WORD = (1 << 64) - 1
MULTIPLIER = 0x2545F4914F6CDD1D
COIN_BITS = 24


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
        """The next number from 0 up to but not 1, in units of 2**-COIN_BITS."""
        return self.word() >> 32 - COIN_BITS

"""What a run is asked to sample with: temperature, top-p and seed.

The hardware takes them as the words that `temperature_word` and `topp_word` make.
"""

import math
from dataclasses import dataclass

import numpy as np

from .errors import InputError
from .tables import LOG_FRAC, RATE_WIDTH, TOPP_FRAC
from .xorshift import Xorshift

TOPP = 0.9  # what llama2.c takes for a top-p outside 0 to 1
LARGEST_SHIFT = 63


@dataclass(frozen=True)
class Sampling:
    """temperature and topp as float32, seed as 64 bits that are not all 0.

    temperature  0 takes the largest logit, and draws no coin
    topp         candidates are the likeliest tokens that reach this probability together;
                 0 and 1 take all
    seed         64 bits, signed or not; 0 takes the time
    """

    temperature: np.float32
    topp: np.float32
    seed: int

    @classmethod
    def of(cls, temperature, topp, seed):
        """InputError for a temperature below 0, a topp outside 0 to 1, for what is no number,
        or for a seed that is too long."""
        if not math.isfinite(temperature):
            raise InputError(f"temperature {temperature} is not a number; give 0 or more")
        if temperature < 0:
            raise InputError(f"temperature {temperature:g} is below 0; give 0 or more")
        if not 0 <= topp <= 1:
            raise InputError(f"top-p {topp:g} is outside 0 to 1; give a probability")
        with np.errstate(over="ignore"):  # inf, as in C: every token is as likely
            temperature = np.float32(temperature)
        return cls(temperature, np.float32(topp), Xorshift(seed).state)

    @property
    def greedy(self):
        return self.temperature == 0

    def words(self, logit_frac):
        """(temperature, topp, seed) as the hardware takes them, for logits of that format."""
        return temperature_word(self.temperature, logit_frac), topp_word(self.topp), self.seed


def as_llama2c(temperature, topp, say=lambda message: None):
    """(temperature, topp) as llama2.c takes numbers outside of their ranges.

    say  is told, in a sentence, what it takes instead
    """
    if temperature < 0:
        say(f"temperature {temperature:g} is below 0, and means 0 as in llama2.c")
        temperature = 0.0
    if not 0 <= topp <= 1:
        say(f"top-p {topp:g} is outside 0 to 1, and means {TOPP} as in llama2.c")
        topp = TOPP
    return temperature, topp


def temperature_word(temperature, logit_frac):
    """log2(e) / temperature as shift << RATE_WIDTH | mantissa, for logits of a format.

    2**-LOG_FRAC of a power of 2 is then (difference of logits) * 2**(1 - shift) * mantissa /
    2**(RATE_WIDTH - 1). 0 stands for temperature 0, and for those so near to it that the
    smallest difference of logits leaves nothing of a token.
    """
    if temperature == 0:
        return 0
    mantissa, exponent = math.frexp(math.log2(math.e) / float(temperature))
    mantissa = round(mantissa * 2**RATE_WIDTH)
    if mantissa == 1 << RATE_WIDTH:
        mantissa, exponent = mantissa >> 1, exponent + 1
    if mantissa == 0:  # an infinite temperature
        mantissa, exponent = 1 << RATE_WIDTH - 1, -(1 << 20)
    shift = logit_frac + 18 - LOG_FRAC - exponent
    if shift < 0:
        return 0
    return min(shift, LARGEST_SHIFT) << RATE_WIDTH | mantissa


def topp_word(topp):
    """top-p in units of 2**-TOPP_FRAC, at least one; 0 takes all tokens."""
    if not 0 < topp < 1:
        return 0
    return max(round(float(topp) * 2**TOPP_FRAC), 1)

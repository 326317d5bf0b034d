"""Fixed-point formats and the integer arithmetic that models and blocks share."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class QFormat:
    """Signed Qm.n: one sign bit, `m` integer bits, `n` fraction bits.

    The width is 1 + m + n; `m` may be negative for values that stay below one.
    """

    m: int
    n: int

    @classmethod
    def of_width(cls, width, n):
        """The format of `width` bits, sign included, with `n` fraction bits."""
        return cls(width - 1 - n, n)

    @classmethod
    def parse(cls, text):
        """Read "Q3.12"."""
        m, n = text.removeprefix("Q").split(".")
        return cls(int(m), int(n))

    def __str__(self):
        return f"Q{self.m}.{self.n}"

    @property
    def width(self):
        return 1 + self.m + self.n

    @property
    def lo(self):
        return -(1 << self.width - 1)

    @property
    def hi(self):
        return (1 << self.width - 1) - 1

    def quantize(self, x):
        """Nearest representable integers to the reals `x`, ties up, saturated."""
        scaled = np.floor(np.asarray(x, np.float64) * 2.0**self.n + 0.5)
        return np.clip(scaled, self.lo, self.hi).astype(np.int64)

    def to_real(self, q):
        return np.asarray(q) * 2.0**-self.n


def round_shift(x, n):
    """x / 2**n, ties up; n may be an array, n >= 0. Exact for any int64 x below 2**62."""
    half = np.left_shift(1, n) >> 1
    return (x + half) >> n


def saturate(x, width):
    """Clamp to the range of a signed word of `width` bits."""
    return np.clip(x, -(1 << width - 1), (1 << width - 1) - 1)

"""Constants and tables that model and hardware share: function tables, CORDIC angles."""

from dataclasses import dataclass
from math import atan, log2, pi, sqrt

# Scores: signed, 18 bits, in units of log2 (the factor log2(e)/sqrt(head_dim) is folded in Wq).
SCORE_WIDTH = 18
SCORE_FRAC = 10
# Exponents of 2 on their way into the exp2 table.
LOG_FRAC = 12
# Softmax weights: 1.0 is 1 << P_FRAC.
P_FRAC = 16
# Mantissas of 1/rms and of the sigmoid: below 1.0, so that they fit a signed 18-bit multiplier.
MANT_FRAC = 17
# The sampler: a token's weight relative to the largest, 1.0 is 1 << WEIGHT_FRAC; keys, by which
# tokens are ordered, are the exponents of 2 that make them.
WEIGHT_FRAC = 30
KEY_WIDTH = LOG_FRAC + 5
RATE_WIDTH = 17  # mantissa of log2(e) / temperature
TOPP_FRAC = 24
GAIN_WIDTH = 16
LOGIT_WIDTH = 32
# A row of a matrix after its scale, before 1/rms.
ROW_WIDTH = 32
# 1/rms of rows that follow no norm: exactly one.
UNIT_MANT, UNIT_SHIFT = 1 << 16, 16

PHASE_WIDTH = 24  # one turn is 1 << PHASE_WIDTH
TRIG_FRAC = 16  # sine and cosine
CORDIC_STEPS = 18
CORDIC_GUARD = 3
ROPE_BASE = 10000.0


@dataclass(frozen=True)
class Table:
    """A function on [0, 1) as straight pieces of equal length.

    u_bits  fraction bits of the argument
    values  the function at each piece's start, less half the chord's largest error
    slopes  its rise over a piece
    The result has the scale of `values`: value + slope * (place within the piece).
    """

    u_bits: int
    values: tuple
    slopes: tuple

    @property
    def rest_bits(self):
        """Bits of the argument below the piece's number."""
        return self.u_bits - (len(self.values) - 1).bit_length()

    @classmethod
    def of(cls, function, pieces, u_bits, frac, limit=None):
        """Tabulate `function` with `frac` fraction bits; no value above `limit`."""
        values, slopes = [], []
        for i in range(pieces):
            start, middle, end = (function((i + part) / pieces) for part in (0, 0.5, 1))
            sag = ((start + end) / 2 - middle) / 2
            value = round((start - sag) * 2**frac)
            values.append(value if limit is None else min(value, limit))
            slopes.append(round((end - start) * 2**frac))
        return cls(u_bits, tuple(values), tuple(slopes))

    def joined(self, other):
        """Both tables as one, `other` in the upper half of the argument."""
        assert self.u_bits == other.u_bits and len(self.values) == len(other.values)
        return Table(self.u_bits + 1, self.values + other.values, self.slopes + other.slopes)


_BELOW_ONE = (1 << MANT_FRAC) - 1

EXP2 = Table.of(lambda x: 2.0**-x, 32, LOG_FRAC, MANT_FRAC, _BELOW_ONE)
LOG2 = Table.of(lambda x: log2(1 + x), 64, 16, LOG_FRAC)
RECIPROCAL = Table.of(lambda x: 1 / (1 + x), 64, 16, MANT_FRAC, _BELOW_ONE)
# 1/sqrt of a mantissa in [1, 2), then in [2, 4).
RSQRT = Table.of(lambda x: 1 / sqrt(1 + x), 32, 18, MANT_FRAC, _BELOW_ONE).joined(
    Table.of(lambda x: 1 / sqrt(2 + 2 * x), 32, 18, MANT_FRAC, _BELOW_ONE)
)

# CORDIC: rotations by atan(2**-i) turns, i = 1..CORDIC_STEPS; angles have PHASE_WIDTH bits.
CORDIC_ANGLES = tuple(
    round(atan(2.0**-i) / (2 * pi) * 2**PHASE_WIDTH) for i in range(1, CORDIC_STEPS + 1)
)
_GAIN = 1.0
for _i in range(1, CORDIC_STEPS + 1):
    _GAIN *= sqrt(1 + 4.0**-_i)
# Starting vector: the rotations lengthen it to 1.0.
CORDIC_START = round(2 ** (TRIG_FRAC + CORDIC_GUARD) / _GAIN)


def rope_phase_steps(head_dim):
    """Phase per position of each RoPE pair, as fractions of a turn in PHASE_WIDTH bits."""
    return tuple(
        round(ROPE_BASE ** (-i / head_dim) / (2 * pi) * 2**PHASE_WIDTH)
        for i in range(0, head_dim, 2)
    )

"""Signals and the valid/ready streams between blocks."""

from myhdl import ConcatSignal, Signal, intbv


def word(width):
    """Signed signal of `width` bits."""
    return Signal(intbv(0, min=-(1 << width - 1), max=1 << width - 1))


def bits(width):
    """Unsigned signal of `width` bits."""
    return Signal(intbv(0)[width:])


def up_to(largest):
    """Unsigned signal that holds 0..largest."""
    return Signal(intbv(0, min=0, max=max(largest, 1) + 1))


def flag():
    return Signal(bool(0))


class Stream:
    """One word per transfer; a transfer happens when valid and ready are both high.

    The source drives data and valid, and holds them until the transfer; it never waits
    for ready before it raises valid. The sink drives ready, and may derive it from valid.
    The word is `width` raw bits.
    """

    def __init__(self, width):
        self.data = bits(width)
        self.valid = flag()
        self.ready = flag()


class VectorStream(Stream):
    """`ways` neighbours of a vector per transfer, as raw bits, the first of them lowest.

    Each is a signed word of `width` bits. In the last transfer of a vector of odd length the
    second of two is any known word.
    """

    def __init__(self, width, ways):
        super().__init__(ways * width)
        self.width, self.ways = width, ways


class RowStream(VectorStream):
    """Dot products, each with the scale and shift of its row; these side by side, too."""

    def __init__(self, width, scale_width, shift_width, ways):
        super().__init__(width, ways)
        self.scale = bits(ways * max(scale_width, 1))
        self.shift = bits(ways * shift_width)


def elements(raw, ways):
    """The `ways` equal parts of raw bits, to be read, the lowest first."""
    width = len(raw) // ways
    return [raw((i + 1) * width, i * width) for i in range(ways)]


def joined(words):
    """Words side by side, the first lowest, to be read as raw bits: joined(words)[width:]."""
    return words[0] if len(words) == 1 else ConcatSignal(*reversed(words))


class SlotStream(Stream):
    """Words of `slots` fields side by side, slot 0 lowest; `last` ends a sequence."""

    def __init__(self, slots, width):
        super().__init__(slots * width)
        self.last = flag()


class ScoreStream(SlotStream):
    """The scores of `ways` positions per transfer, side by side, the first position lowest.

    With two ways, `single` says of a last transfer that it has a first position only.
    """

    def __init__(self, slots, width, ways):
        super().__init__(ways * slots, width)
        if ways > 1:
            self.single = flag()


class Norm:
    """1/rms as mant / 2**shift; valid while it belongs to the last whole vector seen."""

    def __init__(self):
        self.mant = word(18)
        self.shift = bits(6)
        self.valid = flag()

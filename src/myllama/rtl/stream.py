"""Signals and the valid/ready streams between blocks."""

from myhdl import Signal, intbv


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
    """

    def __init__(self, width, signed=True):
        self.data = word(width) if signed else bits(width)
        self.valid = flag()
        self.ready = flag()


class RowStream(Stream):
    """Dot products, each with the scale and shift of its row."""

    def __init__(self, width, scale_width, shift_width):
        super().__init__(width)
        self.scale = bits(max(scale_width, 1))
        self.shift = bits(shift_width)


class SlotStream(Stream):
    """Words of `slots` fields side by side, slot 0 lowest; `last` ends a sequence."""

    def __init__(self, slots, width):
        super().__init__(slots * width, signed=False)
        self.last = flag()


class Norm:
    """1/rms as mant / 2**shift; valid while it belongs to the last whole vector seen."""

    def __init__(self):
        self.mant = word(18)
        self.shift = bits(6)
        self.valid = flag()

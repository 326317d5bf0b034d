"""What shortens the elements of K and V: the exponent that some share, then their mantissas."""

from myhdl import always, always_comb, block

from ..hdl.elaborate import insts
from .stream import bits, flag, word

FINE = 2  # bits of an exponent that are left for the second step of its shift


@block
def absolute(x, magnitude):
    """The magnitude of an element x, raw bits."""

    @always_comb
    def turn():
        if x.signed() < 0:
            magnitude.next = -x.signed()
        else:
            magnitude.next = x

    return insts()


@block
def shared_exponent(seen, value, exponent, k_width, v_width, width):
    """Exponent that the largest magnitude needs, from all magnitudes ORed."""
    # Words as wide as an activation are kept as they are.
    k_first = k_width - 1 if k_width < width else width
    v_first = v_width - 1 if v_width < width else width

    @always_comb
    def find():
        exponent.next = 0
        for i in range(width):
            if seen[i]:
                if value and i >= v_first:
                    exponent.next = i - (v_width - 2)
                if not value and i >= k_first:
                    exponent.next = i - (k_width - 2)

    return insts()


@block
def quantizer(clk, x, exponent, value, zero, mantissa, k_width, v_width):
    """mantissa <- saturate(round_shift(x, exponent)), of K's or V's width, in two cycles.

    x        raw bits
    exponent  shared_exponent of x and others: rounding alone may exceed the largest mantissa
    value and zero, too, belong to x; they are delayed here.
    """
    k_high, v_high = (1 << k_width - 1) - 1, (1 << v_width - 1) - 1
    k_top, v_top, kept, low = k_width - 1, v_width - 1, len(mantissa), (2 << len(mantissa)) - 1
    total, biased = word(len(x) + 1), word(len(x) + 1)
    rest, narrow, nothing, whole = bits(FINE), flag(), flag(), bits(kept + 1)

    @always_comb
    def bias():
        total.next = x.signed() + ((1 << exponent) >> 1)

    @always(clk.posedge)
    def follow():
        biased.next = total >> ((exponent >> FINE) << FINE)
        rest.next = exponent & (1 << FINE) - 1
        narrow.next = value
        nothing.next = zero

    @always_comb
    def shorten():
        whole.next = (biased >> rest) & low

    @always(clk.posedge)
    def clamp():
        if nothing:
            mantissa.next = 0
        elif narrow and whole[v_top] and not whole[kept]:
            mantissa.next = v_high
        elif whole[k_top] and not whole[kept] and not narrow:
            mantissa.next = k_high
        else:
            mantissa.next = whole[kept:].signed()

    return insts()

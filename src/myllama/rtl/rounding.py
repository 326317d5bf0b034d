"""Shift right with rounding, then saturate, as the integer model does it."""

from myhdl import Signal, always, always_comb, block, intbv

from ..hdl.elaborate import insts
from .stream import word

LATENCY = 1
PRODUCT_LATENCY = 2
MULTIPLIER_WIDTH = 18


@block
def saturate(raw, y):
    """y = raw bits, read as a signed word and saturated to the shorter width of y, at once."""
    lo, hi = y.min, y.max - 1
    width, kept = len(raw), len(y)
    # It fits if the bits above are copies of its sign: a few gates, where a comparison is a carry.
    signs = (1 << width - kept + 1) - 1

    @always_comb
    def clip():
        if raw[width : kept - 1] == 0 or raw[width : kept - 1] == signs:
            y.next = raw[kept:].signed()
        elif raw[width - 1]:
            y.next = lo
        else:
            y.next = hi

    return insts()


@block
def round_saturate(clk, enable, wide, shift, y):
    """y = saturate(round_shift(wide, shift)) to the width of y, exact for every input.

    clk     clock
    enable  the block moves only when it is high
    wide    signed word
    shift   unsigned signal, or an int
    y       signed word, for a register

    Latency    LATENCY enabled cycles
    Rate       1 word per enabled cycle
    Model      myllama.fixed.round_shift and saturate, bit exact
    """
    # round_shift(x, n) == ((2 * x >> n) + 1) >> 1, also for n == 0: one barrel shift, then an
    # addition to what y keeps of it, beside the look at what is above.
    halves = Signal(intbv(0, min=2 * wide.min, max=2 * wide.max - 1))

    @always(clk.posedge)
    def shift_right():
        if enable:
            halves.next = (wide << 1) >> shift

    if len(wide) > len(y):
        lo, hi = y.min, y.max - 1
        width, kept = len(halves), len(y)
        signs = (1 << width - kept) - 1
        rounded = word(kept + 1)

        @always_comb
        def round_half_up():
            rounded.next = (halves[kept + 1 :].signed() + 1) >> 1

        @always_comb
        def clip():
            if halves[width:kept] == 0 or halves[width:kept] == signs:
                # Upwards, rounding may go one too far.
                if rounded[kept] != rounded[kept - 1]:
                    y.next = hi
                else:
                    y.next = rounded[kept:].signed()
            elif halves[width - 1]:
                y.next = lo
            else:
                y.next = hi

    else:

        @always_comb
        def round_half_up():
            y.next = (halves + 1) >> 1

    return insts()


@block
def wide_product(clk, enable, x, factor, product):
    """product = x * factor, of an x beyond a multiplier's width: by parts, which are then added.

    clk      clock
    enable   the block moves only when it is high
    x        raw bits of a signed word
    factor   signed or unsigned
    product  signed word that holds every product

    Latency    PRODUCT_LATENCY enabled cycles
    Rate       1 word per enabled cycle
    Model      exact
    """
    width, low_bits = len(x), min(len(x), MULTIPLIER_WIDTH) - 1
    lower = word(low_bits + len(factor) + 1)
    upper = word(width - low_bits + len(factor) + 1)

    @always(clk.posedge)
    def multiply():
        if enable:
            lower.next = x[low_bits:] * factor
            upper.next = x[width:low_bits].signed() * factor

    @always(clk.posedge)
    def add():
        if enable:
            product.next = (upper << low_bits) + lower

    return insts()

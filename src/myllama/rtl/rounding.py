"""Shift right with rounding, then saturate, as the integer model does it."""

from myhdl import always, always_comb, block

from ..hdl.elaborate import insts
from .stream import bits, word

LATENCY = 1
SCALE_LATENCY = 3
MULTIPLIER_WIDTH = 18
FINE = 4  # bits of a shift that are left for its second step


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
def round_halves(halves, y):
    """y = (halves + 1) >> 1, saturated to the width of y, at once; both are signed words."""
    if len(halves) > len(y) + 1:
        lo, hi = y.min, y.max - 1
        width, kept = len(halves), len(y)
        signs = (1 << width - kept) - 1
        rounded = word(kept + 1)

        @always_comb
        def round_half_up():
            rounded.next = (halves[kept + 1 :].signed() + 1) >> 1

        @always_comb
        def clip():
            # Beside the addition, a look at what is above.
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
def round_saturate(clk, enable, wide, shift, y):
    """y = saturate(round_shift(wide, shift)) to the width of y, exact for every input.

    clk     clock
    enable  the block moves only when it is high
    wide    signed word
    shift   unsigned signal
    y       signed word, for a register

    Latency    LATENCY enabled cycles
    Rate       1 word per enabled cycle
    Model      myllama.fixed.round_shift and saturate, bit exact
    """
    # round_shift(x, n) == ((2 * x >> n) + 1) >> 1, also for n == 0.
    halves = word(len(wide) + 1)

    @always(clk.posedge)
    def shift_right():
        if enable:
            halves.next = (wide << 1) >> shift

    u_round = round_halves(halves, y)
    return insts()


@block
def scale(clk, enable, x, factor, shift, y):
    """y = saturate(round_shift(x * factor, shift)) to the width of y, exact for every input.

    clk     clock
    enable  the block moves only when it is high
    x       raw bits of a signed word
    factor  signed or unsigned
    shift   unsigned signal, of more than FINE bits
    y       signed word, for a register

    The product of an x beyond a multiplier's width is made of parts, which are then added.

    Latency    SCALE_LATENCY enabled cycles
    Rate       1 word per enabled cycle
    Model      myllama.fixed.round_shift and saturate, bit exact
    """
    width, low_bits = len(x), min(len(x), MULTIPLIER_WIDTH) - 1
    lower = word(low_bits + len(factor) + 1)
    upper = word(width - low_bits + len(factor) + 1)
    product = word(width + len(factor))
    shift_d1, fine = bits(len(shift)), bits(FINE)
    # Twice the product, shifted in two steps: by multiples of 2**FINE, then by the rest.
    coarse, halves = word(len(product) + 1), word(len(product) + 1)

    @always(clk.posedge)
    def multiply():
        if enable:
            lower.next = x[low_bits:] * factor
            upper.next = x[width:low_bits].signed() * factor
            shift_d1.next = shift

    @always_comb
    def add():
        product.next = (upper << low_bits) + lower

    @always(clk.posedge)
    def shift_right():
        if enable:
            coarse.next = (product << 1) >> (shift_d1[:FINE] * (1 << FINE))
            fine.next = shift_d1[FINE:]
            halves.next = coarse >> fine

    u_round = round_halves(halves, y)
    return insts()

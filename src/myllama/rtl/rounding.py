"""Shift right with rounding, then saturate, as the integer model does it."""

from myhdl import Signal, always, always_comb, block, intbv

from ..hdl.elaborate import insts

LATENCY = 3


@block
def saturate(raw, y):
    """y = raw bits, read as a signed word and saturated to the shorter width of y, at once."""
    lo, hi = y.min, y.max - 1

    @always_comb
    def clip():
        if raw.signed() > hi:
            y.next = hi
        elif raw.signed() < lo:
            y.next = lo
        else:
            y.next = raw.signed()

    return insts()


@block
def round_saturate(clk, enable, wide, shift, y):
    """y = saturate(round_shift(wide, shift)) to the width of y, exact for every input.

    clk     clock
    enable  the block moves only when it is high
    wide    signed word
    shift   unsigned signal, or an int
    y       signed word

    Latency    LATENCY enabled cycles
    Rate       1 word per enabled cycle
    Model      myllama.fixed.round_shift and saturate, bit exact
    """
    # round_shift(x, n) == ((2 * x >> n) + 1) >> 1, also for n == 0: one barrel shift, and the
    # addition comes after the clamp, where words are short.
    lo, hi = 2 * y.min, 2 * (y.max - 1)
    halves = Signal(intbv(0, min=2 * wide.min, max=2 * wide.max - 1))
    clamped = Signal(intbv(0, min=lo, max=hi + 1))

    @always(clk.posedge)
    def shift_right():
        if enable:
            halves.next = (wide << 1) >> shift

    if len(wide) > len(y):

        @always(clk.posedge)
        def clamp():
            if enable:
                if halves > hi:
                    clamped.next = hi
                elif halves < lo:
                    clamped.next = lo
                else:
                    clamped.next = halves

    else:

        @always(clk.posedge)
        def clamp():
            if enable:
                clamped.next = halves

    @always(clk.posedge)
    def round_half_up():
        if enable:
            y.next = (clamped + 1) >> 1

    return insts()

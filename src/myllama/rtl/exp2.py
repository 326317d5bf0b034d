"""A power of two."""

from myhdl import always, always_comb, block

from ..hdl.elaborate import insts
from ..tables import EXP2, LOG_FRAC, MANT_FRAC, P_FRAC
from . import interpolate as table
from .interpolate import interpolate
from .stream import bits, up_to, word

LATENCY = table.LATENCY + 2
LARGEST_SHIFT = 31


@block
def exp2(clk, enable, d, p, shifts=1):
    """p = 2**-d, rounded half up; 1.0 is 1 << len(p) - 2.

    clk     clock
    enable  the pipeline moves
    d       unsigned, LOG_FRAC fraction bits and at least one more
    p       signed word of P_FRAC + 2 bits or more, never negative
    shifts  cycles that the shift takes, one or two

    Latency    LATENCY + shifts - 1 cycles with enable high
    Rate       1 word per cycle
    Model      myllama.model.exp2, bit exact
    """
    width = len(d)
    assert width > LOG_FRAC, f"d of {width} bits has no whole part"
    assert MANT_FRAC == P_FRAC + 1
    up = len(p) - 2 - P_FRAC
    assert up >= 0, f"p of {len(p)} bits has fewer than {P_FRAC} fraction bits"
    largest = min((1 << width - LOG_FRAC) - 1, LARGEST_SHIFT)

    fraction = bits(LOG_FRAC)
    mantissa = word(MANT_FRAC + 1)
    whole, whole_d1, whole_d2 = (up_to(largest) for _ in range(3))
    shifted = word(MANT_FRAC + up + 1)

    @always_comb
    def split():
        fraction.next = d[LOG_FRAC:]

    u_table = interpolate(clk, enable, fraction, mantissa, EXP2)

    if 1 << width - LOG_FRAC > LARGEST_SHIFT + 1:

        @always(clk.posedge)
        def clamp():
            if enable:
                if d[:LOG_FRAC] > largest:
                    whole.next = largest
                else:
                    whole.next = d[:LOG_FRAC]

    else:

        @always(clk.posedge)
        def clamp():
            if enable:
                whole.next = d[:LOG_FRAC]

    @always(clk.posedge)
    def keep_up():
        if enable:
            whole_d1.next = whole
            whole_d2.next = whole_d1

    if shifts == 1:

        @always(clk.posedge)
        def scale():
            if enable:
                shifted.next = (mantissa << up) >> whole_d2

    else:
        moved, rest = word(len(shifted)), bits(3)

        @always(clk.posedge)
        def scale_by_eights():
            if enable:
                moved.next = (mantissa << up) >> (whole_d2 >> 3) * 8
                rest.next = whole_d2 & 7

        @always(clk.posedge)
        def scale_by_ones():
            if enable:
                shifted.next = moved >> rest

    @always(clk.posedge)
    def round_half_up():
        if enable:
            p.next = (shifted + 1) >> 1

    return insts()

"""The logarithm of a slot's sum."""

from myhdl import always, block

from ..hdl.elaborate import insts
from ..tables import LOG2, LOG_FRAC, P_FRAC
from . import interpolate as table
from .interpolate import interpolate
from .softmax_slot import MAXIMUM_WIDTH
from .stream import bits, up_to, word

LATENCY = table.LATENCY + 3


@block
def log2_sum(clk, enable, own, lse):
    """lse = own.maximum + log2(own.total), the mantissa truncated to LOG2.u_bits.

    clk     clock
    enable  the pipeline moves
    own     Sum
    lse     signed word, LOG_FRAC fraction bits

    Latency    LATENCY cycles with enable high
    Rate       1 word per cycle
    """
    width = len(own.total)
    top = width - 1
    below = top - LOG2.u_bits
    assert below >= 0, f"a total of {width} bits has no mantissa of {LOG2.u_bits}"

    exponent = up_to(top)
    total = bits(width)
    mantissa = bits(LOG2.u_bits)
    fraction = word(LOG_FRAC + 2)
    maximum = word(MAXIMUM_WIDTH)
    whole, whole_d1, whole_d2, whole_d3 = (word(MAXIMUM_WIDTH) for _ in range(4))

    @always(clk.posedge)
    def find_leading_one():
        if enable:
            total.next = own.total
            maximum.next = own.maximum
            exponent.next = 0
            for i in range(width):
                if own.total[i]:
                    exponent.next = i

    @always(clk.posedge)
    def normalize():
        if enable:
            # A total of zero is none: no score came yet.
            if total == 0:
                mantissa.next = 0
            else:
                mantissa.next = ((total << (top - exponent)) >> below) - (1 << LOG2.u_bits)
            whole.next = maximum + exponent - P_FRAC

    u_table = interpolate(clk, enable, mantissa, fraction, LOG2)

    @always(clk.posedge)
    def add():
        if enable:
            whole_d1.next = whole
            whole_d2.next = whole_d1
            whole_d3.next = whole_d2
            lse.next = (whole_d3 << LOG_FRAC) + fraction

    return insts()

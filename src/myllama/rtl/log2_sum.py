"""The logarithm of a slot's sum."""

from myhdl import always, always_comb, block, concat

from ..hdl.elaborate import insts
from ..tables import LOG2, LOG_FRAC, P_FRAC
from . import interpolate as table
from .interpolate import interpolate
from .softmax_slot import MAXIMUM_WIDTH
from .stream import bits, up_to, word

LATENCY = table.LATENCY + 3
STEP = 8  # bits; the leading one is found and brought up by steps, then within one


@block
def log2_sum(clk, own, lse):
    """lse = own.maximum + log2(own.total), the mantissa truncated to LOG2.u_bits.

    clk     clock
    own     Sum; one of nothing, a total of zero, has no known logarithm
    lse     signed word, LOG_FRAC fraction bits

    Latency    LATENCY cycles
    Rate       1 word per cycle
    """
    steps = -(-len(own.total) // STEP)
    last_step, width = steps - 1, steps * STEP
    below, size = width - 1 - LOG2.u_bits, 1 << LOG2.u_bits
    assert below >= 0, f"a total of {width} bits has no mantissa of {LOG2.u_bits}"

    padded, aligned = bits(width), bits(width)
    step, step_d1, place = up_to(last_step), up_to(last_step), up_to(STEP - 1)
    mantissa = bits(LOG2.u_bits)
    fraction = word(LOG_FRAC + 2)
    maximum, whole, whole_d1, whole_d2, whole_d3 = (word(MAXIMUM_WIDTH) for _ in range(5))

    @always_comb
    def pad():
        padded.next = own.total

    @always_comb
    def find_step():
        step.next = 0
        for i in range(steps):
            if padded[STEP * i + STEP : STEP * i] != 0:
                step.next = i

    @always(clk.posedge)
    def align():
        aligned.next = padded << (STEP * (last_step - step))
        step_d1.next = step
        maximum.next = own.maximum - P_FRAC

    @always_comb
    def find_leading_one():
        place.next = 0
        for i in range(STEP):
            if aligned[width - STEP + i]:
                place.next = i

    @always(clk.posedge)
    def normalize():
        mantissa.next = ((aligned << (STEP - 1 - place)) >> below) % size
        whole.next = maximum + concat(step_d1, place)

    u_table = interpolate(clk, True, mantissa, fraction, LOG2)

    @always(clk.posedge)
    def add():
        whole_d1.next = whole
        whole_d2.next = whole_d1
        whole_d3.next = whole_d2
        lse.next = (whole_d3 << LOG_FRAC) + fraction

    return insts()

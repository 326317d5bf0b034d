"""The sums of a slot's two ways, as one."""

from myhdl import always, always_comb, block

from ..hdl.elaborate import insts
from .exp2 import LARGEST_SHIFT
from .softmax_slot import MAXIMUM_WIDTH
from .stream import bits, up_to, word

LATENCY = 2


@block
def merge_sums(clk, first, second, merged):
    """The sum with the smaller maximum is shifted to the larger one, which truncates, and added.

    clk     clock
    first, second, merged  Sums

    Latency    LATENCY cycles
    Rate       1 word per cycle
    Model      myllama.model.softmax.log_sum_exp, bit exact
    """
    ahead = word(MAXIMUM_WIDTH + 1)  # of second, the first
    upper, lower = bits(len(first.total)), bits(len(first.total))
    distance = up_to(LARGEST_SHIFT)
    maximum = word(MAXIMUM_WIDTH)

    @always_comb
    def compare():
        ahead.next = first.maximum - second.maximum

    @always(clk.posedge)
    def sort():
        distance.next = LARGEST_SHIFT
        if ahead < 0:
            maximum.next = second.maximum
            upper.next = second.total
            lower.next = first.total
            if ahead > -LARGEST_SHIFT:
                distance.next = -ahead
        else:
            maximum.next = first.maximum
            upper.next = first.total
            lower.next = second.total
            if ahead < LARGEST_SHIFT:
                distance.next = ahead

    @always(clk.posedge)
    def add():
        merged.maximum.next = maximum
        merged.total.next = upper + (lower >> distance)

    return insts()

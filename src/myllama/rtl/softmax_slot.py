"""One head's share of softmax."""

from myhdl import Signal, always, always_comb, block, concat, intbv

from ..hdl.elaborate import insts
from ..tables import LOG_FRAC, P_FRAC, SCORE_FRAC, SCORE_WIDTH
from . import exp2 as power
from .exp2 import LARGEST_SHIFT, exp2
from .stream import bits, flag, word

UP = LOG_FRAC - SCORE_FRAC
MAXIMUM_WIDTH = SCORE_WIDTH - SCORE_FRAC + 1
# A score, or a log-sum-exp of up to 2**100 of them.
LOG_WIDTH = SCORE_WIDTH + UP + 1
# Cycles from a score to its power: in pass one, and in pass two, where it is the weight.
LATENCY, RECALL_LATENCY = 3 + power.LATENCY, 2 + power.LATENCY


class Sum:
    """The sum of 2**(score - maximum); 1.0 is 1 << P_FRAC."""

    def __init__(self, seq_len):
        self.total = bits((seq_len << P_FRAC).bit_length())
        self.maximum = word(MAXIMUM_WIDTH)


class Steps:
    """What the slots do with the score that reaches each of their stages.

    no_score, no_weight  of the second way: it is not there
    add      it joins the sum
    add_second  of the second way, which else joins as nothing
    """

    def __init__(self):
        self.no_score = flag()
        self.follow, self.restart_maximum, self.recall = flag(), flag(), flag()
        self.add, self.add_second, self.no_weight = flag(), flag(), flag()


@block
def softmax_slot(clk, score, recalled, steps, own, lse, weight, optional):
    """Pass one: running maximum and sum of 2**(score - maximum). Pass two: 2**(score - lse).

    clk     clock
    score, recalled  of pass one, and of pass two with steps.recall: SCORE_WIDTH bits
    steps   Steps
    own     Sum of this slot, final LATENCY + 1 cycles after its last score
    lse     log2 of the sum of 2**score, read a cycle after recalled: LOG_WIDTH bits,
            LOG_FRAC fraction bits
    weight  signed word of P_FRAC + 2 bits
    optional  of the second way: a score that is not there adds nothing and weighs nothing

    Latency    LATENCY cycles from score to weight, RECALL_LATENCY from recalled
    Rate       1 word per cycle
    """
    rises_inside = power.LATENCY + 1
    rise_width = LARGEST_SHIFT.bit_length()
    up = (1 << SCORE_FRAC) - 1
    lowest = -(1 << MAXIMUM_WIDTH - 1)
    assert len(own.total) <= LARGEST_SHIFT, f"a total of {len(own.total)} bits is not shifted out"

    found = word(MAXIMUM_WIDTH)
    power_out = word(P_FRAC + 2)
    score_d1, score_d2 = word(SCORE_WIDTH), word(SCORE_WIDTH)
    weighs, base = flag(), word(LOG_WIDTH)
    distance = word(LOG_WIDTH + 1)
    d = bits(LOG_WIDTH)
    rise, rise_now, term = bits(rise_width), bits(rise_width), bits(P_FRAC + 1)
    rises = Signal(intbv(0)[rise_width * rises_inside :])

    if optional:

        @always(clk.posedge)
        def round_up():
            found.next = (score.signed() + up) >> SCORE_FRAC
            if steps.no_score:
                found.next = lowest
            score_d1.next = score.signed()

        @always_comb
        def weigh():
            weight.next = 0 if steps.no_weight else power_out
            term.next = power_out[P_FRAC + 1 :] if steps.add_second else 0

    else:

        @always(clk.posedge)
        def round_up():
            found.next = (score.signed() + up) >> SCORE_FRAC
            score_d1.next = score.signed()

        @always_comb
        def weigh():
            weight.next = power_out
            term.next = power_out[P_FRAC + 1 :]

    @always(clk.posedge)
    def choose():
        weighs.next = steps.recall
        if steps.recall:
            score_d2.next = recalled.signed()
        else:
            score_d2.next = score_d1

    @always(clk.posedge)
    def follow():
        rise.next = 0
        if steps.restart_maximum:
            own.maximum.next = found
            # What was summed before is shifted out.
            rise.next = LARGEST_SHIFT
        elif steps.follow and found > own.maximum:
            own.maximum.next = found
            if found - own.maximum > LARGEST_SHIFT:
                rise.next = LARGEST_SHIFT
            else:
                rise.next = found - own.maximum

    @always_comb
    def measure():
        if weighs:
            base.next = lse.signed()
        else:
            base.next = own.maximum << LOG_FRAC

    @always_comb
    def subtract():
        distance.next = base - (score_d2 << UP)

    @always(clk.posedge)
    def advance():
        # A score may be above the logarithm, which is truncated.
        d.next = 0
        if not distance[LOG_WIDTH]:
            d.next = distance[LOG_WIDTH:]
        rises.next = concat(rises[rise_width * (rises_inside - 1) :], rise)

    u_exp2 = exp2(clk, True, d, power_out)

    @always_comb
    def age():
        rise_now.next = rises[rise_width * rises_inside : rise_width * (rises_inside - 1)]

    @always(clk.posedge)
    def accumulate():
        if steps.add:
            own.total.next = (own.total >> rise_now) + term

    return insts()

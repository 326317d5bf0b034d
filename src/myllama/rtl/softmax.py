"""Softmax over the scores of one group of heads."""

from myhdl import ConcatSignal, always, always_comb, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from ..tables import P_FRAC, SCORE_WIDTH
from . import log2_sum as logarithm
from .log2_sum import log2_sum
from .softmax_control import INSIDE, softmax_control
from .softmax_slot import LOG_WIDTH, Steps, Sum, softmax_slot
from .stream import bits, flag, up_to, word

WEIGHT_WIDTH = P_FRAC + 2


def latency(slots):
    """Cycles from the transfer of the last score to the first weight."""
    return 2 * INSIDE + slots + logarithm.LATENCY + 1


@block
def softmax(clk, rst, scores, weights, slots, seq_len, parts):
    """Weights 2**(score - log2 of the sum of 2**score) of each slot.

    clk      clock
    rst      synchronous reset, active high
    scores   sink SlotStream(slots, SCORE_WIDTH), at most seq_len words up to last
    weights  source SlotStream(slots, WEIGHT_WIDTH): a weight for every score, in order,
             `parts` times over, each time with last on the last; 1.0 is 1 << P_FRAC

    Latency    latency(slots) cycles
    Rate       1 word per cycle in, then 1 word per cycle out
    Model      myllama.model.softmax, bit exact
    """
    advance, write, read, recall, shift = (flag() for _ in range(5))
    t = up_to(seq_len - 1)
    steps = Steps()
    taken, stored, score = (bits(slots * SCORE_WIDTH) for _ in range(3))
    sums = [Sum(seq_len) for _ in range(slots)]
    lse_width = slots * LOG_WIDTH
    lse, found = bits(lse_width), word(LOG_WIDTH)
    out = [word(WEIGHT_WIDTH) for _ in range(slots)]

    u_control = softmax_control(
        clk,
        rst,
        scores,
        weights,
        advance,
        t,
        write,
        read,
        recall,
        steps,
        shift,
        slots,
        seq_len,
        parts,
    )
    u_scores = ram_sdp(clk, write, t, scores.data, read, t, stored, seq_len)

    @always(clk.posedge)
    def take():
        if advance:
            taken.next = scores.data

    @always_comb
    def choose():
        if recall:
            score.next = stored
        else:
            score.next = taken

    fields = [score(SCORE_WIDTH * (i + 1), SCORE_WIDTH * i) for i in range(slots)]
    logs = [lse(LOG_WIDTH * (i + 1), LOG_WIDTH * i) for i in range(slots)]
    u_slot = [
        softmax_slot(
            clk,
            advance,
            fields[i],
            steps,
            shift,
            sums[(i + 1) % slots],
            sums[i],
            logs[i],
            out[i],
        )
        for i in range(slots)
    ]
    u_log = log2_sum(clk, advance, sums[0], found)

    # The logarithms come in the order of the slots, and move down to them.
    if slots > 1:

        @always(clk.posedge)
        def receive():
            if advance and shift:
                lse.next = concat(found[LOG_WIDTH:], lse[lse_width:LOG_WIDTH])
    else:

        @always(clk.posedge)
        def receive():
            if advance and shift:
                lse.next = found[LOG_WIDTH:]

    joined = ConcatSignal(*reversed(out)) if slots > 1 else out[0]

    @always_comb
    def emit():
        weights.data.next = joined

    return insts()

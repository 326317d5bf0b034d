"""Softmax over the scores of one group of heads."""

from myhdl import ConcatSignal, always, always_comb, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from ..tables import P_FRAC, SCORE_WIDTH
from .log2_sum import log2_sum
from .merge_sums import merge_sums
from .softmax_control import INSIDE, log_cycles, softmax_control
from .softmax_slot import LOG_WIDTH, Steps, Sum, softmax_slot
from .stream import bits, elements, flag, up_to, word

WEIGHT_WIDTH = P_FRAC + 2


def latency(slots, ways):
    """Cycles from the transfer of the last score to the first weight."""
    return 2 * INSIDE + log_cycles(slots, ways) + 1


@block
def softmax(clk, rst, scores, weights, slots, seq_len, parts, ways):
    """Weights 2**(score - log2 of the sum of 2**score) of each slot.

    clk      clock
    rst      synchronous reset, active high
    scores   sink ScoreStream(slots, SCORE_WIDTH, ways), at most seq_len positions up to last
    weights  source SlotStream(ways * slots, WEIGHT_WIDTH): a weight for every score, in order,
             `parts` times over, each time with last on the last; 1.0 is 1 << P_FRAC. A
             position that is not there weighs nothing
    ways     positions per transfer; each way has sums of its own, merged for the logarithm

    Latency    latency(slots, ways) cycles
    Rate       1 transfer per cycle in, then 1 transfer per cycle out
    Model      myllama.model.softmax, bit exact
    """
    rows = -(-seq_len // ways)
    advance, write, read, recall, shift = (flag() for _ in range(5))
    t = up_to(rows - 1)
    steps = Steps()
    taken, stored, score = (bits(ways * slots * SCORE_WIDTH) for _ in range(3))
    # Slot after slot of way 0, then of way 1.
    sums = [Sum(rows) for _ in range(ways * slots)]
    lse_width = slots * LOG_WIDTH
    lse, found = bits(lse_width), word(LOG_WIDTH)
    out = [word(WEIGHT_WIDTH) for _ in range(ways * slots)]

    u_control = softmax_control(
        clk, rst, scores, weights, advance, t, write, read, recall, steps, shift, slots, rows,
        parts, ways,
    )  # fmt: skip
    u_scores = ram_sdp(clk, write, t, scores.data, read, t, stored, rows)

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

    fields, fresh = elements(score, ways * slots), elements(taken, ways * slots)
    logs = [lse(LOG_WIDTH * (i + 1), LOG_WIDTH * i) for i in range(slots)]
    u_slot = [
        softmax_slot(
            clk,
            advance,
            fields[i],
            fresh[i],
            steps,
            shift,
            sums[i - i % slots + (i + 1) % slots],
            sums[i],
            logs[i % slots],
            out[i],
            i >= slots,
        )
        for i in range(ways * slots)
    ]
    if ways == 1:
        merged = sums[0]
    else:
        merged = Sum(ways * rows)
        u_merge = merge_sums(clk, advance, sums[0], sums[slots], merged)
    u_log = log2_sum(clk, advance, merged, found)

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

    joined = ConcatSignal(*reversed(out)) if len(out) > 1 else out[0]

    @always_comb
    def emit():
        weights.data.next = joined

    return insts()

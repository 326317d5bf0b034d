"""Softmax over the scores of one group of heads."""

from myhdl import always, always_comb, block, concat, intbv

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from ..tables import P_FRAC, SCORE_WIDTH
from . import fifo as queue
from .fifo import fifo
from .log2_sum import log2_sum
from .merge_sums import merge_sums
from .softmax_control import INSIDE, RECALLED, log_cycles, softmax_control
from .softmax_slot import LOG_WIDTH, Steps, Sum, softmax_slot
from .stream import bits, elements, flag, joined, up_to, word

WEIGHT_WIDTH = P_FRAC + 2
# Of weights that are read for or wait: at a transfer per cycle, one for each cycle inside.
PLACES = 1 << (RECALLED + queue.LATENCY).bit_length()


def latency(slots, ways):
    """Cycles from the transfer of the last score to the first weight."""
    return INSIDE + 1 + log_cycles(slots, ways) + RECALLED + queue.LATENCY


@block
def pick_sum(clk, totals, maxima, pick, picked):
    """picked <- of Sums side by side, as raw bits, that which `pick` counts."""
    width, maximum_width = len(picked.total), len(picked.maximum)
    totals_width, maxima_width, halvings = len(totals), len(maxima), len(pick)

    @always(clk.posedge)
    def choose():
        total = intbv(0)[totals_width:]
        maximum = intbv(0)[maxima_width:]
        total[:] = totals
        maximum[:] = maxima
        for i in range(halvings):
            if pick[i]:
                total[:] = total >> (width << i)
                maximum[:] = maximum >> (maximum_width << i)
        picked.total.next = total[width:]
        picked.maximum.next = maximum[maximum_width:].signed()

    return insts()


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
    rows, fields = -(-seq_len // ways), ways * slots
    write, weighs, read, room, clear, push, shift = (flag() for _ in range(7))
    t, pick = up_to(rows - 1), up_to(slots - 1)
    steps = Steps()
    taken, stored = bits(fields * SCORE_WIDTH), bits(fields * SCORE_WIDTH)
    # Slot after slot of way 0, then of way 1.
    sums = [Sum(rows) for _ in range(fields)]
    lse_width, weights_width = slots * LOG_WIDTH, fields * WEIGHT_WIDTH
    lse, found = bits(lse_width), word(LOG_WIDTH)
    out = [word(WEIGHT_WIDTH) for _ in range(fields)]
    weighed = bits(weights_width)

    u_control = softmax_control(
        clk, rst, scores, weights, room, clear, t, write, weighs, read, push, steps, pick, shift,
        slots, rows, parts, ways,
    )  # fmt: skip
    u_scores = ram_sdp(clk, write, t, scores.data, weighs, t, stored, rows)

    @always(clk.posedge)
    def take():
        taken.next = scores.data

    score, recalled = elements(taken, fields), elements(stored, fields)
    logs = [lse(LOG_WIDTH * (i + 1), LOG_WIDTH * i) for i in range(slots)]
    u_slot = [
        softmax_slot(
            clk, score[i], recalled[i], steps, sums[i], logs[i % slots], out[i], i >= slots
        )
        for i in range(fields)
    ]
    joined_totals = joined([own.total for own in sums])
    joined_maxima = joined([own.maximum for own in sums])
    totals_width = fields * len(sums[0].total)
    maxima_width = fields * len(sums[0].maximum)
    totals, maxima = bits(totals_width), bits(maxima_width)

    @always_comb
    def pack():
        totals.next = joined_totals[totals_width:]
        maxima.next = joined_maxima[maxima_width:]

    picked = [Sum(rows) for _ in range(ways)]
    of_way = zip(elements(totals, ways), elements(maxima, ways), picked, strict=True)
    u_pick = [pick_sum(clk, total, maximum, pick, own) for total, maximum, own in of_way]
    if ways == 1:
        merged = picked[0]
    else:
        merged = Sum(ways * rows)
        u_merge = merge_sums(clk, picked[0], picked[1], merged)
    u_log = log2_sum(clk, merged, found)

    # The logarithms come in the order of the slots, and move down to them.
    if slots > 1:

        @always(clk.posedge)
        def receive():
            if shift:
                lse.next = concat(found[LOG_WIDTH:], lse[lse_width:LOG_WIDTH])
    else:

        @always(clk.posedge)
        def receive():
            if shift:
                lse.next = found[LOG_WIDTH:]

    joined_out = joined(out)
    u_fifo = fifo(
        clk, rst, read, room, clear, push, weighed,
        weights.valid, weights.ready, weights.data, PLACES,
    )  # fmt: skip

    @always_comb
    def enter():
        weighed.next = joined_out[weights_width:]

    return insts()

"""Sums of q . k to score words."""

from myhdl import ConcatSignal, always, always_comb, block

from ..hdl.elaborate import insts
from ..tables import SCORE_WIDTH
from .rounding import round_halves
from .stream import word


@block
def score(clk, total, rounded, shift):
    """rounded <- saturate(round_shift(total, shift), SCORE_WIDTH); total is raw bits."""
    halves = word(max(len(total) + 1 - shift, SCORE_WIDTH + 2))
    clipped = word(SCORE_WIDTH)

    @always_comb
    def shorten():
        halves.next = (total.signed() << 1) >> shift

    u_round = round_halves(halves, clipped)

    @always(clk.posedge)
    def keep():
        rounded.next = clipped

    return insts()


@block
def head_scores(clk, totals, scores, slots, width, shift):
    """A score for each of the lowest `slots` words of `width` bits, in one cycle."""
    scores_bits = slots * SCORE_WIDTH
    words = [word(SCORE_WIDTH) for _ in range(slots)]
    slot = [score(clk, totals((i + 1) * width, i * width), words[i], shift) for i in range(slots)]
    joined = words[0] if slots == 1 else ConcatSignal(*reversed(words))

    @always_comb
    def pack():
        scores.next = joined[scores_bits:]

    return insts()

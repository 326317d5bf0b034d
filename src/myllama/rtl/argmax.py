"""The index of the largest word of a vector."""

from myhdl import always, always_comb, always_seq, block

from ..hdl.elaborate import insts
from .stream import elements, flag, up_to, word


def latency(ways):
    """Cycles from the last logit to token.valid: of two ways, the larger is found in the second."""
    return ways


@block
def running_best(clk, rst, taken, logit, index, best, found):
    """The largest logit taken since index was 0, and where it came; logit is raw bits."""
    lead = word(len(best) + 1)

    @always_comb
    def compare():
        # A carry's sign: quicker than gates that look for the highest bit to differ.
        lead.next = best - logit.signed()

    @always_seq(clk.posedge, reset=rst)
    def keep_the_largest():
        if taken and (index == 0 or lead < 0):
            best.next = logit.signed()
            found.next = index

    return insts()


@block
def argmax(clk, rst, din, token, largest, vocab_size):
    """Take vocab_size logits, then offer the index of the largest, the lowest on a tie.

    clk, rst    clock; synchronous reset, active high
    din         sink VectorStream, always taken; a vector begins when the token of the one
                before has been taken. Of two ways and an odd vocab_size, the last transfer's
                second word is ignored
    token       source Stream, unsigned index
    largest     the logit there, while token.valid
    vocab_size  words per vector, at least the ways

    Latency    latency(ways) cycles, one or two, from the last logit to token.valid
    Rate       1 transfer per cycle
    Model      myllama.model.argmax, bit exact
    """
    ways = din.ways
    assert vocab_size >= ways
    last = (vocab_size - 1) // ways
    index = up_to(last)
    logits = elements(din.data, ways)
    best = [word(din.width) for _ in range(ways)]
    found = [up_to(last) for _ in range(ways)]
    ends, found_all, full = flag(), flag(), flag()
    taken = [flag() for _ in range(ways)]

    @always_comb
    def handshake():
        din.ready.next = True
        ends.next = din.valid and index == last
        token.valid.next = full

    @always_seq(clk.posedge, reset=rst)
    def walk():
        if token.ready:
            full.next = False
        if found_all:
            full.next = True
        if din.valid:
            if ends:
                index.next = 0
            else:
                index.next = index + 1

    first_taken, first_best, first_found = taken[0], best[0], found[0]

    @always_comb
    def take():
        first_taken.next = din.valid

    keepers = [
        running_best(clk, rst, taken[i], logits[i], index, best[i], found[i]) for i in range(ways)
    ]
    if ways == 1:

        @always_comb
        def offer():
            found_all.next = ends
            token.data.next = first_found
            largest.next = first_best

    else:
        second_taken, second_best, second_found = taken[1], best[1], found[1]
        padded = vocab_size % 2 == 1

        @always_comb
        def take_second():
            second_taken.next = din.valid and not (padded and index == last)

        @always_seq(clk.posedge, reset=rst)
        def follow():
            found_all.next = ends

        @always(clk.posedge)
        def offer():
            if second_best > first_best or (
                second_best == first_best and second_found < first_found
            ):
                token.data.next = 2 * second_found + 1
                largest.next = second_best
            else:
                token.data.next = 2 * first_found
                largest.next = first_best

    return insts()

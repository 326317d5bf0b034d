"""The choice of the next token: the largest logit, or a draw by temperature and top-p."""

from myhdl import always, always_comb, always_seq, block

from ..hdl.elaborate import insts
from ..tables import KEY_WIDTH, RATE_WIDTH, TOPP_FRAC, WEIGHT_FRAC
from . import argmax as largest_of
from . import weigh as weighing
from .argmax import argmax
from .draw import GOAL, LEVELS, PART, SCAN, draw
from .stream import Stream, VectorStream, bits, flag, word
from .weigh import weigh
from .xorshift import STATE_WIDTH, xorshift

TEMPERATURE_WIDTH = 6 + RATE_WIDTH
CLEAR = (1 << PART) + 1
SEED_PART = 16  # bits of a seed that are looked at together


def latency(ways):
    """Cycles from the transfer of the last logit to the largest one's token."""
    return 1 + largest_of.latency(ways)


def longest(vocab_size, topp, ways):
    """Cycles that a draw takes at most, from the last logit on, with a coin at hand.

    The first after a reset waits until CLEAR cycles after that.
    """
    one_pass = vocab_size + weighing.LATENCY + 2
    # The last pass of a search ends a cycle after its token.
    begins, walks = latency(ways) + 2, 1
    if not topp:
        return begins + 2 * one_pass + GOAL + walks
    return begins + (1 + 2 * LEVELS) * one_pass + 2 * (GOAL + LEVELS * SCAN + walks)


class Sampling:
    """How a story's tokens are chosen, as sampling.Sampling.words gives it.

    temperature  sampling.temperature_word; 0 takes the largest logit
    topp         TOPP_FRAC bits of fraction; 0 takes all tokens
    seed         of the generator; 0 goes on with its state
    """

    def __init__(self):
        self.temperature = bits(TEMPERATURE_WIDTH)
        self.topp = bits(TOPP_FRAC)
        self.seed = bits(STATE_WIDTH)


@block
def sampler(clk, rst, start, temperature, topp, seed, logits, token, vocab_size):
    """Take vocab_size logits, then offer the token that they lead to.

    start        one cycle: begin anew from seed
    temperature, topp, seed  see Sampling; there from the cycle before start on, and steady from
                 start until the last token
    logits       sink VectorStream of one or two ways, always taken; a vector begins when the
                 token of the one before has been taken
    token        source Stream, unsigned index

    One coin per draw, none at temperature 0. A draw searches the key of the token at which
    top-p is reached, PART bits per pass, in sums of weights by those bits; then, among the
    tokens up to it, the key of the one whose share holds the coin, the same way. A bucket
    with a single token ends a search early.

    Latency    latency(ways) cycles at temperature 0; else at most longest(vocab_size, topp, ways)
    Rate       1 transfer per cycle
    Model      myllama.model.sampler, bit exact
    """
    load, draws, partial, begins, go, drop, weighed, offers = (flag() for _ in range(8))
    parts = STATE_WIDTH // SEED_PART
    some = bits(parts)
    # What comes from far away has registers here.
    share = bits(TOPP_FRAC)
    near = VectorStream(logits.width, logits.ways)
    largest, coin = Stream(len(token.data)), Stream(TOPP_FRAC)
    best, found = word(logits.width), bits(len(token.data))
    next_key, key, weight = bits(KEY_WIDTH), bits(KEY_WIDTH), word(WEIGHT_FRAC + 2)

    generator = xorshift(clk, rst, load, seed, coin)
    u_argmax = argmax(clk, rst, near, largest, best, vocab_size)
    u_weigh = weigh(
        clk, rst, near.valid, near.data, best, temperature, go, drop, next_key, key, weight,
        weighed, vocab_size, logits.ways,
    )  # fmt: skip
    u_draw = draw(
        clk, rst, begins, share, partial, coin, next_key, key, weight, weighed, go, drop, found,
        offers, token.ready, vocab_size,
    )  # fmt: skip

    @always_seq(clk.posedge, reset=rst)
    def come_near():
        near.valid.next = logits.valid
        load.next = start and some != 0
        if start:
            draws.next = temperature != 0
            partial.next = topp != 0

    @always(clk.posedge)
    def keep():
        near.data.next = logits.data
        share.next = topp
        for i in range(parts):
            some.next[i] = seed[SEED_PART * i + SEED_PART : SEED_PART * i] != 0

    @always_comb
    def offer():
        logits.ready.next = True
        begins.next = largest.valid and draws
        token.valid.next = offers or (largest.valid and not draws)
        token.data.next = largest.data
        if draws:
            token.data.next = found
        largest.ready.next = token.ready and (offers or not draws)

    return insts()

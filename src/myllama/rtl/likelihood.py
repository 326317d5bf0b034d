"""A token's weight beside the likeliest one's."""

from myhdl import Signal, always, always_comb, block, concat, intbv

from ..hdl.elaborate import insts
from ..tables import KEY_WIDTH, RATE_WIDTH
from . import exp2 as power
from .exp2 import exp2
from .stream import bits

BEFORE_POWER = 7
LATENCY = BEFORE_POWER + power.LATENCY + 1


@block
def likelihood(clk, enters, best, logit, shift, mantissa, next_key, key, weight):
    """weight = 2**-key; key is the distance of logit from best, over the temperature.

    enters    logit is one; else it may be anything
    best      the largest logit, steady
    logit     signed word
    shift, mantissa  see sampling.temperature_word; steady
    key       KEY_WIDTH bits; next_key, the same a cycle before
    weight    signed word of WEIGHT_FRAC + 2 bits, never negative

    Latency    LATENCY cycles
    Rate       1 word per cycle
    Model      myllama.model.sampler.keys, bit exact
    """
    wide_bits = RATE_WIDTH + 9
    most_wide = (1 << wide_bits) - 1
    most, all_ones = (1 << RATE_WIDTH) - 1, (1 << RATE_WIDTH + 1) - 1
    most_key = (1 << KEY_WIDTH) - 1
    half = 1 << RATE_WIDTH - 2
    kept = (LATENCY - BEFORE_POWER) * KEY_WIDTH

    distance = bits(len(best))
    coarse, wide = bits(len(best) + 18), bits(wide_bits)
    fine, reach = bits(wide_bits), bits(RATE_WIDTH)
    product = bits(2 * RATE_WIDTH)
    exponent, inverse = bits(KEY_WIDTH), bits(KEY_WIDTH)
    keys = Signal(intbv(0)[kept:])
    moves = Signal(bool(1))

    @always(clk.posedge)
    def subtract():
        if enters:
            distance.next = best - logit

    @always(clk.posedge)
    def shift_by_eights():
        coarse.next = (distance << 18) >> (shift[6:3] * 8)

    @always(clk.posedge)
    def saturate():
        if coarse[:wide_bits] != 0:
            wide.next = most_wide
        else:
            wide.next = coarse[wide_bits:]

    @always(clk.posedge)
    def shift_by_ones():
        fine.next = wide >> shift[3:]

    @always(clk.posedge)
    def round_and_saturate():
        # Rounded, it is more than `most`: the sum itself would say so a carry later.
        if fine[: RATE_WIDTH + 1] != 0 or fine[RATE_WIDTH + 1 :] == all_ones:
            reach.next = most
        else:
            reach.next = (fine + 1) >> 1

    @always(clk.posedge)
    def multiply():
        product.next = reach * mantissa

    @always(clk.posedge)
    def round_half_up():
        if (product + half) >> (RATE_WIDTH - 1) > most_key:
            exponent.next = most_key
        else:
            exponent.next = (product + half) >> (RATE_WIDTH - 1)

    u_exp2 = exp2(clk, moves, exponent, weight, shifts=2)

    @always_comb
    def invert():
        # Else the power's own registers would be among the keys', and far from its multiplier.
        inverse.next = exponent ^ most_key

    @always(clk.posedge)
    def keep_up():
        keys.next = concat(keys[kept - KEY_WIDTH :], inverse)

    @always_comb
    def accompany():
        key.next = keys[kept : kept - KEY_WIDTH] ^ most_key
        next_key.next = keys[kept - KEY_WIDTH : kept - 2 * KEY_WIDTH] ^ most_key

    return insts()

"""The choice of the next token: the largest logit, or a draw by temperature and top-p."""

from myhdl import Signal, always, always_comb, always_seq, block, enum, modbv

from ..hdl.elaborate import insts
from ..tables import KEY_WIDTH, RATE_WIDTH, TOPP_FRAC, WEIGHT_FRAC
from . import weigh as weighing
from .argmax import argmax
from .buckets import buckets
from .stream import Stream, bits, flag, up_to, word
from .weigh import weigh
from .xorshift import STATE_WIDTH, xorshift

TEMPERATURE_WIDTH = 6 + RATE_WIDTH
PART = 6  # bits of a key that a level of the search tells apart
LEVELS = -(-KEY_WIDTH // PART)
LAST_PART = KEY_WIDTH - PART * (LEVELS - 1)
CLEAR = (1 << PART) + 1
State = enum("EMPTY", "WAIT", "SUM", "COIN", "SCALE", "SCAN", "FILL", "WALK", "OFFER")


def longest(vocab_size, topp):
    """Cycles that a draw takes at most, from the last logit on, with a coin at hand.

    The first after a reset waits until CLEAR cycles after that.
    """
    one_pass = vocab_size + weighing.LATENCY + 2
    coin_and_scale, scan = 1 + TOPP_FRAC, (1 << PART) + 3
    if not topp:
        return 2 * one_pass + coin_and_scale + 2
    return (1 + 2 * LEVELS) * one_pass + 2 * (coin_and_scale + LEVELS * scan) + 2


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

    start        one cycle: keep what follows
    temperature, topp, seed  see Sampling; the seed stays for the cycle after start
    logits       sink VectorStream of one or two ways
    token        source Stream, unsigned index

    One coin per draw, none at temperature 0. A draw searches the key of the token at which
    top-p is reached, PART bits per pass, in sums of weights by those bits; then, among the
    tokens up to it, the key of the one whose share holds the coin, the same way. A bucket
    with a single token ends a search early.

    Latency    at temperature 0 that of argmax; else at most longest(vocab_size, topp)
    Rate       1 transfer per cycle; logits.ready falls while a token waits
    Model      myllama.model.sampler, bit exact
    """
    last = vocab_size - 1
    width = (vocab_size << WEIGHT_FRAC).bit_length()
    rate, share = bits(TEMPERATURE_WIDTH), bits(TOPP_FRAC)
    load, draws, partial = flag(), flag(), flag()
    coin = Stream(TOPP_FRAC)
    largest = Stream(len(token.data))
    best, taken = word(logits.width), flag()

    state = Signal(State.EMPTY)
    nucleus, go, drop, hit, single, alone, looking = (flag() for _ in range(7))
    # drop is high in COIN and in OFFER.
    scanned, scanned_d1, ended, walking = flag(), flag(), flag(), flag()
    only_one = last == 0
    seen, found, at_last = up_to(last), up_to(last), Signal(bool(only_one))
    key, weight, weighed, weighed_d1 = bits(KEY_WIDTH), word(WEIGHT_FRAC + 2), flag(), flag()
    weighed_d2, means, meant, meant_d1 = (flag() for _ in range(4))
    add_first, add_deep, read_first, read_deep, erase = (flag() for _ in range(5))
    value = word(WEIGHT_FRAC + 2)
    bucket, place, place_d1, place_d2 = (bits(PART) for _ in range(4))
    first_entry, deep_entry = bits(width + 1), bits(width + 1)
    level = up_to(LEVELS)
    prefix_0, prefix_1, prefix_2 = bits(PART), bits(PART), bits(LAST_PART)
    total = Signal(modbv(0)[width:])
    goal, left, scaled, factor = bits(width), bits(width), bits(width), bits(TOPP_FRAC)
    step = up_to(TOPP_FRAC - 1)
    part, rest, over = bits(width), word(width + 1), bits(width)

    generator = xorshift(clk, rst, load, seed, coin)
    u_argmax = argmax(clk, rst, logits, largest, best, vocab_size)
    u_weigh = weigh(
        clk, rst, taken, logits.data, best, rate, go, drop, key, weight, weighed, vocab_size,
        logits.ways,
    )  # fmt: skip
    first = buckets(
        clk, rst, add_first, bucket, value, read_first, erase, place, first_entry, 1 << PART
    )
    deep = buckets(
        clk, rst, add_deep, bucket, value, read_deep, erase, place, deep_entry, 1 << PART
    )

    @always_seq(clk.posedge, reset=rst)
    def keep():
        load.next = start and seed != 0  # a cycle late: 64 bits are many to look at
        if start:
            rate.next = temperature
            draws.next = temperature != 0
            share.next = topp
            partial.next = topp != 0

    @always_comb
    def offer():
        coin.ready.next = state == State.COIN and not nucleus
        if not draws:
            token.valid.next = largest.valid
            token.data.next = largest.data
            largest.ready.next = token.ready
        else:
            token.valid.next = state == State.OFFER
            token.data.next = found
            largest.ready.next = token.ready and state == State.OFFER

    @always_comb
    def tables():
        read_first.next = looking and (state == State.EMPTY or level == 0)
        read_deep.next = looking and (state == State.EMPTY or level != 0)
        erase.next = state == State.EMPTY or level != 0 or not nucleus

    @always(clk.posedge)
    def sort():
        if weighed:
            value.next = weight
            if level == 0:
                bucket.next = key[: LAST_PART + PART]
            elif level == 1:
                bucket.next = key[LAST_PART + PART : LAST_PART]
            else:
                bucket.next = key[LAST_PART:]

    @always(clk.posedge)
    def next_part():
        if walking:
            part.next = value
        elif level == 0:
            part.next = first_entry[width:]
            alone.next = first_entry[width] == 0
        else:
            part.next = deep_entry[width:]
            alone.next = deep_entry[width] == 0

    @always_comb
    def subtract():
        rest.next = left - part

    @always_comb
    def multiply():
        scaled.next = goal >> 1
        if factor[0]:
            scaled.next = (goal + total) >> 1

    @always_comb
    def pick():
        means.next = (
            weighed
            and not drop
            and (level == 0 or key[: LAST_PART + PART] == prefix_0)
            and (level <= 1 or key[LAST_PART + PART : LAST_PART] == prefix_1)
            and (level <= 2 or key[LAST_PART:] == prefix_2)
        )

    @always_comb
    def flags():
        taken.next = logits.valid and logits.ready
        ended.next = weighed_d2 and at_last

    @always_seq(clk.posedge, reset=rst)
    def follow():
        weighed_d1.next = weighed and not drop
        weighed_d2.next = weighed_d1 and not drop
        meant.next = means
        meant_d1.next = meant and not drop
        add_first.next = means and state == State.SUM and partial
        add_deep.next = means and state == State.FILL
        if drop or ended:
            seen.next = 0
            at_last.next = only_one
        elif weighed_d2:
            seen.next = seen + 1
            at_last.next = seen == last - 1
        walking.next = state == State.WALK  # for many, long before the first weight
        scanned.next = looking and state == State.SCAN
        scanned_d1.next = scanned
        place_d1.next = place
        place_d2.next = place_d1

    @always_seq(clk.posedge, reset=rst)
    def search():
        go.next = False
        if looking:
            place.next = place + 1 if place != (1 << PART) - 1 else 0
            looking.next = place != (1 << PART) - 1
        if state == State.EMPTY:
            # After a reset the buckets hold anything.
            looking.next = True
            if place == (1 << PART) - 1:
                looking.next = False
                state.next = State.WAIT
        elif state == State.WAIT:
            total.next = 0
            level.next = 0
            nucleus.next = partial
            if largest.valid and draws:
                go.next = True
                state.next = State.SUM
        elif state == State.SUM:
            if meant:
                total.next = total + value
            if ended:
                drop.next = True
                state.next = State.COIN
        elif state == State.COIN:
            step.next = 0
            level.next = 0
            factor.next = coin.data
            if nucleus:
                factor.next = share
            elif partial:
                # The sum up to the token at which top-p is reached; over is negative.
                total.next = goal - over
            if nucleus or coin.valid:
                goal.next = 0
                drop.next = False
                state.next = State.SCALE
        elif state == State.SCALE:
            goal.next = scaled
            left.next = scaled
            factor.next = factor >> 1
            hit.next = False
            if step != TOPP_FRAC - 1:
                step.next = step + 1
            elif partial:
                looking.next = True
                state.next = State.SCAN
            else:
                go.next = True
                state.next = State.WALK
        elif state == State.SCAN:
            if scanned_d1 and not hit:
                if rest < 0:
                    hit.next = True
                    single.next = alone
                    over.next = rest[width:]
                    if level == 0:
                        prefix_0.next = place_d2
                    elif level == 1:
                        prefix_1.next = place_d2
                    else:
                        prefix_2.next = place_d2[LAST_PART:]
                else:
                    left.next = rest[width:]
            if hit and not (looking or scanned or scanned_d1):
                hit.next = False
                level.next = level + 1
                if single and nucleus:
                    nucleus.next = False
                    drop.next = True
                    state.next = State.COIN
                elif single or level == LEVELS - 1:
                    go.next = True
                    state.next = State.WALK
                else:
                    go.next = True
                    state.next = State.FILL
        elif state == State.FILL:
            if ended:
                looking.next = True
                state.next = State.SCAN
        elif state == State.WALK:
            if meant_d1:
                if rest < 0:
                    found.next = seen
                    over.next = rest[width:]
                    drop.next = True
                    state.next = State.OFFER
                    if nucleus:
                        nucleus.next = False
                        state.next = State.COIN
                else:
                    left.next = rest[width:]
        else:
            drop.next = not token.ready
            if token.ready:
                state.next = State.WAIT

    return insts()

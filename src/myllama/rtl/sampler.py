"""The choice of the next token: the largest logit, or a draw by temperature and top-p."""

from myhdl import Signal, always, always_comb, always_seq, block, concat, enum, intbv

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from ..tables import KEY_WIDTH, RATE_WIDTH, TOPP_FRAC, WEIGHT_FRAC
from . import likelihood as likely
from .argmax import argmax
from .buckets import buckets
from .likelihood import likelihood
from .stream import Stream, bits, flag, up_to, word
from .xorshift import xorshift

TEMPERATURE_WIDTH = 6 + RATE_WIDTH
PART = 6  # bits of a key that a level of the search tells apart
LEVELS = -(-KEY_WIDTH // PART)
LAST_PART = KEY_WIDTH - PART * (LEVELS - 1)
INSIDE = likely.LATENCY + 2  # cycles from an address to its weight's use
CLEAR = (1 << PART) + 1
State = enum("EMPTY", "WAIT", "SUM", "COIN", "SCALE", "SCAN", "FILL", "WALK", "OFFER")


def longest(vocab_size, topp):
    """Cycles that a draw takes at most, from the last logit on, with a coin at hand.

    The first after a reset waits until CLEAR cycles after that.
    """
    one_pass = vocab_size + INSIDE + 2
    scale, scan = TOPP_FRAC + 1, (1 << PART) + 2
    if not topp:
        return 2 * one_pass + scale + 3
    return (1 + 2 * LEVELS) * one_pass + 2 * (scale + LEVELS * scan) + 3


@block
def sampler(clk, rst, start, temperature, topp, seed, logits, token, vocab_size):
    """Take vocab_size logits, then offer the token that they lead to.

    start        one cycle: keep what follows
    temperature  sampling.temperature_word; 0 takes the largest logit
    topp         TOPP_FRAC bits of fraction; 0 takes all tokens
    seed         64 bits; 0 goes on with the generator's state
    logits       sink VectorStream of one way
    token        source Stream, unsigned index

    One coin per draw, none at temperature 0. A draw searches the key of the token at which
    top-p is reached, PART bits per pass, in sums of weights by those bits; then, among the
    tokens up to it, the key of the one whose share holds the coin, the same way. A bucket
    with a single token ends a search early.

    Latency    at temperature 0 that of argmax; else at most longest(vocab_size, topp)
    Rate       1 logit per cycle; logits.ready falls while a token waits
    Model      myllama.model.sampler, bit exact
    """
    last = vocab_size - 1
    width = (vocab_size << WEIGHT_FRAC).bit_length()
    rate, share = bits(TEMPERATURE_WIDTH), bits(TOPP_FRAC)
    shift, mantissa = bits(6), bits(RATE_WIDTH)
    load = flag()
    coin = Stream(TOPP_FRAC)
    largest = Stream(len(token.data))
    fresh, best, logit = word(logits.width), word(logits.width), word(logits.width)
    write, enters, arrived = flag(), flag(), up_to(last)

    state = Signal(State.EMPTY)
    nucleus, issue, hit, single, scanned, looking = (flag() for _ in range(6))
    index, seen, found = up_to(last), up_to(last), up_to(last)
    flow = Signal(intbv(0)[INSIDE:])  # bit i: i + 1 cycles after an address
    key, weight = bits(KEY_WIDTH), word(WEIGHT_FRAC + 2)
    meant, add_first, add_deep, read_first, read_deep, erase = (flag() for _ in range(6))
    value = word(WEIGHT_FRAC + 2)
    bucket, place, place_d1 = bits(PART), bits(PART), bits(PART)
    first_entry, deep_entry, entry = (bits(width + 1) for _ in range(3))
    level = up_to(LEVELS)
    prefix = [bits(PART), bits(PART), bits(LAST_PART)]
    prefix_0, prefix_1, prefix_2 = prefix
    total, goal, left, factor = bits(width), bits(width), bits(width), bits(TOPP_FRAC)
    scaled = bits(width)
    step = up_to(TOPP_FRAC - 1)
    taken, rest = bits(width), word(width + 1)

    generator = xorshift(clk, rst, load, seed, coin)
    choose = argmax(clk, rst, logits, largest, vocab_size)
    kept = ram_sdp(clk, write, arrived, fresh, issue, index, logit, vocab_size)
    weigh = likelihood(clk, enters, best, logit, shift, mantissa, key, weight)
    first = buckets(
        clk, rst, add_first, bucket, value, read_first, erase, place, first_entry, 1 << PART
    )
    deep = buckets(
        clk, rst, add_deep, bucket, value, read_deep, erase, place, deep_entry, 1 << PART
    )

    @always_comb
    def settings():
        load.next = start and seed != 0
        shift.next = rate[:RATE_WIDTH]
        mantissa.next = rate[RATE_WIDTH:]

    @always_comb
    def arrival():
        enters.next = flow[0]
        write.next = logits.valid and logits.ready
        fresh.next = logits.data.signed()

    @always_seq(clk.posedge, reset=rst)
    def keep():
        if start:
            rate.next = temperature
            share.next = topp
        if write:
            if arrived == 0 or fresh > best:
                best.next = fresh
            if arrived == last:
                arrived.next = 0
            else:
                arrived.next = arrived + 1

    @always_comb
    def offer():
        coin.ready.next = state == State.COIN and not nucleus
        if rate == 0:
            token.valid.next = largest.valid
            token.data.next = largest.data
            largest.ready.next = token.ready
        else:
            token.valid.next = state == State.OFFER
            token.data.next = found
            largest.ready.next = token.ready and state == State.OFFER

    @always_comb
    def tables():
        add_first.next = meant and state == State.SUM and share != 0
        add_deep.next = meant and state == State.FILL
        read_first.next = looking and (state == State.EMPTY or level == 0)
        read_deep.next = looking and (state == State.EMPTY or level != 0)
        erase.next = state == State.EMPTY or level != 0 or not nucleus

    @always(clk.posedge)
    def sort():
        if flow[INSIDE - 2]:
            value.next = weight
            if level == 0:
                bucket.next = key[: LAST_PART + PART]
            elif level == 1:
                bucket.next = key[LAST_PART + PART : LAST_PART]
            else:
                bucket.next = key[LAST_PART:]

    @always_comb
    def choose_entry():
        if level == 0:
            entry.next = first_entry
        else:
            entry.next = deep_entry

    @always_comb
    def take():
        taken.next = entry[width:]
        if state == State.WALK:
            taken.next = value

    @always_comb
    def subtract():
        rest.next = left - taken

    @always_comb
    def multiply():
        scaled.next = goal >> 1
        if factor[0]:
            scaled.next = (goal + total) >> 1

    @always_seq(clk.posedge, reset=rst)
    def search():
        flow.next = concat(flow[INSIDE - 1 :], issue)
        meant.next = (
            flow[INSIDE - 2]
            and (level == 0 or key[: LAST_PART + PART] == prefix_0)
            and (level <= 1 or key[LAST_PART + PART : LAST_PART] == prefix_1)
            and (level <= 2 or key[LAST_PART:] == prefix_2)
        )
        scanned.next = looking and state == State.SCAN
        place_d1.next = place
        if issue:
            if index == last:
                issue.next = False
                index.next = 0
            else:
                index.next = index + 1
        if looking:
            place.next = place + 1 if place != (1 << PART) - 1 else 0
            looking.next = place != (1 << PART) - 1
        if flow[INSIDE - 1]:
            if seen == last:
                seen.next = 0
            else:
                seen.next = seen + 1
        if state == State.EMPTY:
            # After a reset the buckets hold anything.
            looking.next = True
            if place == (1 << PART) - 1:
                looking.next = False
                state.next = State.WAIT
        elif state == State.WAIT:
            total.next = 0
            level.next = 0
            nucleus.next = share != 0
            if largest.valid and rate != 0:
                issue.next = True
                state.next = State.SUM
        elif state == State.SUM:
            if meant:
                total.next = total + value
            if flow[INSIDE - 1] and seen == last:
                state.next = State.COIN
        elif state == State.COIN:
            goal.next = 0
            step.next = 0
            level.next = 0
            factor.next = coin.data
            if nucleus:
                factor.next = share
            if nucleus or coin.valid:
                state.next = State.SCALE
        elif state == State.SCALE:
            goal.next = scaled
            left.next = scaled
            factor.next = factor >> 1
            hit.next = False
            if step != TOPP_FRAC - 1:
                step.next = step + 1
            elif share != 0:
                looking.next = True
                state.next = State.SCAN
            else:
                issue.next = True
                state.next = State.WALK
        elif state == State.SCAN:
            if scanned and not hit:
                if rest < 0:
                    hit.next = True
                    single.next = entry[width] == 0
                    if nucleus:
                        total.next = goal - rest
                    if level == 0:
                        prefix_0.next = place_d1
                    elif level == 1:
                        prefix_1.next = place_d1
                    else:
                        prefix_2.next = place_d1[LAST_PART:]
                else:
                    left.next = rest[width:]
            if not looking and not scanned and hit:
                hit.next = False
                level.next = level + 1
                if single and nucleus:
                    nucleus.next = False
                    state.next = State.COIN
                elif single or level == LEVELS - 1:
                    issue.next = True
                    state.next = State.WALK
                else:
                    issue.next = True
                    state.next = State.FILL
        elif state == State.FILL:
            # The last weight is in its bucket, which may be the first that is read.
            if not issue and flow == 0:
                looking.next = True
                state.next = State.SCAN
        elif state == State.WALK:
            if meant:
                if rest < 0:
                    found.next = seen
                    issue.next = False
                    meant.next = False
                    flow.next = 0
                    index.next = 0
                    seen.next = 0
                    state.next = State.OFFER
                    if nucleus:
                        total.next = goal - rest
                        nucleus.next = False
                        state.next = State.COIN
                else:
                    left.next = rest[width:]
        elif token.ready:
            state.next = State.WAIT

    return insts()

"""The search for the token that a coin falls on, among all or those within top-p."""

from myhdl import Signal, always, always_comb, always_seq, block, enum, modbv

from ..hdl.elaborate import insts
from ..tables import KEY_WIDTH, TOPP_FRAC, WEIGHT_FRAC
from .buckets import buckets
from .stream import bits, flag, up_to, word

PART = 6  # bits of a key that a level of the search tells apart
LEVELS = -(-KEY_WIDTH // PART)
LAST_PART = KEY_WIDTH - PART * (LEVELS - 1)
# Cycles of the steps of a draw: from a pass's end to its goal, and of a level's sums.
GOAL, SCAN = 2 + TOPP_FRAC, (1 << PART) + 5
State = enum("WAIT", "SUM", "COIN", "SCALE", "SCAN", "SCANNED", "FILL", "WALK")


@block
def draw(
    clk, rst, begins, share, partial, coin, next_key, key, weight, weighed, go, drop, found, offers,
    ready, vocab_size,
):  # fmt: skip
    """Draw a token in passes over the weights of all.

    begins   they can be given; high until the token is taken
    share    top-p, of TOPP_FRAC bits, if partial; both steady meanwhile
    coin     sink Stream
    next_key, key, weight, weighed, go, drop  see rtl.weigh; drop is high until the next draw, too
    found    the token while offers, until ready

    Latency  see sampler.longest
    """
    last, top = vocab_size - 1, (1 << PART) - 1
    width = (vocab_size << WEIGHT_FRAC).bit_length()
    state = Signal(State.WAIT)
    # What many look at: of the present state, and of the one in the cycle before.
    starts, scales, settles, mends = (flag() for _ in range(4))
    rests, summing, scaled, filling, walking = (flag() for _ in range(5))
    empties = Signal(bool(1))  # the buckets, which hold anything after a reset
    nucleus, single, alone, looking, scanned, scanned_d1, quiet = (flag() for _ in range(7))
    only_one = last == 0
    # Of the token whose weight came a cycle before, and of that before it.
    seen, at_last, seen_d1, ended = up_to(last), Signal(bool(only_one)), up_to(last), flag()
    weighed_d1, means, meant, sums = (flag() for _ in range(4))
    in_first, in_second, in_third = flag(), flag(), flag()
    add_first, add_deep, read_first, read_deep, erase = (flag() for _ in range(5))
    value = word(WEIGHT_FRAC + 2)
    bucket, place, at_top = bits(PART), Signal(modbv(0)[PART:]), flag()
    first_entry, deep_entry = bits(width + 1), bits(width + 1)
    level = up_to(LEVELS)
    prefix_0, prefix_1, prefix_2 = bits(PART), bits(PART), bits(LAST_PART)
    total = Signal(modbv(0)[width:])
    goal, half, factor = bits(width), bits(width), bits(TOPP_FRAC)
    step, last_step, has_factor = up_to(TOPP_FRAC - 1), flag(), flag()
    # The goal less the parts that came; once negative it stays, and `former` is the last that
    # was not.
    part, left, former = bits(width), word(width + 1), word(width + 1)
    counts, subtracts, over = flag(), flag(), flag()
    spot = Signal(modbv(0)[PART:])  # bucket of the last part

    first = buckets(
        clk, rst, add_first, bucket, value, read_first, erase, place, first_entry, 1 << PART
    )
    deep = buckets(
        clk, rst, add_deep, bucket, value, read_deep, erase, place, deep_entry, 1 << PART
    )

    @always_comb
    def tables():
        read_first.next = looking and (empties or level == 0)
        read_deep.next = looking and (empties or level != 0)
        erase.next = empties or level != 0 or not nucleus

    @always(clk.posedge)
    def sort():
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
    def flags():
        over.next = left < 0
        subtracts.next = counts and not left < 0
        coin.ready.next = scales and not scaled and not nucleus

    @always(clk.posedge)
    def subtract():
        if subtracts:
            left.next = left - part
            former.next = left
            found.next = seen_d1
            spot.next = spot + 1
            single.next = alone
        elif scaled:
            left.next = goal
        elif mends:
            left.next = former
        if scaled or filling:
            spot.next = top

    @always_comb
    def multiply():
        half.next = goal >> 1
        if factor[0]:
            half.next = (goal + total) >> 1

    @always(clk.posedge)
    def compare():
        in_first.next = level == 0 or next_key[: LAST_PART + PART] == prefix_0
        in_second.next = level <= 1 or next_key[LAST_PART + PART : LAST_PART] == prefix_1
        in_third.next = level <= 2 or next_key[LAST_PART:] == prefix_2

    @always_comb
    def pick():
        means.next = weighed and not drop and in_first and in_second and in_third

    @always_seq(clk.posedge, reset=rst)
    def follow():
        weighed_d1.next = weighed and not drop
        meant.next = means
        sums.next = means and summing
        add_first.next = means and summing and partial
        add_deep.next = means and filling
        ended.next = weighed_d1 and at_last and not drop
        seen_d1.next = seen
        if drop or (weighed_d1 and at_last):
            seen.next = 0
            at_last.next = only_one
        elif weighed_d1:
            seen.next = seen + 1
            at_last.next = seen == last - 1
        starts.next = begins and not offers and not empties
        # Long before the first weight.
        rests.next = state == State.WAIT
        summing.next = state == State.SUM
        filling.next = state == State.FILL
        walking.next = state == State.WALK
        scaled.next = scales
        has_factor.next = nucleus or coin.valid
        last_step.next = step == TOPP_FRAC - 2
        at_top.next = looking and place == top - 1
        quiet.next = not (looking or scanned or scanned_d1)
        scanned.next = looking and state == State.SCAN
        scanned_d1.next = scanned
        counts.next = scanned_d1 or (meant and walking and not drop)

    @always(clk.posedge)
    def sum_up():
        if rests:
            total.next = 0
        elif sums:
            total.next = total + value
        elif settles and not nucleus and partial:
            # The sum up to the token at which top-p is reached; what is left is negative.
            total.next = goal - left[width:]

    @always(clk.posedge)
    def scale():
        if settles:
            goal.next = 0
        elif scales:
            goal.next = half
        if scales:
            factor.next = factor >> 1
        elif nucleus:
            factor.next = share
        else:
            factor.next = coin.data

    @always_seq(clk.posedge, reset=rst)
    def search():
        go.next = False
        settles.next = False
        mends.next = False
        if offers and ready:
            offers.next = False
        if looking:
            place.next = place + 1
        looking.next = (looking or empties) and not at_top
        if at_top:
            empties.next = False
        if state == State.WAIT:
            level.next = 0
            nucleus.next = partial
            if starts and not offers:
                drop.next = False
                go.next = True
                state.next = State.SUM
        elif state == State.SUM:
            if ended:
                drop.next = True
                settles.next = True
                state.next = State.COIN
        elif state == State.COIN:
            step.next = 0
            level.next = 0
            if has_factor and not settles:
                drop.next = False
                scales.next = True
                state.next = State.SCALE
        elif state == State.SCALE:
            if not last_step:
                step.next = step + 1
            else:
                scales.next = False
                if partial:
                    looking.next = True
                    state.next = State.SCAN
                else:
                    go.next = True
                    state.next = State.WALK
        elif state == State.SCAN:
            if quiet and not looking:
                # What is left stays negative where it belongs to the next goal.
                mends.next = not (single and nucleus)
                state.next = State.SCANNED
        elif state == State.SCANNED:
            if level == 0:
                prefix_0.next = spot
            elif level == 1:
                prefix_1.next = spot
            else:
                prefix_2.next = spot[LAST_PART:]
            level.next = level + 1
            if single and nucleus:
                nucleus.next = False
                drop.next = True
                settles.next = True
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
        else:
            settles.next = over and nucleus
            if over:
                drop.next = True
                if nucleus:
                    nucleus.next = False
                    state.next = State.COIN
                else:
                    offers.next = True
                    state.next = State.WAIT

    return insts()

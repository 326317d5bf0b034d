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
State = enum(
    "EMPTY", "WAIT", "SUM", "SETTLE", "COIN", "SCALE", "SCAN", "SCANNED", "FILL", "WALK", "OFFER"
)


@block
def draw(
    clk, rst, begins, share, partial, coin, key, weight, weighed, go, drop, found, offers, ready,
    vocab_size,
):  # fmt: skip
    """Draw a token in passes over the weights of all.

    begins   they can be given; high until the token is taken
    share    top-p, of TOPP_FRAC bits, if partial; both steady meanwhile
    coin     sink Stream
    key, weight, weighed, go, drop  see rtl.weigh; drop is high, too, while a token is offered
    found    the token while offers, until ready

    Latency  see sampler.longest
    """
    last, top = vocab_size - 1, (1 << PART) - 1
    width = (vocab_size << WEIGHT_FRAC).bit_length()
    state = Signal(State.EMPTY)
    nucleus, single, alone, looking, scanned, scanned_d1 = (flag() for _ in range(6))
    ended, walking, scales, scaled, quiet = (flag() for _ in range(5))
    only_one = last == 0
    seen, at_last = up_to(last), Signal(bool(only_one))
    weighed_d1, weighed_d2, means, meant, sums = (flag() for _ in range(5))
    add_first, add_deep, read_first, read_deep, erase = (flag() for _ in range(5))
    value = word(WEIGHT_FRAC + 2)
    bucket, place = bits(PART), bits(PART)
    first_entry, deep_entry = bits(width + 1), bits(width + 1)
    level = up_to(LEVELS)
    prefix_0, prefix_1, prefix_2 = bits(PART), bits(PART), bits(LAST_PART)
    total = Signal(modbv(0)[width:])
    goal, half, factor = bits(width), bits(width), bits(TOPP_FRAC)
    step = up_to(TOPP_FRAC - 1)
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
        read_first.next = looking and (state == State.EMPTY or level == 0)
        read_deep.next = looking and (state == State.EMPTY or level != 0)
        erase.next = state == State.EMPTY or level != 0 or not nucleus

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
        ended.next = weighed_d2 and at_last
        quiet.next = not (looking or scanned or scanned_d1 or counts)
        coin.ready.next = state == State.COIN and not nucleus

    @always(clk.posedge)
    def subtract():
        if subtracts:
            left.next = left - part
            former.next = left
            found.next = seen
            spot.next = spot + 1
            single.next = alone
        elif scaled:
            left.next = goal
            spot.next = top
        elif state == State.SCANNED:
            spot.next = top
            if not (single and nucleus):
                left.next = former

    @always_comb
    def multiply():
        half.next = goal >> 1
        if factor[0]:
            half.next = (goal + total) >> 1

    @always_comb
    def pick():
        means.next = (
            weighed
            and not drop
            and (level == 0 or key[: LAST_PART + PART] == prefix_0)
            and (level <= 1 or key[LAST_PART + PART : LAST_PART] == prefix_1)
            and (level <= 2 or key[LAST_PART:] == prefix_2)
        )

    @always_seq(clk.posedge, reset=rst)
    def follow():
        weighed_d1.next = weighed and not drop
        weighed_d2.next = weighed_d1 and not drop
        meant.next = means
        sums.next = means and state == State.SUM
        add_first.next = means and state == State.SUM and partial
        add_deep.next = means and state == State.FILL
        if drop or ended:
            seen.next = 0
            at_last.next = only_one
        elif weighed_d2:
            seen.next = seen + 1
            at_last.next = seen == last - 1
        walking.next = state == State.WALK  # for many, long before the first weight
        scaled.next = scales
        scanned.next = looking and state == State.SCAN
        scanned_d1.next = scanned
        counts.next = scanned_d1 or (meant and walking and not drop)

    @always(clk.posedge)
    def sum_up():
        if sums:
            total.next = total + value
        elif state == State.WAIT:
            total.next = 0
        elif state == State.SETTLE and not nucleus and partial:
            # The sum up to the token at which top-p is reached; what is left is negative.
            total.next = goal - left[width:]

    @always(clk.posedge)
    def scale():
        if scales:
            goal.next = half
            factor.next = factor >> 1
        elif state == State.COIN:
            goal.next = 0
            factor.next = coin.data
            if nucleus:
                factor.next = share

    @always_seq(clk.posedge, reset=rst)
    def search():
        go.next = False
        if looking:
            place.next = place + 1 if place != top else 0
            looking.next = place != top
        if state == State.EMPTY:
            # After a reset the buckets hold anything.
            looking.next = True
            if place == top:
                looking.next = False
                state.next = State.WAIT
        elif state == State.WAIT:
            level.next = 0
            nucleus.next = partial
            if begins:
                go.next = True
                state.next = State.SUM
        elif state == State.SUM:
            if ended:
                drop.next = True
                state.next = State.SETTLE
        elif state == State.SETTLE:
            step.next = 0
            level.next = 0
            state.next = State.COIN
        elif state == State.COIN:
            if nucleus or coin.valid:
                drop.next = False
                scales.next = True
                state.next = State.SCALE
        elif state == State.SCALE:
            if step != TOPP_FRAC - 1:
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
            if quiet:
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
                state.next = State.SETTLE
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
            if over:
                drop.next = True
                if nucleus:
                    nucleus.next = False
                    state.next = State.SETTLE
                else:
                    offers.next = True
                    state.next = State.OFFER
        elif ready:
            drop.next = False
            offers.next = False
            state.next = State.WAIT

    return insts()

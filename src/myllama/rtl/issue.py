"""The engine's control: which word enters its pipeline in which cycle."""

from myhdl import Signal, always_comb, always_seq, block, enum

from ..hdl.elaborate import insts
from .command import EMBED, MATVEC, SCORES, VALUES, KvRead
from .kv_request import kv_request
from .stream import flag, up_to

State = enum("IDLE", "RUN", "DRAIN")

# Cycles from a command's transfer to Issue of its first word; from `emptied` to the next.
LATENCY, TURNAROUND = 2, 1
# Pipeline stages, counted from Issue: where the memory of activations is addressed, the operands'
# and the products' registers.
ADDRESS = KvRead.READ_LATENCY - 2
READ, OPERAND, PRODUCT = ADDRESS + 2, ADDRESS + 3, ADDRESS + 4


class Stages:
    """Stages of the pipeline after Issue, for a Geometry.

    captured  VALUES: the sums are complete; a way more is one addition more
    root      the tree's sum; a row is complete one later
    scored    scores are rounded
    count     stages in all; words of VALUES leave after captured
    places    of each FIFO of results
    """

    def __init__(self, geometry):
        self.captured = PRODUCT + geometry.ways
        self.root = PRODUCT + geometry.columns.bit_length() - 1
        tap = PRODUCT + geometry.head_lanes.bit_length() - 1
        self.scored = tap + 1 if geometry.parts == 1 else self.root + 2
        self.count = max(self.root + 1, self.scored) + 1
        self.places = 1 << (self.root + 6 - 1).bit_length()


class Issue:
    """What enters the pipeline: one word of one result.

    first, last  the first and the last word of its result
    ending        a word of the command's last result
    act_addr, weight_addr  where its operands are
    lane         EMBED: the hot lane
    """

    def __init__(self, geometry, weight_depth):
        self.valid, self.first, self.last, self.ending = flag(), flag(), flag(), flag()
        self.act_addr = up_to(geometry.act_depth - 1)
        self.weight_addr = up_to(weight_depth - 1)
        self.lane = up_to(geometry.columns - 1)


class Control:
    """The command in work: one of these, attend with SCORES and VALUES; none is MATVEC.

    With two ways: `way` of EMBED, and whether the last transfer of SCORES has a `single`
    position.
    """

    def __init__(self):
        self.embed, self.scores, self.values, self.attend = flag(), flag(), flag(), flag()
        self.way, self.single = flag(), flag()


@block
def issue(
    clk,
    rst,
    command,
    room,
    weight_valid,
    weight_last,
    emptied,
    item,
    control,
    reserve,
    take,
    kv,
    done,
    geometry,
):
    """Walk through the words of one command after another.

    room          a result more has a place
    weight_valid, weight_last  VALUES: a word of softmax weights is there; the last one
    emptied       after the last word was issued: all results have left the block
    item          Issue, registered; kv (its requests) in the same cycle
    reserve       a result starts; before item by a cycle
    take          VALUES: a word of softmax weights, if there is one, is used; likewise
    """
    g = geometry
    parts, lanes_last, ways = g.parts, g.columns - 1, g.ways
    way_bits = ways - 1
    inner_most = max(g.most_words, ways) - 1
    state = Signal(State.IDLE)
    # The states before and while words enter, as flags of their own: others wait for them.
    idle, running = Signal(bool(1)), flag()
    steps, weighs, go, last, finishes = (flag() for _ in range(5))
    # Of the words of a result: this is the first, the last; of the results: this is the last.
    opens, closes, ending = flag(), flag(), flag()
    # control.values has hundreds of loads; this is the same while words of VALUES enter.
    weighing = flag()
    inner = up_to(inner_most)
    words = up_to(inner_most + 1)
    left = up_to(max(g.most_rows, g.config.seq_len))  # SCORES: after this one
    act_base, act_addr = up_to(g.act_depth - 1), up_to(g.act_depth - 1)
    weight_addr = up_to(item.weight_addr.max - 1)
    hot = up_to(lanes_last)

    requests = kv_request(
        clk, rst, command, idle, steps, weighs, closes, ending, weight_last, control, kv, g
    )

    @always_comb
    def step():
        # What counts results takes no notice of VALUES, which is one result: weights come from
        # far, and would lead through all of it.
        steps.next = running and (room or not opens)
        weighs.next = weighing and weight_valid

    @always_comb
    def decide():
        if weighing:
            go.next = weight_valid
            last.next = weight_last
            finishes.next = weight_valid and weight_last
        else:
            go.next = steps
            last.next = closes
            finishes.next = steps and closes and ending

    @always_comb
    def effects():
        command.ready.next = idle
        reserve.next = running and opens and room and not weighing
        take.next = weighing

    @always_seq(clk.posedge, reset=rst)
    def fsm():
        done.next = False
        if idle and command.valid:
            state.next = State.RUN
            idle.next = False
            running.next = True
            weighing.next = command.mode == VALUES
        if finishes:
            state.next = State.DRAIN
            running.next = False
            weighing.next = False
        if state == State.DRAIN and emptied:
            done.next = True
            state.next = State.IDLE
            idle.next = True

    @always_seq(clk.posedge, reset=rst)
    def modes():
        if idle and command.valid:
            control.embed.next = command.mode == EMBED
            control.scores.next = command.mode == SCORES
            control.values.next = command.mode == VALUES
            control.attend.next = command.mode == SCORES or command.mode == VALUES

    if ways > 1:

        @always_seq(clk.posedge, reset=rst)
        def sides():
            if idle and command.valid:
                control.way.next = command.way
                control.single.next = not command.pos[0]

    @always_seq(clk.posedge, reset=rst)
    def count_words():
        if idle:
            inner.next = 0
            opens.next = True
            if command.valid:
                if command.mode == MATVEC:
                    words.next = command.words
                    closes.next = command.words == 1
                elif command.mode == SCORES:
                    words.next = parts
                    closes.next = parts == 1
                else:
                    words.next = ways
                    closes.next = ways == 1
        elif steps:
            opens.next = closes
            if closes:
                inner.next = 0
                closes.next = words == 1
            else:
                inner.next = inner + 1
                closes.next = inner + 2 == words

    @always_seq(clk.posedge, reset=rst)
    def count_results():
        if idle:
            left.next = 0
            ending.next = True
            if command.valid:
                if command.mode == EMBED or command.mode == MATVEC:
                    left.next = command.rows
                    ending.next = command.rows == 1
                elif command.mode == SCORES:
                    left.next = command.pos >> way_bits
                    ending.next = command.pos >> way_bits == 0
        elif steps and closes and not ending:
            left.next = left - 1
            if control.scores:
                ending.next = left == 1
            else:
                ending.next = left == 2

    @always_seq(clk.posedge, reset=rst)
    def address():
        if idle:
            act_base.next = command.act_base
            act_addr.next = command.act_base
            weight_addr.next = command.weight_addr
            hot.next = 0
        elif steps and not (closes and ending):
            # VALUES moves none of these.
            if closes:
                act_addr.next = act_base
            elif not control.values:
                act_addr.next = act_addr + 1
            if control.embed and hot != lanes_last:
                hot.next = hot + 1
            elif not control.attend:
                hot.next = 0
                weight_addr.next = weight_addr + 1

    @always_seq(clk.posedge, reset=rst)
    def emit():
        item.valid.next = go
        item.first.next = opens
        item.last.next = last
        item.ending.next = ending
        item.act_addr.next = act_addr
        item.weight_addr.next = weight_addr
        item.lane.next = hot

    return insts()

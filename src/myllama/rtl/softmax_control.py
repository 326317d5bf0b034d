"""The two passes of softmax."""

from myhdl import Signal, always_comb, always_seq, block, concat, enum

from ..hdl.elaborate import insts
from . import log2_sum, merge_sums, softmax_slot
from .stream import bits, flag, up_to

State = enum("COLLECT", "SETTLE", "LOG", "WEIGH", "EMPTY")

# Cycles from a transfer to its power, and from a read to its weight.
INSIDE, RECALLED = softmax_slot.LATENCY + 1, softmax_slot.RECALL_LATENCY + 1
# Cycles from a read until its slot looks at the logarithm.
_BEFORE_LOG = 2


def log_cycles(slots, ways):
    """Cycles until the slots may read: the last one's logarithm then comes in time."""
    inside = log2_sum.LATENCY + (merge_sums.LATENCY if ways > 1 else 0)
    return slots + 1 + inside - _BEFORE_LOG


@block
def count_rounds(clk, rst, load, length, moves, last):
    """last: the next move is the last one of a round, of length + 1 moves; read with load."""
    size, left = up_to(length.max - 1), up_to(length.max - 1)

    @always_seq(clk.posedge, reset=rst)
    def count():
        if load:
            size.next = length
            left.next = length
            last.next = length == 0
        elif moves:
            if last:
                left.next = size
                last.next = size == 0
            else:
                left.next = left - 1
                last.next = left == 1

    return insts()


@block
def softmax_control(
    clk, rst, scores, weights, room, clear, t, write, weighs, read, push, steps, pick, shift, slots,
    words, parts, ways,
):  # fmt: skip
    """Walk t over a group's score words, once to sum them up, `parts` times to weigh them.

    Nothing stalls: a read waits until there is a place for its weights.

    weights  its last is driven
    room     there is such a place
    clear    every weight that was read for has been taken
    write    store the score word at t
    weighs   fetch the score word at t, again and again until there is a place
    read     there is, and t moves on
    push     weights are there
    steps    Steps of the slots
    pick     the slot whose sum is next to be looked at
    shift    logarithms move to their slots
    """
    last_part, last_log, last_slot = parts - 1, log_cycles(slots, ways) - 1, slots - 1

    state = Signal(State.COLLECT)
    # The state in which words come, as a flag of its own; weighs is that in which they go.
    collects = Signal(bool(1))
    count = up_to(max(INSIDE, last_log))
    part = up_to(last_part)
    opens, ends, ended, closes, gives = (flag() for _ in range(5))
    t_d1 = up_to(words - 1)
    # Bit i: the scores i + 1 cycles after their transfer, or after their read.
    summed, first = bits(INSIDE - 1), bits(2)
    weighed, shifts = bits(RECALLED), bits(_BEFORE_LOG)

    @always_comb
    def decide():
        scores.ready.next = collects
        write.next = collects and scores.valid
        read.next = weighs and room
        opens.next = collects and scores.valid and t == 0
        ends.next = collects and scores.valid and scores.last
        gives.next = weights.valid and weights.ready

    @always_comb
    def step():
        steps.follow.next = summed[1]
        steps.restart_maximum.next = first[1]
        steps.recall.next = weighed[0]
        push.next = weighed[RECALLED - 1]
        shift.next = shifts[_BEFORE_LOG - 1]

    @always_seq(clk.posedge, reset=rst)
    def accompany():
        summed.next = concat(summed[INSIDE - 2 :], write)
        first.next = concat(first[1:], opens)
        weighed.next = concat(weighed[RECALLED - 1 :], read)
        steps.add.next = summed[INSIDE - 2]
        shifts.next = concat(shifts[_BEFORE_LOG - 1 :], state == State.LOG)
        # The last word is known late; its number is wanted only when the logarithms are there.
        ended.next = ends
        t_d1.next = t

    u_reads = count_rounds(clk, rst, ended, t_d1, read, closes)
    u_gives = count_rounds(clk, rst, ended, t_d1, gives, weights.last)

    if ways > 1:
        single = flag()
        # As summed and weighed, of transfers of which the second way has no position.
        summed_alone, weighed_alone = bits(INSIDE - 1), bits(RECALLED)

        @always_seq(clk.posedge, reset=rst)
        def follow_single():
            summed_alone.next = concat(summed_alone[INSIDE - 2 :], ends and scores.single)
            steps.add_second.next = summed[INSIDE - 2] and not summed_alone[INSIDE - 2]
            weighed_alone.next = concat(weighed_alone[RECALLED - 1 :], read and closes and single)
            if ends:
                single.next = scores.single

        @always_comb
        def miss():
            steps.no_score.next = summed_alone[0]
            steps.no_weight.next = weighed_alone[RECALLED - 1]

    @always_seq(clk.posedge, reset=rst)
    def choose_slot():
        if state == State.LOG:
            if pick != last_slot:
                pick.next = pick + 1
        else:
            pick.next = 0

    @always_seq(clk.posedge, reset=rst)
    def fsm():
        if state == State.COLLECT:
            count.next = 0
            if write:
                if scores.last:
                    t.next = 0
                    collects.next = False
                    state.next = State.SETTLE
                else:
                    t.next = t + 1
        elif state == State.SETTLE:
            if count == INSIDE - 1:
                count.next = 0
                state.next = State.LOG
            else:
                count.next = count + 1
        elif state == State.LOG:
            if count == last_log:
                weighs.next = True
                state.next = State.WEIGH
            else:
                count.next = count + 1
        elif state == State.WEIGH:
            if room:
                if not closes:
                    t.next = t + 1
                else:
                    t.next = 0
                    if part == last_part:
                        part.next = 0
                        weighs.next = False
                        state.next = State.EMPTY
                    else:
                        part.next = part + 1
        elif clear:
            collects.next = True
            state.next = State.COLLECT

    return insts()

"""The two passes of softmax."""

from myhdl import Signal, always_comb, always_seq, block, concat, enum, intbv

from ..hdl.elaborate import insts
from . import log2_sum, merge_sums, softmax_slot
from .stream import flag, up_to

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
def softmax_control(
    clk, rst, scores, room, clear, t, write, read, push, last, steps, pick, shift, slots, words,
    parts, ways,
):  # fmt: skip
    """Walk t over a group's score words, once to sum them up, `parts` times to weigh them.

    Nothing stalls: a read waits until there is a place for its weights.

    room     there is one
    clear    every weight that was read for has been taken
    write    store the score word at t
    read     fetch the score word at t
    push     weights are there; last: the last ones of a part
    steps    Steps of the slots
    pick     the slot whose sum is next to be looked at
    shift    logarithms move to their slots
    """
    last_part, last_log, last_slot = parts - 1, log_cycles(slots, ways) - 1, slots - 1

    state = Signal(State.COLLECT)
    # The states in which words come and go, as flags of their own.
    collects, weighs = Signal(bool(1)), flag()
    count = up_to(max(INSIDE, last_log))
    last_t = up_to(words - 1)
    left = up_to(words - 1)  # to read, after this one
    part = up_to(last_part)
    opens, closes, ends = flag(), flag(), flag()
    # Bit i: the scores i + 1 cycles after their transfer, or after their read.
    summed, first = Signal(intbv(0)[INSIDE:]), Signal(intbv(0)[2:])
    weighed, ending = Signal(intbv(0)[RECALLED:]), Signal(intbv(0)[RECALLED:])
    shifts = Signal(intbv(0)[_BEFORE_LOG:])

    @always_comb
    def decide():
        scores.ready.next = collects
        write.next = collects and scores.valid
        read.next = weighs and room
        opens.next = collects and scores.valid and t == 0
        ends.next = weighs and room and closes

    @always_comb
    def step():
        steps.follow.next = summed[1]
        steps.restart_maximum.next = first[1]
        steps.recall.next = weighed[0]
        steps.add.next = summed[INSIDE - 1]
        push.next = weighed[RECALLED - 1]
        last.next = ending[RECALLED - 1]
        shift.next = shifts[_BEFORE_LOG - 1]

    @always_seq(clk.posedge, reset=rst)
    def accompany():
        summed.next = concat(summed[INSIDE - 1 :], write)
        first.next = concat(first[1:], opens)
        weighed.next = concat(weighed[RECALLED - 1 :], read)
        ending.next = concat(ending[RECALLED - 1 :], ends)
        shifts.next = concat(shifts[_BEFORE_LOG - 1 :], state == State.LOG)

    if ways > 1:
        single = flag()
        lone = Signal(intbv(0)[INSIDE:])

        @always_seq(clk.posedge, reset=rst)
        def follow_single():
            lone.next = concat(lone[INSIDE - 1 :], write and scores.last and scores.single)
            if write:
                single.next = scores.last and scores.single

        @always_comb
        def miss():
            steps.no_score.next = lone[1]
            steps.no_power.next = lone[INSIDE - 1] or (ending[RECALLED - 1] and single)

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
            if scores.valid:
                if scores.last:
                    last_t.next = t
                    left.next = t
                    closes.next = t == 0
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
                    left.next = left - 1
                    closes.next = left == 1
                else:
                    t.next = 0
                    left.next = last_t
                    closes.next = last_t == 0
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

"""The two passes of softmax."""

from myhdl import Signal, always_comb, always_seq, block, concat, enum, intbv

from ..hdl.elaborate import insts
from . import log2_sum, merge_sums, softmax_slot
from .stream import flag, up_to

State = enum("COLLECT", "SETTLE", "LOG", "WEIGH", "EMPTY")

# Cycles from a transfer to its power.
INSIDE = softmax_slot.LATENCY + 1


def log_cycles(slots, ways):
    """Cycles until the logarithm of every slot has come to its slot."""
    return slots + log2_sum.LATENCY + (merge_sums.LATENCY if ways > 1 else 0)


@block
def softmax_control(
    clk, rst, scores, weights, advance, t, write, read, recall, steps, shift, slots, words, parts,
    ways,
):  # fmt: skip
    """Walk t over a group's score words, once to sum them up, `parts` times to weigh them.

    advance  everything moves
    write    store the score word at t
    read     fetch the score word at t
    recall   the slots take the word just read, not the one just written
    steps    Steps of the slots
    shift    sums move to the logarithm, logarithms to their slots
    """
    last_part, last_log = parts - 1, log_cycles(slots, ways) - 1

    state = Signal(State.COLLECT)
    count = up_to(max(INSIDE, last_log + 1))
    last_t = up_to(words - 1)
    part = up_to(last_part)
    opens, closes, ends = flag(), flag(), flag()
    # Bit i: the scores i + 1 cycles after their transfer, or after their read.
    summed, first = Signal(intbv(0)[INSIDE:]), Signal(intbv(0)[2:])
    weighed, last = Signal(intbv(0)[INSIDE:]), Signal(intbv(0)[INSIDE:])

    @always_comb
    def control():
        advance.next = weights.ready or not weighed[INSIDE - 1]

    @always_comb
    def offer():
        weights.valid.next = weighed[INSIDE - 1]
        weights.last.next = last[INSIDE - 1]

    @always_comb
    def decide():
        # Nothing waits for weights.ready then.
        scores.ready.next = state == State.COLLECT
        write.next = state == State.COLLECT and scores.valid
        read.next = advance and state == State.WEIGH
        shift.next = state == State.LOG
        opens.next = state == State.COLLECT and scores.valid and t == 0
        closes.next = t == last_t
        ends.next = advance and state == State.WEIGH and t == last_t

    @always_comb
    def step():
        recall.next = weighed[0]
        steps.follow.next = summed[1]
        steps.restart_maximum.next = first[1]
        steps.weigh.next = weighed[2]
        steps.add.next = summed[INSIDE - 1]

    @always_seq(clk.posedge, reset=rst)
    def accompany():
        if advance:
            summed.next = concat(summed[INSIDE - 1 :], write)
            first.next = concat(first[1:], opens)
            weighed.next = concat(weighed[INSIDE - 1 :], read)
            last.next = concat(last[INSIDE - 1 :], ends)

    if ways > 1:
        single = flag()
        lone = Signal(intbv(0)[INSIDE:])

        @always_seq(clk.posedge, reset=rst)
        def follow_single():
            if advance:
                if write:
                    single.next = scores.last and scores.single
                    lone.next = concat(lone[INSIDE - 1 :], scores.last and scores.single)
                else:
                    lone.next = concat(lone[INSIDE - 1 :], ends and single)

        @always_comb
        def miss():
            steps.no_score.next = lone[1]
            steps.no_power.next = lone[INSIDE - 1]

    @always_seq(clk.posedge, reset=rst)
    def fsm():
        if advance:
            if state == State.COLLECT:
                count.next = 0
                if scores.valid:
                    if scores.last:
                        last_t.next = t
                        t.next = 0
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
                    state.next = State.WEIGH
                else:
                    count.next = count + 1
            elif state == State.WEIGH:
                if not closes:
                    t.next = t + 1
                else:
                    t.next = 0
                    if part == last_part:
                        part.next = 0
                        state.next = State.EMPTY
                    else:
                        part.next = part + 1
            elif weighed == 0:
                state.next = State.COLLECT

    return insts()

"""Answers of a decoder: tokens and how a story ended, as bytes."""

from myhdl import Signal, always_comb, always_seq, block, enum

from ..hdl.elaborate import insts
from .admission import START_BUSY, STATUS_WIDTH
from .slice import register_slice
from .stream import Stream, bits, flag

# The upper bit of a word says that it ends a story, the lower ones then are its status: that of
# rtl.admission, and
NUMBER_RANGE = STATUS_WIDTH  # a number of the order has too many bits: nothing runs
LINE = STATUS_WIDTH + 1  # a break, or a byte without a stop bit: all is as after a reset
END = 15  # the upper bit's number

State = enum("IDLE", "RUN", "END")


@block
def in_halves(clk, rst, din, dout):
    """Words of two bytes as bytes, the lower first.

    Latency  none
    Rate     1 byte per cycle
    """
    second, high = flag(), bits(8)

    @always_comb
    def offer():
        dout.valid.next = din.valid or second
        if second:
            dout.data.next = high
        else:
            dout.data.next = din.data[8:]

    @always_comb
    def take():
        din.ready.next = dout.ready and not second

    @always_seq(clk.posedge, reset=rst)
    def turn():
        if dout.ready and (din.valid or second):
            second.next = not second
            high.next = din.data[16:8]

    return insts()


@block
def answers(clk, rst, started, refused, late, broken, token, done, status, running, dout):
    """A word per token, then one that says how the story ended.

    started, refused  one cycle: an order was; see orders
    late     an order came too early, which the story's status says
    broken   one cycle: whatever runs is over, with LINE
    token    sink Stream of at most END bits, while a story runs
    done, status  of the decoder
    running  from started, refused or broken until the last word is on its way
    dout     source Stream of bytes

    Latency  1 cycle from a token to its first byte, 2 cycles from done, refused or broken
    Rate     1 byte per cycle
    """
    state = Signal(State.IDLE)
    story, busy, number, line = bits(STATUS_WIDTH), flag(), flag(), flag()
    word, spoken = Stream(END + 1), Stream(END + 1)

    # The way of ready from the line into the sequencer ends here.
    between = register_slice(clk, rst, word, spoken)
    halves = in_halves(clk, rst, spoken, dout)

    @always_comb
    def offer():
        word.valid.next = state == State.END or (state == State.RUN and token.valid)
        word.data.next = token.data
        if state == State.END:
            word.data.next = story
            word.data.next[START_BUSY] = story[START_BUSY] or busy or late
            word.data.next[NUMBER_RANGE] = number
            word.data.next[LINE] = line
            word.data.next[END] = True

    @always_comb
    def take():
        token.ready.next = word.ready and state == State.RUN
        running.next = state != State.IDLE

    @always_seq(clk.posedge, reset=rst)
    def walk():
        if late:
            busy.next = True
        if state == State.IDLE:
            story.next = 0
            busy.next = False
            number.next = refused
            line.next = False
            if started:
                state.next = State.RUN
            elif refused:
                state.next = State.END
        elif state == State.RUN:
            if done:
                story.next = status
                state.next = State.END
        elif word.ready:
            state.next = State.IDLE
        if broken:
            story.next = 0
            busy.next = False
            number.next = False
            line.next = True
            state.next = State.END

    return insts()

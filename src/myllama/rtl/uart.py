"""Bytes over two wires: eight bits each, the lowest first, no parity, one stop bit."""

from myhdl import Signal, always, always_comb, always_seq, block, concat, enum

from ..errors import InputError
from ..hdl.elaborate import insts
from .stream import bits, flag, up_to

FRAME = 10  # bits of a byte on the line: start, the byte, stop
LEAST_DIVISOR = 8
TOLERANCE = 0.02  # of a rate; the receiver bears 0.03 and leaves the rest to the other end
LATENCY = 3  # cycles of the receiver beside the bits: from the middle of the stop bit to valid

Receive = enum("IDLE", "START", "DATA", "STOP", "BREAK")


def divisor_of(clock, baud):
    """Cycles per bit of a clock in MHz; InputError if they are too few or too far from baud."""
    cycles = round(clock * 1e6 / baud)
    asked = f"baud is {baud:.0f}, but"
    if cycles < LEAST_DIVISOR:
        raise InputError(
            f"{asked} a clock of {clock:g} MHz has {LEAST_DIVISOR} cycles per bit only up to"
            f" {int(clock * 1e6 / LEAST_DIVISOR)}; give a lower one"
        )
    made = clock * 1e6 / cycles
    if abs(made / baud - 1) > TOLERANCE:
        raise InputError(
            f"{asked} of a clock of {clock:g} MHz {made:.0f} is the nearest, more than"
            f" {TOLERANCE:.0%} off; give that"
        )
    return cycles


class Received:
    """What a line brings: a byte while valid, or broken: a frame that does not stop.

    valid and broken are high for one cycle, and the byte stays until the next begins.
    """

    def __init__(self):
        self.data = bits(FRAME - 2)
        self.valid, self.broken = flag(), flag()


@block
def receiver(clk, rst, line, received, divisor):
    """Bytes from a line, each bit taken in its middle.

    line      from outside, in step with no clock; high at rest
    received  Received; a start bit that is over before its middle is none
    divisor   cycles per bit, at least LEAST_DIVISOR

    A line that stays low is broken once, and nothing is heard until it is high.

    Latency   9 bits and a half and LATENCY cycles from the fall of the line to valid
    Rate      a byte in 9 bits and a half, from a sender whose bits are up to 3 % off
    """
    half, whole = divisor // 2 - 1, divisor - 1
    early, level = Signal(bool(1)), Signal(bool(1))
    state = Signal(Receive.IDLE)
    count, index = up_to(whole), up_to(FRAME - 3)

    @always(clk.posedge)
    def synchronize():
        early.next = line
        level.next = early

    @always_seq(clk.posedge, reset=rst)
    def receive():
        received.valid.next = False
        received.broken.next = False
        if state == Receive.IDLE:
            count.next = half
            if not level:
                state.next = Receive.START
        elif state == Receive.BREAK:
            if level:
                state.next = Receive.IDLE
        elif count != 0:
            count.next = count - 1
        else:
            count.next = whole
            if state == Receive.START:
                index.next = 0
                state.next = Receive.DATA
                if level:
                    state.next = Receive.IDLE
            elif state == Receive.DATA:
                received.data.next = concat(level, received.data[8:1])
                if index == FRAME - 3:
                    state.next = Receive.STOP
                else:
                    index.next = index + 1
            elif level:
                received.valid.next = True
                state.next = Receive.IDLE
            else:
                received.broken.next = True
                state.next = Receive.BREAK

    return insts()


@block
def transmitter(clk, rst, din, line, divisor):
    """Bytes to a line.

    din      sink Stream of bytes
    line     high at rest
    divisor  cycles per bit

    Latency  1 cycle from a transfer to the fall of the line
    Rate     1 byte per FRAME * divisor cycles
    """
    whole = divisor - 1
    left, count, rest = up_to(FRAME), up_to(whole), bits(FRAME - 2)
    takes = Signal(bool(1))

    @always_comb
    def handshake():
        din.ready.next = takes

    @always_seq(clk.posedge, reset=rst)
    def send():
        # From the stop bit's last cycle on.
        if left == 1 and count == 1:
            takes.next = True
        if takes and din.valid:
            takes.next = False
            line.next = False
            rest.next = din.data
            left.next = FRAME
            count.next = whole
        elif count != 0:
            count.next = count - 1
        elif left != 0:
            left.next = left - 1
            if left != 1:
                count.next = whole
                line.next = rest[0]
                # Ones follow: the last of them is the stop bit.
                rest.next = (rest >> 1) + 128

    return insts()

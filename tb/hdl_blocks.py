"""A small design with every construct that conversion knows, for the tests of conversion."""

from myhdl import (
    ConcatSignal,
    ResetSignal,
    Signal,
    always,
    always_comb,
    always_seq,
    block,
    enum,
    intbv,
    modbv,
)

from myllama.hdl.elaborate import insts
from myllama.hdl.memory import ram_sdp, rom

State = enum("IDLE", "RUN", "FLUSH")
WEIGHTS = tuple((37 * i + 11) % 65536 for i in range(16))
TABLE = (3, 1, 4, 1, 5, 9, 2, 6)


def bits(width):
    return Signal(intbv(0)[width:])


def number(width):
    return Signal(intbv(0, min=-(1 << width - 1), max=1 << width - 1))


def bit():
    return Signal(bool(0))


class Words:
    """A stream of words."""

    def __init__(self, width):
        self.data = bits(width)
        self.valid = bit()


class Plan:
    """Sizes that a top level fixes: undriven signals with an initial value.

    Nobody uses `spare`.
    """

    def __init__(self, rows):
        self.rows = Signal(intbv(rows, min=0, max=16))
        self.spare = bits(3)


@block
def lane(clk, clear, w, x, acc):
    """acc <- 0 on clear, acc + w * x otherwise; w and x are raw bits."""

    @always(clk.posedge)
    def add():
        if clear:
            acc.next = 0
        else:
            acc.next = acc + w.signed() * x.signed()

    return insts()


@block
def rounded(acc, y, shift):
    """y is acc / 2**shift to the nearest, halves up, within the range of y."""
    half, low, high = 1 << shift - 1, y.min, y.max - 1

    @always_comb
    def saturate():
        t = intbv(0, min=2 * acc.min, max=2 * acc.max)
        t[:] = (acc + half) >> shift
        if t > high:
            y.next = high
        elif t < low:
            y.next = low
        else:
            y.next = t

    return insts()


@block
def control(clk, rst, start, plan, clear, addr, state_is_run):
    """Counts addr through plan.rows words after start."""
    state = Signal(State.IDLE)
    ticks = Signal(modbv(5)[4:])

    @always_seq(clk.posedge, reset=rst)
    def step():
        ticks.next = ticks + 1
        if state == State.IDLE:
            addr.next = 0
            if start:
                state.next = State.RUN
        elif state == State.RUN:
            if addr + 1 == plan.rows:
                state.next = State.FLUSH
            else:
                addr.next = addr + 1
        else:
            state.next = State.IDLE

    @always_comb
    def decode():
        clear.next = state == State.IDLE and ticks[0]
        state_is_run.next = state == State.RUN

    return insts()


@block
def machine(clk, rst, start, din, y, mixed, held, running):
    """Two lanes over a ROM and a RAM."""
    plan = Plan(9)
    clear = bit()
    addr = Signal(intbv(0, min=0, max=16))
    word = bits(16)
    lanes = [word(8 * (i + 1), 8 * i) for i in range(2)]
    acc = [number(24) for _ in range(2)]
    results = [number(8), number(6)]
    both = ConcatSignal(*reversed(results))
    taps = [bits(8) for _ in range(3)]
    always_on = Signal(bool(1))
    waddr = Signal(intbv(15, min=0, max=16))

    u_control = control(clk, rst, start, plan, clear, addr, running)
    u_weights = rom(clk, always_on, addr, word, WEIGHTS, "weights.hex")
    u_held = ram_sdp(clk, din.valid, waddr, din.data, running, addr, held, 16)
    u_lane = [lane(clk, clear, lanes[i], taps[2], acc[i]) for i in range(2)]
    u_rounded = [rounded(acc[i], results[i], 4 + i) for i in range(2)]

    @always(clk.posedge)
    def delay_line():
        taps[0].next = din.data
        for i in range(2):
            taps[i + 1].next = taps[i]

    @always_comb
    def couple():
        y.next = both

    @always_comb
    def mix():
        ones = intbv(0, min=0, max=9)
        ones[:] = 0
        for i in range(8):
            if din.data[i]:
                ones[:] = ones + 1
        mixed.next = ones

    return insts()


def ports():
    return {
        "clk": bit(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "start": bit(),
        "din": Words(8),
        "y": bits(14),
        "mixed": Signal(intbv(0, min=0, max=9)),
        "held": bits(8),
        "running": bit(),
    }

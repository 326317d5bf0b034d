"""llama2.c's random generator."""

from myhdl import Signal, always, always_comb, always_seq, block, intbv, modbv

from ..hdl.elaborate import insts
from ..xorshift import COIN_BITS, MULTIPLIER
from .stream import flag

STATE_WIDTH = 64
PERIOD = STATE_WIDTH + 2
_BITS = tuple(MULTIPLIER >> STATE_WIDTH - 1 - i & 1 for i in range(STATE_WIDTH))


@block
def xorshift(clk, rst, load, seed, coin):
    """Offer one coin after another, each made while the one before waits or is used.

    load  one cycle: start anew from `seed`, 64 bits, not 0
    coin  source Stream, unsigned, COIN_BITS

    Latency    PERIOD cycles from load to coin.valid, and from a coin to the next
    Rate       1 coin in PERIOD + 1 cycles
    Model      myllama.xorshift.Xorshift, bit exact
    """
    state = Signal(intbv(1)[STATE_WIDTH:])
    left, right, moved = (Signal(intbv(0)[STATE_WIDTH:]) for _ in range(3))
    product = Signal(modbv(0)[STATE_WIDTH:])
    step = Signal(modbv(0)[(STATE_WIDTH - 1).bit_length() :])  # of the digit after this one
    stepped, full = flag(), flag()
    digit = Signal(intbv(0)[1:])

    @always_comb
    def shift_right():
        right.next = state ^ (state >> 12)

    @always_comb
    def shift_left():
        left.next[STATE_WIDTH:25] = right[STATE_WIDTH:25] ^ right[STATE_WIDTH - 25 :]
        left.next[25:] = right[25:]

    @always_comb
    def shift_right_again():
        moved.next = left ^ (left >> 27)

    @always(clk.posedge)
    def look_up():
        digit.next = _BITS[step]

    @always_comb
    def offer():
        coin.valid.next = full
        coin.data.next = product[STATE_WIDTH : STATE_WIDTH - COIN_BITS]

    @always_seq(clk.posedge, reset=rst)
    def run():
        if load:
            state.next = seed
            step.next = 0
            stepped.next = False
            full.next = False
        elif full:
            if coin.ready:
                full.next = False
        elif not stepped:
            state.next = moved
            product.next = 0
            step.next = 1
            stepped.next = True
        else:
            # The multiplier's bits from the highest down: one adder.
            if digit == 1:
                product.next = (product << 1) + state
            else:
                product.next = product << 1
            if step == 0:
                stepped.next = False
                full.next = True
            else:
                step.next = step + 1

    return insts()

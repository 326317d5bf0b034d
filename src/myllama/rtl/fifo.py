"""First in, first out, with places reserved before their words exist."""

from myhdl import Signal, always_comb, always_seq, block, modbv

from ..hdl.elaborate import insts
from ..hdl.memory import ram_at_once
from .stream import flag, up_to

LATENCY = 1
# Cycles from a word's transfer until its place counts as free: a register ends the way of ready.
FREED = 2


@block
def fifo(clk, rst, reserve, room, clear, push, din, valid, ready, dout, depth):
    """A source whose pipeline cannot stall reserves a place for each word it starts.

    reserve  one place less; only while room is high
    clear    every reserved place has been filled and is free again
    push, din  a word for a reserved place
    valid, ready, dout  the source of a stream; dout comes out of LUTs, for a register
    depth    a power of two

    The way from ready ends at a few counters: no enable of a wide word hangs on it.

    Latency  LATENCY cycles from push to valid
    Rate     1 word per cycle; a place is free FREED cycles after its word's transfer
    """
    assert depth & depth - 1 == 0, f"depth {depth} is not a power of two"
    # Words pushed, and those gone and one more. With a bit more than an address full and empty
    # differ.
    pushed, after = Signal(modbv(0)[depth.bit_length() :]), Signal(modbv(1)[depth.bit_length() :])
    waddr, raddr = up_to(depth - 1), up_to(depth - 1)
    taken = up_to(depth)
    leaves, left, more = flag(), flag(), flag()
    waited = flag()  # taken is not 0
    top_bit = depth.bit_length() - 1

    store = ram_at_once(clk, push, waddr, din, raddr, dout, depth)

    @always_comb
    def address():
        waddr.next = pushed[top_bit:]

    @always_comb
    def transfer():
        leaves.next = valid and ready
        more.next = pushed != after

    @always_comb
    def places():
        # It is never above depth: the top bit alone says that it is there.
        room.next = not taken[top_bit]
        clear.next = not waited

    @always_seq(clk.posedge, reset=rst)
    def count():
        if push:
            pushed.next = pushed + 1
        if leaves:
            raddr.next = after[top_bit:]
            after.next = after + 1
        # What more tells comes early, and ready late.
        valid.next = push or (valid and (more or not ready))
        left.next = leaves
        if reserve and not left:
            taken.next = taken + 1
            waited.next = True
        elif left and not reserve:
            taken.next = taken - 1
            waited.next = taken != 1

    return insts()

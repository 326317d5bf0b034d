"""A register in a stream that also ends the way of its ready."""

from myhdl import Signal, always, always_comb, always_seq, block

from ..hdl.elaborate import insts
from .stream import bits, flag


@block
def register_slice(clk, rst, din, dout):
    """dout is din, from a register; so is din.ready, for a second register takes what dout cannot.

    clk   clock
    rst   synchronous reset, active high
    din   sink VectorStream
    dout  source VectorStream of the same words

    Latency    1 cycle
    Rate       1 transfer per cycle
    """
    # The second register is empty: high as it stands, for ready may lead to many others.
    empty, kept, moves = Signal(bool(1)), bits(len(din.data)), flag()

    @always_comb
    def accept():
        din.ready.next = empty

    @always_comb
    def advance():
        moves.next = dout.ready or not dout.valid

    @always_seq(clk.posedge, reset=rst)
    def hold():
        empty.next = moves or (empty and not din.valid)
        if moves:
            dout.valid.next = din.valid or not empty

    @always(clk.posedge)
    def keep():
        if empty:
            kept.next = din.data
        if moves:
            if empty:
                dout.data.next = din.data
            else:
                dout.data.next = kept

    return insts()

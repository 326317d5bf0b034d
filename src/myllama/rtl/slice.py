"""A register in a stream that also ends the way of its ready."""

from myhdl import always, always_comb, always_seq, block

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
    spare, kept, moves = flag(), bits(len(din.data)), flag()

    @always_comb
    def accept():
        din.ready.next = not spare

    @always_comb
    def advance():
        moves.next = dout.ready or not dout.valid

    @always_seq(clk.posedge, reset=rst)
    def hold():
        spare.next = not moves and (spare or din.valid)
        if moves:
            dout.valid.next = spare or din.valid

    @always(clk.posedge)
    def keep():
        if not spare:
            kept.next = din.data
        if moves:
            if spare:
                dout.data.next = kept
            else:
                dout.data.next = din.data

    return insts()

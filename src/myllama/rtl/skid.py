"""A stream's ready, from a register."""

from myhdl import always, always_comb, always_seq, block

from ..hdl.elaborate import insts
from .stream import bits, flag


@block
def skid(clk, rst, din, dout):
    """dout is din; a word that dout does not take waits here, so that din.ready is a register's.

    clk   clock
    rst   synchronous reset, active high
    din   sink VectorStream
    dout  source VectorStream of the same words

    Latency    none
    Rate       1 transfer per cycle
    """
    held, kept = flag(), bits(len(din.data))

    @always_comb
    def accept():
        din.ready.next = not held

    @always_comb
    def offer():
        dout.valid.next = held or din.valid
        if held:
            dout.data.next = kept
        else:
            dout.data.next = din.data

    @always_seq(clk.posedge, reset=rst)
    def hold():
        held.next = (held or din.valid) and not dout.ready

    @always(clk.posedge)
    def keep():
        if not held:
            kept.next = din.data

    return insts()

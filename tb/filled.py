"""A pipeline without a reset, and when its result is known."""

from myhdl import always_comb, always_seq, block

from myllama.hdl.elaborate import insts
from myllama.rtl.stream import up_to


@block
def filled(clk, rst, enable, x, y, y_valid, unit, latency, constants=()):
    """y_valid rises when the first x after reset has come through unit."""
    arrived = up_to(latency)

    u_unit = unit(clk, enable, x, y, *constants)  # noqa: F841

    @always_seq(clk.posedge, reset=rst)
    def fill():
        if enable and arrived != latency:
            arrived.next = arrived + 1

    @always_comb
    def known():
        y_valid.next = arrived == latency

    return insts()

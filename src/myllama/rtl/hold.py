"""What comes with a start, for as long as the story lasts."""

from myhdl import always, block

from ..hdl.elaborate import insts


@block
def hold(clk, busy, given, held):
    """held is what was given in the last cycle in which busy was low."""

    @always(clk.posedge)
    def follow():
        if not busy:
            held.next = given

    return insts()

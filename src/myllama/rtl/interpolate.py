"""A tabulated function between the points of its table."""

from myhdl import always, block

from ..hdl.elaborate import insts
from .stream import bits, word

LATENCY = 3


@block
def interpolate(clk, enable, u, y, table):
    """y = table at u / 2**table.u_bits, rounded half up.

    clk     clock
    enable  the pipeline moves
    u       argument, table.u_bits bits
    y       result, a signed word that holds the function's range
    table   tables.Table

    Latency    3 cycles with enable high
    Rate       1 word per cycle
    Model      myllama.model.interpolate, bit exact
    """
    rest_bits = table.rest_bits
    half = 1 << rest_bits - 1
    values, slopes = table.values, table.slopes
    value_width = 1 + max(abs(value) for value in values).bit_length()
    slope_width = 1 + max(abs(slope) for slope in slopes).bit_length()
    assert len(u) == table.u_bits, f"argument of {len(u)} bits, table takes {table.u_bits}"

    value, value_d1 = word(value_width), word(value_width)
    slope = word(slope_width)
    rest = bits(rest_bits)
    product = word(slope_width + rest_bits)

    @always(clk.posedge)
    def look_up():
        if enable:
            value.next = values[u[:rest_bits]]
            slope.next = slopes[u[:rest_bits]]
            rest.next = u[rest_bits:]

    @always(clk.posedge)
    def multiply():
        if enable:
            product.next = slope * rest
            value_d1.next = value

    @always(clk.posedge)
    def add():
        if enable:
            y.next = value_d1 + ((product + half) >> rest_bits)

    return insts()

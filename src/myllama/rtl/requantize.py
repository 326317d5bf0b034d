"""Rows of a product on their way out: the row's own scale, then 1/rms."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..tables import ROW_WIDTH, UNIT_MANT, UNIT_SHIFT
from . import rounding
from .rounding import round_saturate
from .slice import register_slice
from .stream import VectorStream, bits, elements, flag, joined, word

# The norm: a product, a rounding shift and a register. The row's scale: before it, one more.
NORM_LATENCY = rounding.SCALE_LATENCY + 1
# Cycles from norm.valid to the first row that takes part.
NORM_DELAY = 2


def row_latency(scale_width):
    """Cycles of a row before the norm: without a scale there is no product."""
    return (rounding.SCALE_LATENCY if scale_width else rounding.LATENCY) + 2


def latency(scale_width):
    """Cycles from the transfer of a word to dout.valid."""
    return row_latency(scale_width) + NORM_LATENCY


@block
def requantize_row(
    clk, row_advance, norm_advance, acc, scale, shift, factor, factor_shift, y, scale_width
):
    """One row's way through the stages of requantize; acc, scale and shift are raw bits."""
    total, shift_d1 = word(len(acc)), bits(len(shift))
    rounded, row = word(ROW_WIDTH), word(ROW_WIDTH)

    @always(clk.posedge)
    def take():
        if row_advance:
            total.next = acc.signed()
            shift_d1.next = shift

    if scale_width:
        scale_d1 = bits(scale_width)

        @always(clk.posedge)
        def take_scale():
            if row_advance:
                scale_d1.next = scale

        u_scale = rounding.scale(clk, row_advance, total, scale_d1, shift_d1, rounded)
    else:
        u_round = round_saturate(clk, row_advance, total, shift_d1, rounded)

    @always(clk.posedge)
    def keep_row():
        if row_advance:
            row.next = rounded

    u_normalize = rounding.scale(clk, norm_advance, row, factor, factor_shift, y)
    return insts()


@block
def requantize(clk, rst, din, norm, use_norm, dout, scale_width):
    """Scale and round rows, then multiply by 1/rms and round again; both saturate.

    clk          clock
    rst          synchronous reset, active high
    din          sink RowStream
    norm         Norm; with use_norm high, rows wait for norm.valid before the second product;
                 it falls before the next of them come
    use_norm     low: the second factor is one; stable while words are in flight
    dout         source VectorStream(ROW_WIDTH), of as many ways as din
    scale_width  bits of a row's scale; 0: the scale is one, without a multiplier

    Latency    latency(scale_width), and of a row that waits NORM_DELAY + NORM_LATENCY from
               norm.valid on
    Rate       1 transfer per cycle
    Model      myllama.model.requantize, bit exact
    """
    ways, width = din.ways, len(dout.data)
    out = VectorStream(ROW_WIDTH, ways)
    # The last stage of all is a register_slice.
    row_stages, norm_stages = row_latency(scale_width), NORM_LATENCY - 1
    row_stage = bits(row_stages)
    norm_stage = bits(norm_stages)
    row_advance, norm_advance, enters, opens, opened = (flag() for _ in range(5))
    # Chosen, and on the way to the multipliers, which are all over the chip.
    chosen, chosen_shift = word(len(norm.mant)), bits(len(norm.shift))
    factor, factor_shift = word(len(norm.mant)), bits(len(norm.shift))
    results = [word(ROW_WIDTH) for _ in range(ways)]
    accs, shifts = elements(din.data, ways), elements(din.shift, ways)
    scales = elements(din.scale, ways) if scale_width else [None] * ways

    @always_seq(clk.posedge, reset=rst)
    def gate():
        opens.next = norm.valid or not use_norm
        opened.next = opens

    @always(clk.posedge)
    def choose():
        if use_norm:
            chosen.next = norm.mant
            chosen_shift.next = norm.shift
        else:
            chosen.next = UNIT_MANT
            chosen_shift.next = UNIT_SHIFT
        factor.next = chosen
        factor_shift.next = chosen_shift

    @always_comb
    def advance():
        enters.next = row_stage[row_stages - 1] and opened
        norm_advance.next = out.ready
        row_advance.next = not row_stage[row_stages - 1] or (opened and out.ready)

    @always_comb
    def handshake():
        din.ready.next = row_advance
        out.valid.next = norm_stage[norm_stages - 1]

    @always_seq(clk.posedge, reset=rst)
    def track():
        if row_advance:
            row_stage.next = concat(row_stage[row_stages - 1 :], din.valid)
        if norm_advance:
            norm_stage.next = concat(norm_stage[norm_stages - 1 :], enters)

    row = [
        requantize_row(
            clk, row_advance, norm_advance, accs[i], scales[i], shifts[i], factor, factor_shift,
            results[i], scale_width,
        )
        for i in range(ways)
    ]  # fmt: skip
    result = joined(results)
    u_slice = register_slice(clk, rst, out, dout)

    @always_comb
    def offer():
        out.data.next = result[width:]

    return insts()

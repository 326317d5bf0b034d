"""Rows of a product on their way out: the row's own scale, then 1/rms."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..tables import ROW_WIDTH, UNIT_MANT, UNIT_SHIFT
from . import rounding
from .rounding import round_saturate, wide_product
from .slice import register_slice
from .stream import VectorStream, bits, elements, flag, joined, word

# The row's scale, then the norm: each a product and a rounding shift.
ROW_LATENCY = NORM_LATENCY = rounding.PRODUCT_LATENCY + rounding.LATENCY + 1


def latency(scale_width):
    """Cycles from the transfer of a word to dout.valid: there is no product without a scale."""
    return ROW_LATENCY + NORM_LATENCY - (scale_width == 0) * rounding.PRODUCT_LATENCY


@block
def requantize_row(
    clk, row_advance, norm_advance, acc, scale, shift, norm, use_norm, y, scale_width
):
    """One row's way through the stages of requantize; acc, scale and shift are raw bits."""
    rounded, row = word(ROW_WIDTH), word(ROW_WIDTH)
    normed = word(len(row) + len(norm.mant))
    factor = word(len(norm.mant))
    mant_shift, normed_shift = bits(len(norm.shift)), bits(len(norm.shift))

    if scale_width:
        scaled = word(len(acc) + scale_width)
        shift_d1, scaled_shift = bits(len(shift)), bits(len(shift))
        u_scale = wide_product(clk, row_advance, acc, scale, scaled)

        @always(clk.posedge)
        def keep_up():
            if row_advance:
                shift_d1.next = shift
                scaled_shift.next = shift_d1

        round_row = round_saturate(clk, row_advance, scaled, scaled_shift, rounded)
    else:
        total = word(len(acc))

        @always_comb
        def unscaled():
            total.next = acc.signed()

        round_row = round_saturate(clk, row_advance, total, shift, rounded)

    @always(clk.posedge)
    def keep_row():
        if row_advance:
            row.next = rounded

    @always_comb
    def choose():
        if use_norm:
            factor.next = norm.mant
        else:
            factor.next = UNIT_MANT

    u_normalize = wide_product(clk, norm_advance, row, factor, normed)

    @always(clk.posedge)
    def choose_shift():
        if norm_advance:
            if use_norm:
                mant_shift.next = norm.shift
            else:
                mant_shift.next = UNIT_SHIFT
            normed_shift.next = mant_shift

    round_normed = round_saturate(clk, norm_advance, normed, normed_shift, y)
    return insts()


@block
def requantize(clk, rst, din, norm, use_norm, dout, scale_width):
    """Scale and round rows, then multiply by 1/rms and round again; both saturate.

    clk          clock
    rst          synchronous reset, active high
    din          sink RowStream
    norm         Norm; with use_norm high, rows wait for norm.valid before the second product
    use_norm     low: the second factor is one; stable while words are in flight
    dout         source VectorStream(ROW_WIDTH), of as many ways as din
    scale_width  bits of a row's scale; 0: the scale is one, without a multiplier

    Latency    latency(scale_width)
    Rate       1 transfer per cycle
    Model      myllama.model.requantize, bit exact
    """
    ways, width = din.ways, len(dout.data)
    out = VectorStream(ROW_WIDTH, ways)
    # The last stage of all is a register_slice.
    row_stages, norm_stages = latency(scale_width) - NORM_LATENCY, NORM_LATENCY - 1
    row_stage = bits(row_stages)
    norm_stage = bits(norm_stages)
    row_advance, norm_advance, enters = flag(), flag(), flag()
    results = [word(ROW_WIDTH) for _ in range(ways)]
    accs, shifts = elements(din.data, ways), elements(din.shift, ways)
    scales = elements(din.scale, ways) if scale_width else [None] * ways

    @always_comb
    def gate():
        enters.next = row_stage[row_stages - 1] and (norm.valid or not use_norm)

    @always_comb
    def advance():
        norm_advance.next = out.ready
        row_advance.next = not row_stage[row_stages - 1] or (enters and out.ready)

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
            clk, row_advance, norm_advance, accs[i], scales[i], shifts[i], norm, use_norm,
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

"""Rows of a product on their way out: the row's own scale, then 1/rms."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..tables import ROW_WIDTH, UNIT_MANT, UNIT_SHIFT
from . import rounding
from .rounding import round_saturate
from .stream import bits, flag, word

# The row's scale, then the norm: each a product and a rounding shift.
ROW_LATENCY = 1 + rounding.LATENCY
NORM_LATENCY = 1 + rounding.LATENCY


def latency(scale_width):
    """Cycles from the transfer of a word to dout.valid: there is no product without a scale."""
    return ROW_LATENCY + NORM_LATENCY - (scale_width == 0)


@block
def requantize(clk, rst, din, norm, use_norm, dout, scale_width):
    """Scale and round rows, then multiply by 1/rms and round again; both saturate.

    clk          clock
    rst          synchronous reset, active high
    din          sink RowStream
    norm         Norm; with use_norm high, rows wait for norm.valid before the second product
    use_norm     low: the second factor is one; stable while words are in flight
    dout         source Stream(ROW_WIDTH)
    scale_width  bits of a row's scale; 0: the scale is one, without a multiplier

    Latency    latency(scale_width)
    Rate       1 word per cycle
    Model      myllama.model.requantize, bit exact
    """
    row_stages = latency(scale_width) - NORM_LATENCY
    row = word(ROW_WIDTH)
    normed = word(len(row) + len(norm.mant))
    mant_shift = bits(len(norm.shift))
    row_stage = bits(row_stages)
    norm_stage = bits(NORM_LATENCY)
    row_advance, norm_advance, enters = flag(), flag(), flag()

    acc = word(len(din.data))

    @always_comb
    def take_acc():
        acc.next = din.data.signed()

    if scale_width:
        scaled = word(len(din.data) + scale_width)
        scaled_shift = bits(len(din.shift))

        @always(clk.posedge)
        def scale():
            if row_advance:
                scaled.next = acc * din.scale
                scaled_shift.next = din.shift

        round_row = round_saturate(clk, row_advance, scaled, scaled_shift, row)
    else:
        round_row = round_saturate(clk, row_advance, acc, din.shift, row)

    @always_comb
    def gate():
        enters.next = row_stage[row_stages - 1] and (norm.valid or not use_norm)

    @always_comb
    def advance():
        norm_advance.next = dout.ready or not norm_stage[NORM_LATENCY - 1]
        row_advance.next = not row_stage[row_stages - 1] or (
            enters and (dout.ready or not norm_stage[NORM_LATENCY - 1])
        )

    @always_comb
    def handshake():
        din.ready.next = row_advance
        dout.valid.next = norm_stage[NORM_LATENCY - 1]

    @always_seq(clk.posedge, reset=rst)
    def track():
        if row_advance:
            row_stage.next = concat(row_stage[row_stages - 1 :], din.valid)
        if norm_advance:
            norm_stage.next = concat(norm_stage[NORM_LATENCY - 1 :], enters)

    @always(clk.posedge)
    def normalize():
        if norm_advance:
            if use_norm:
                normed.next = row * norm.mant
                mant_shift.next = norm.shift
            else:
                normed.next = row * UNIT_MANT
                mant_shift.next = UNIT_SHIFT

    round_normed = round_saturate(clk, norm_advance, normed, mant_shift, dout.data)
    return insts()

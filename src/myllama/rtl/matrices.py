"""Where a token's matrices are, and where their rows go."""

from myhdl import always, always_seq, block

from ..hdl.elaborate import insts
from .progress import TO_RESIDUAL, TO_ROPE, TO_SAMPLER, TO_SWIGLU, State
from .stream import bits, flag


@block
def matrices(clk, rst, state, moved, progress, weight, row, plan):
    """Go from matrix to matrix as commands are taken.

    state        of the sequencer; moved, the cycle after one in which its command was taken
    progress     layer, norm, to, use_norm and first driven
    weight, row  driven: first words of the next matrix

    Latency      1 cycle from moved; what is added then is in registers, for all is read from afar
    """
    to, normed, first, makes_norm, ends_layer = bits(2), flag(), flag(), flag(), flag()
    weights, rows = bits(len(weight)), bits(len(row))

    @always(clk.posedge)
    def look_ahead():
        to.next = TO_ROPE
        normed.next = True
        weights.next = 0
        rows.next = 0
        first.next = state == State.EMBED
        makes_norm.next = state == State.WO or state == State.W2
        ends_layer.next = state == State.W2
        if state == State.EMBED:
            to.next = TO_RESIDUAL
            normed.next = False
        elif state == State.QKV:
            weights.next = plan.qkv_size
            rows.next = plan.qkv_rows
        elif state == State.WO:
            to.next = TO_RESIDUAL
            normed.next = False
            weights.next = plan.wo_size
            rows.next = plan.x_rows
        elif state == State.W13:
            to.next = TO_SWIGLU
            weights.next = plan.w13_size
            rows.next = plan.w13_rows
        elif state == State.W2:
            to.next = TO_RESIDUAL
            normed.next = False
            weights.next = plan.w2_size
            rows.next = plan.x_rows
        elif state == State.CLASSIFY:
            to.next = TO_SAMPLER

    @always_seq(clk.posedge, reset=rst)
    def follow():
        if progress.token_start:
            progress.layer.next = 0
            progress.norm.next = 0
            weight.next = 0
            row.next = 0
        elif moved:
            weight.next = weight + weights
            row.next = row + rows
            if makes_norm:
                progress.norm.next = progress.norm + 1
            if ends_layer:
                progress.layer.next = progress.layer + 1
        if moved:
            progress.to.next = to
            progress.use_norm.next = normed
            progress.first.next = first

    return insts()

"""Rows on their way to the trace port."""

from myhdl import always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from .fifo import fifo
from .progress import TO_RESIDUAL, TO_ROPE, TO_SAMPLER, TO_SWIGLU
from .stream import bits, flag, up_to
from .tapped import H1, H3, LOGITS, WO, places


@block
def row_word(to, valid, index, value, tapped, act_width):
    """Name a row by where it goes, and saturate it as its sink does; value is raw bits."""
    least, most = -(1 << act_width - 1), (1 << act_width - 1) - 1

    @always_comb
    def name():
        tapped.valid.next = valid
        tapped.index.next = 0
        tapped.value.next = value.signed()
        if to == TO_RESIDUAL:
            tapped.tap.next = WO
            tapped.index.next = index
        elif to == TO_SWIGLU:
            tapped.index.next = index >> 1
            if index[0]:
                tapped.tap.next = H3
            else:
                tapped.tap.next = H1
            if value.signed() > most:
                tapped.value.next = most
            elif value.signed() < least:
                tapped.value.next = least
        else:
            tapped.tap.next = LOGITS
            tapped.index.next = index

    return insts()


@block
def row_pairs(clk, rst, push, to, index, values, tapped, clear, lost, geometry):
    """Keep rows that come two by two until they are shown, before all other words.

    index    of the transfer
    """
    c, width = geometry.config, len(values) // 2
    kept, place, kind = 2 * width, 2 * width + len(index), 2 * width + len(index) + len(to)
    transfers = c.dim // 2 + c.hidden_dim + (c.vocab_size + 1) // 2
    padded, last_logit = c.vocab_size % 2 == 1, c.vocab_size // 2
    room, keep, entry, out = flag(), flag(), bits(kind), bits(kind)
    waits, second, valid = flag(), flag(), flag()
    sink, at, value = bits(len(to)), bits(len(index) + 1), bits(width)

    store = fifo(clk, rst, keep, room, clear, keep, entry, waits, second, out, places(transfers))

    @always_comb
    def enter():
        keep.next = push and room
        entry.next = concat(to, index, values)

    @always_comb
    def leave():
        sink.next = out[:place]
        valid.next = waits
        at.next = concat(out[place:kept], second)
        if second:
            value.next = out[kept:width]
        else:
            value.next = out[width:]
        # What fills up an odd vocabulary's last transfer is no logit.
        if padded and second and out[:place] == TO_SAMPLER and out[place:kept] == last_logit:
            valid.next = False
            at.next = 0

    name = row_word(sink, valid, at, value, tapped, geometry.profile.act_width)

    @always_seq(clk.posedge, reset=rst)
    def walk():
        lost.next = lost or (push and not room)
        if waits:
            second.next = not second

    return insts()


def ends(config, ways):
    """The last transfers of the vectors of rows that are shown: Wo's, W1's and W3's, logits."""
    c = config
    return c.dim // ways - 1, 2 * c.hidden_dim // ways - 1, -(-c.vocab_size // ways) - 1


@block
def row_taps(clk, rst, port, progress, here, row, shown, index, geometry):
    """Find the rows of the traced layer; index counts the transfers of every vector."""
    last_x, last_h, last_logit = ends(geometry.config, row.ways)
    last, moves = up_to(index.max - 1), flag()

    @always_comb
    def length():
        moves.next = row.valid and row.ready
        if progress.to == TO_RESIDUAL:
            last.next = last_x
        elif progress.to == TO_SWIGLU:
            last.next = last_h
        else:
            last.next = last_logit

    @always_comb
    def select():
        if progress.to == TO_RESIDUAL:
            # The norm that these rows make is the second of the layer.
            shown.next = here and moves and progress.norm == 2 * port.layer + 1
        elif progress.to == TO_SWIGLU:
            shown.next = here and moves and progress.layer == port.layer
        else:
            shown.next = here and moves and progress.to == TO_SAMPLER

    @always_seq(clk.posedge, reset=rst)
    def count():
        if moves and progress.to != TO_ROPE:
            if index == last:
                index.next = 0
            else:
                index.next = index + 1

    return insts()

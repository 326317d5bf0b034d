"""Words on their way to the trace port: their names, and where they wait."""

from myhdl import always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..tables import ROW_WIDTH
from .fifo import fifo
from .stream import bits, flag, up_to, word

# Names of the model's taps, in the order of their numbers at the port.
TAPS = (
    "xhat", "concat", "wo", "x_att", "xhat_ffn", "h1", "h3", "ffn_core", "x_ffn",
    "norm_final", "logits", "norm_att", "norm_ffn", "norm",
)  # fmt: skip
XHAT, CONCAT, WO, X_ATT, XHAT_FFN, H1, H3, FFN_CORE, X_FFN = range(9)
NORM_FINAL, LOGITS, NORM_ATT, NORM_FFN, NORM = range(9, len(TAPS))
TAP_WIDTH = (len(TAPS) - 1).bit_length()


class Tapped:
    """A stream of words that know their tap and their place in it."""

    def __init__(self, config):
        self.tap = bits(TAP_WIDTH)
        self.index = up_to(max(config.vocab_size, config.hidden_dim, config.dim) - 1)
        self.value = word(ROW_WIDTH)
        self.valid = flag()
        self.ready = flag()


def places(count):
    """Depth of a FIFO that keeps `count` words."""
    return 1 << max(count - 1, 1).bit_length()


@block
def vectors(clk, rst, push, tap, values, tapped, clear, lost, count, depth, ways):
    """Keep transfers of vectors of `count` words, until they are shown word by word."""
    kept, width, last = len(values), len(values) // ways, count - 1
    room, keep, entry, out = flag(), flag(), bits(TAP_WIDTH + kept), bits(TAP_WIDTH + kept)
    index, taken = up_to(last), flag()
    assert count % ways == 0

    store = fifo(clk, rst, keep, room, clear, keep, entry, tapped.valid, taken, out, depth)

    @always_comb
    def enter():
        keep.next = push and room
        entry.next = concat(tap, values)

    @always_comb
    def leave():
        tapped.tap.next = out[:kept]
        tapped.index.next = index

    if ways == 1:

        @always_comb
        def choose():
            taken.next = tapped.ready
            tapped.value.next = out[width:].signed()

    else:

        @always_comb
        def choose():
            taken.next = tapped.ready and index[0]
            if index[0]:
                tapped.value.next = out[kept:width].signed()
            else:
                tapped.value.next = out[width:].signed()

    @always_seq(clk.posedge, reset=rst)
    def walk():
        lost.next = lost or (push and not room)
        if tapped.valid and tapped.ready:
            if index == last:
                index.next = 0
            else:
                index.next = index + 1

    return insts()


@block
def norms(clk, rst, push, tap, norm, tapped, clear, lost, depth):
    """Keep norms until they are shown, each as two words."""
    mant_width, shift_width = len(norm.mant), len(norm.shift)
    width = mant_width + shift_width
    room, keep, entry, out = flag(), flag(), bits(TAP_WIDTH + width), bits(TAP_WIDTH + width)
    second, taken = flag(), flag()

    store = fifo(clk, rst, keep, room, clear, keep, entry, tapped.valid, taken, out, depth)

    @always_comb
    def enter():
        keep.next = push and room
        entry.next = concat(tap, norm.shift, norm.mant[mant_width:])

    @always_comb
    def leave():
        taken.next = tapped.ready and second
        tapped.tap.next = out[:width]
        tapped.index.next = second
        if second:
            tapped.value.next = out[width:mant_width]
        else:
            tapped.value.next = out[mant_width:].signed()

    @always_seq(clk.posedge, reset=rst)
    def walk():
        lost.next = lost or (push and not room)
        if tapped.valid and tapped.ready:
            second.next = not second

    return insts()


@block
def channels(clk, rst, push, data, tapped, clear, lost, geometry):
    """Keep attention words until they are shown, channel by channel in the heads' order.

    Lanes that hold no channel take a cycle each and are not shown.
    """
    g, c, width = geometry, geometry.config, geometry.profile.act_width
    last_lane, last_word = g.slots * g.head_lanes - 1, g.attention_words - 1
    head_dim, dim, last_channel = c.head_dim, c.dim, g.parts * g.head_lanes - 1
    room, keep, full, fetch = flag(), flag(), flag(), flag()
    holds, step = flag(), flag()
    words = bits(len(data))
    lane, number, channel = up_to(last_lane), up_to(last_word), up_to(last_channel)
    at = up_to(len(words) - 1)  # the lane's first bit
    index = up_to(dim)  # of the next channel

    store = fifo(
        clk, rst, keep, room, clear, keep, data, full, fetch, words, places(g.attention_words)
    )  # fmt: skip

    @always_comb
    def enter():
        keep.next = push and room

    @always_comb
    def look():
        # After the last head a last word may have room for more.
        holds.next = channel < head_dim and index != dim

    @always_comb
    def leave():
        tapped.valid.next = full and holds
        tapped.tap.next = CONCAT
        tapped.index.next = 0
        if index != dim:
            tapped.index.next = index
        tapped.value.next = words[at + width : at].signed()

    @always_comb
    def advance():
        step.next = full and (tapped.ready or not holds)
        fetch.next = lane == last_lane and (tapped.ready or not holds)

    @always_seq(clk.posedge, reset=rst)
    def walk():
        lost.next = lost or (push and not room)
        if step:
            if channel == last_channel:
                channel.next = 0
            else:
                channel.next = channel + 1
            if holds:
                index.next = index + 1
            if lane != last_lane:
                lane.next = lane + 1
                at.next = at + width
            else:
                lane.next = 0
                at.next = 0
                if number == last_word:
                    number.next = 0
                    index.next = 0
                else:
                    number.next = number + 1

    return insts()

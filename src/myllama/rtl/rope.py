"""Rotary position embedding on the stream of QKV rows."""

from myhdl import always, always_comb, always_seq, block

from ..fixed import QFormat
from ..hdl.elaborate import insts
from ..tables import TRIG_FRAC
from .rope_table import TRIG_WIDTH
from .stream import flag, up_to, word

LATENCY = 3


@block
def rope(clk, rst, din, re, raddr, cosine, sine, table_valid, dout, dim, kv_dim, head_dim):
    """Turn the adjacent pairs of q and k, pass v; dim + 2 kv_dim words, then again.

    clk, rst      clock; synchronous reset, active high
    din           sink VectorStream of one way; words are saturated to the width of dout first
    re, raddr     read enable and pair number of the rope_table
    cosine, sine  its answer, one cycle later
    table_valid   din waits for it
    dout          source VectorStream of one way
    dim, kv_dim, head_dim  of the model

    Latency    LATENCY cycles from a pair's second word to its first result, which the
               second follows; the words of v take as long
    Rate       1 word per cycle
    Model      myllama.model.rope.rope, bit exact
    """
    width = len(dout.data)
    fmt = QFormat.of_width(width, 0)
    lo, hi = fmt.lo, fmt.hi
    last, first_v = dim + 2 * kv_dim - 1, dim + kv_dim
    last_channel = head_dim - 2
    half = 1 << TRIG_FRAC - 1

    index, channel = up_to(last), up_to(max(last_channel, 1))
    advance, fire, second = flag(), flag(), flag()
    clipped, first = word(width), word(width)
    # A pair goes through the multipliers twice: for its first result, then for its second.
    even, odd, plain = (word(width) for _ in range(3))
    turns, turns_d1 = flag(), flag()
    for_first, for_second, has_products, adds = (flag() for _ in range(4))
    a, b = word(width + TRIG_WIDTH), word(width + TRIG_WIDTH)
    total = word(width + TRIG_WIDTH + 1)
    turned, result = word(width + TRIG_WIDTH + 2 - TRIG_FRAC), word(width)

    @always_comb
    def flow():
        advance.next = dout.ready or not dout.valid

    @always_comb
    def accept():
        din.ready.next = advance and table_valid

    @always_comb
    def transfer():
        fire.next = din.valid and din.ready

    @always_comb
    def clip():
        if din.data.signed() > hi:
            clipped.next = hi
        elif din.data.signed() < lo:
            clipped.next = lo
        else:
            clipped.next = din.data.signed()

    @always_comb
    def address():
        re.next = fire and second
        raddr.next = channel >> 1

    @always_seq(clk.posedge, reset=rst)
    def count():
        if fire:
            second.next = not second
            if index == last:
                index.next = 0
            else:
                index.next = index + 1
            if second:
                if channel == last_channel:
                    channel.next = 0
                else:
                    channel.next = channel + 2

    @always(clk.posedge)
    def collect():
        if fire:
            if second:
                even.next = first
                odd.next = clipped
                turns.next = index < first_v
            else:
                first.next = clipped

    @always_seq(clk.posedge, reset=rst)
    def stages():
        if advance:
            for_first.next = fire and second
            for_second.next = for_first
            has_products.next = for_first or for_second
            dout.valid.next = has_products

    @always(clk.posedge)
    def multiply():
        if advance:
            turns_d1.next = turns
            adds.next = for_second
            if for_second:
                a.next = even * sine
                b.next = odd * cosine
                plain.next = odd
            else:
                a.next = even * cosine
                b.next = odd * sine
                plain.next = even

    @always_comb
    def add():
        if adds:
            total.next = a + b
        else:
            total.next = a - b

    @always_comb
    def round_half_up():
        turned.next = (total + half) >> TRIG_FRAC

    @always(clk.posedge)
    def emit():
        if advance:
            if not turns_d1:
                result.next = plain
            elif turned > hi:
                result.next = hi
            elif turned < lo:
                result.next = lo
            else:
                result.next = turned

    @always_comb
    def offer():
        dout.data.next = result[width:]

    return insts()

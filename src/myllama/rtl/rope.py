"""Rotary position embedding on the stream of QKV rows."""

from myhdl import always, always_comb, always_seq, block

from ..hdl.elaborate import insts
from ..tables import TRIG_FRAC
from .rope_table import TRIG_WIDTH
from .rounding import saturate
from .slice import register_slice
from .stream import VectorStream, elements, flag, joined, up_to, word

LATENCY = 3


@block
def rope_result(clk, advance, even, odd, cosine, sine, turns, second, result):
    """The first result of a pair, or with `second` the second, a cycle of advance later.

    turns    low: the word itself
    second   flag, or a constant
    """
    width = len(result)
    half = 1 << TRIG_FRAC - 1
    turns_d1, adds = flag(), flag()
    plain = word(width)
    a, b = word(width + TRIG_WIDTH), word(width + TRIG_WIDTH)
    other, takes = word(len(b)), flag()
    turned, clipped = word(width + TRIG_WIDTH + 2 - TRIG_FRAC), word(width)

    @always(clk.posedge)
    def multiply():
        if advance:
            turns_d1.next = turns
            adds.next = second
            if second:
                a.next = even * sine
                b.next = odd * cosine
                plain.next = odd
            else:
                a.next = even * cosine
                b.next = odd * sine
                plain.next = even

    @always_comb
    def add_or_take():
        # a - b == a + ~b + 1
        takes.next = not adds
        if adds:
            other.next = b
        else:
            other.next = ~b

    @always_comb
    def round_half_up():
        turned.next = (a + other + takes + half) >> TRIG_FRAC

    u_clip = saturate(turned, clipped)

    @always_comb
    def choose():
        if turns_d1:
            result.next = clipped
        else:
            result.next = plain

    return insts()


@block
def rope(clk, rst, din, re, raddr, cosine, sine, table_valid, dout, dim, kv_dim, head_dim):
    """Turn the adjacent pairs of q and k, pass v; dim + 2 kv_dim words, then again.

    clk, rst      clock; synchronous reset, active high
    din           sink VectorStream; words are saturated to the width of dout first
    re, raddr     read enable and pair number of the rope_table
    cosine, sine  its answer, one cycle later
    table_valid   din waits for it
    dout          source VectorStream, of as many ways as din
    dim, kv_dim, head_dim  of the model

    Latency    LATENCY cycles from a pair's second word to its first result, which of one
               way the second follows; the words of v take as long
    Rate       1 transfer per cycle
    Model      myllama.model.rope.rope, bit exact
    """
    ways, width = din.ways, dout.width
    # Pairs: of a token, until the first of v, and of a head.
    last, first_v = (dim + 2 * kv_dim) // 2 - 1, (dim + kv_dim) // 2
    last_angle = head_dim // 2 - 1

    index, angle = up_to(last), up_to(last_angle)
    advance, fire, completes = flag(), flag(), flag()
    clipped = [word(width) for _ in range(ways)]
    even, odd, turns = word(width), word(width), flag()
    has_pair, has_products = flag(), flag()
    results, out = [word(width) for _ in range(ways)], VectorStream(width, ways)
    result = joined(results)

    @always_comb
    def flow():
        advance.next = out.ready

    @always_comb
    def accept():
        din.ready.next = advance and table_valid

    @always_comb
    def transfer():
        fire.next = din.valid and din.ready

    u_slice = register_slice(clk, rst, out, dout)
    clip = [saturate(raw, y) for raw, y in zip(elements(din.data, ways), clipped, strict=True)]

    @always_comb
    def address():
        re.next = completes
        raddr.next = angle

    @always_seq(clk.posedge, reset=rst)
    def count():
        if completes:
            if index == last:
                index.next = 0
            else:
                index.next = index + 1
            if angle == last_angle:
                angle.next = 0
            else:
                angle.next = angle + 1

    if ways == 1:
        # A pair goes through the multipliers twice: for its first result, then for its second.
        second, for_second, first, arrived = flag(), flag(), word(width), clipped[0]

        @always_comb
        def complete():
            completes.next = fire and second

        @always_seq(clk.posedge, reset=rst)
        def alternate():
            if fire:
                second.next = not second

        @always(clk.posedge)
        def keep():
            if fire and not second:
                first.next = arrived

        @always_seq(clk.posedge, reset=rst)
        def stages():
            if advance:
                has_pair.next = completes
                for_second.next = has_pair
                has_products.next = has_pair or for_second

        choices = [for_second]
    else:
        first, arrived = clipped

        @always_comb
        def complete():
            completes.next = fire

        @always_seq(clk.posedge, reset=rst)
        def stages():
            if advance:
                has_pair.next = completes
                has_products.next = has_pair

        choices = [False, True]

    @always(clk.posedge)
    def collect():
        if completes:
            even.next = first
            odd.next = arrived
            turns.next = index < first_v

    turn = [
        rope_result(clk, advance, even, odd, cosine, sine, turns, choices[i], results[i])
        for i in range(ways)
    ]

    @always_comb
    def offer():
        out.data.next = result[ways * width :]
        out.valid.next = has_products

    return insts()

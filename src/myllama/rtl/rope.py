"""Rotary position embedding on the stream of QKV rows."""

from myhdl import always, always_comb, always_seq, block

from ..hdl.elaborate import insts
from ..tables import TRIG_FRAC
from .rope_table import TRIG_WIDTH
from .rounding import saturate
from .slice import register_slice
from .stream import VectorStream, elements, flag, joined, up_to, word

# Cycles in the slice at the entrance, and from there to the first result.
ENTRANCE, INSIDE = 1, 5
LATENCY = ENTRANCE + INSIDE


@block
def rope_result(clk, advance, x, y, cosine, sine, turns, second, result):
    """x cosine - y sine, or with `second` x cosine + y sine, three cycles of advance later.

    turns    low: x itself
    second   flag, or a constant
    """
    width = len(result)
    half = 1 << TRIG_FRAC - 1
    turns_d1, turns_d2, turns_d3, adds, takes = (flag() for _ in range(5))
    plain, plain_d2, plain_d3 = word(width), word(width), word(width)
    a, b = word(width + TRIG_WIDTH), word(width + TRIG_WIDTH)
    biased, other = word(len(a) + 1), word(len(b))
    turned, clipped = word(width + TRIG_WIDTH + 2 - TRIG_FRAC), word(width)

    @always(clk.posedge)
    def multiply():
        if advance:
            turns_d1.next = turns
            adds.next = second
            a.next = x * cosine
            b.next = y * sine
            plain.next = x

    @always(clk.posedge)
    def add_or_take():
        if advance:
            turns_d2.next = turns_d1
            plain_d2.next = plain
            biased.next = a + half
            # a - b == a + ~b + 1
            takes.next = not adds
            if adds:
                other.next = b
            else:
                other.next = ~b

    @always(clk.posedge)
    def round_half_up():
        if advance:
            turns_d3.next = turns_d2
            plain_d3.next = plain_d2
            turned.next = (biased + other + takes) >> TRIG_FRAC

    u_clip = saturate(turned, clipped)

    @always_comb
    def choose():
        if turns_d3:
            result.next = clipped
        else:
            result.next = plain_d3

    return insts()


@block
def rope(clk, rst, din, re, raddr, cosine, sine, table_valid, dout, dim, kv_dim, head_dim):
    """Turn the adjacent pairs of q and k, pass v; dim + 2 kv_dim words, then again.

    clk, rst      clock; synchronous reset, active high
    din           sink VectorStream; words are saturated to the width of dout first
    re, raddr     read enable and pair number of the rope_table
    cosine, sine  its answer, one cycle later
    table_valid   what has entered waits for it
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
    advance, fire, completes, loads = flag(), flag(), flag(), flag()
    clipped = [word(width) for _ in range(ways)]
    x, y, turns = word(width), word(width), flag()
    has_pair, has_products, has_terms, has_sums = (flag() for _ in range(4))
    results = [word(width) for _ in range(ways)]
    entered, out = VectorStream(din.width, ways), VectorStream(width, ways)
    result = joined(results)

    @always_comb
    def flow():
        advance.next = out.ready

    @always_comb
    def accept():
        entered.ready.next = advance and table_valid

    @always_comb
    def transfer():
        fire.next = entered.valid and advance and table_valid

    # At both ends: din.ready comes from a register, and what is taken is saturated behind one.
    u_enter = register_slice(clk, rst, din, entered)
    u_slice = register_slice(clk, rst, out, dout)
    clip = [saturate(raw, y) for raw, y in zip(elements(entered.data, ways), clipped, strict=True)]

    @always_comb
    def address():
        re.next = loads and table_valid
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
        # A pair goes through the multipliers twice, the second time with its words swapped.
        second, for_second, first, arrived = flag(), flag(), word(width), clipped[0]

        @always_comb
        def complete():
            loads.next = advance and second
            completes.next = fire and second

        @always_seq(clk.posedge, reset=rst)
        def alternate():
            if fire:
                second.next = not second

        @always(clk.posedge)
        def keep():
            if advance and not second:
                first.next = arrived

        @always(clk.posedge)
        def collect():
            if advance:
                if second:
                    x.next = first
                    y.next = arrived
                    turns.next = index < first_v
                else:
                    x.next = y
                    y.next = x

        @always_seq(clk.posedge, reset=rst)
        def stages():
            if advance:
                has_pair.next = completes
                for_second.next = has_pair
                has_products.next = has_pair or for_second
                has_terms.next = has_products
                has_sums.next = has_terms

        operands = [(x, y, for_second)]
    else:
        first, arrived = clipped

        @always_comb
        def complete():
            loads.next = advance
            completes.next = fire

        @always(clk.posedge)
        def collect():
            if advance:
                x.next = first
                y.next = arrived
                turns.next = index < first_v

        @always_seq(clk.posedge, reset=rst)
        def stages():
            if advance:
                has_pair.next = completes
                has_products.next = has_pair
                has_terms.next = has_products
                has_sums.next = has_terms

        operands = [(x, y, False), (y, x, True)]

    turn = [
        rope_result(clk, advance, a, b, cosine, sine, turns, second_result, results[i])
        for i, (a, b, second_result) in enumerate(operands)
    ]

    @always_comb
    def offer():
        out.data.next = result[ways * width :]
        out.valid.next = has_sums

    return insts()

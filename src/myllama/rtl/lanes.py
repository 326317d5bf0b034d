"""The multipliers: a lane each, and the tree that adds their products."""

from copy import copy

from myhdl import ConcatSignal, Signal, always, always_comb, block

from ..hdl.elaborate import insts
from ..tables import P_FRAC
from .stream import bits, word


@block
def lane(clk, weight, kv, act, p, hot, control, add, first, capture, element, product, store, one):
    """One multiplier, and the accumulator of one channel of attention outputs.

    weight, kv   what it may multiply, as raw bits: a weight, or a channel of K or V
    act, p, hot  by what: an activation, a softmax weight, or `one` in the hot lane
    control      Control: which of them
    add, first   VALUES: the product is to be added; it is the first
    capture      VALUES: store <- the rounded, saturated sum, else the element to write, raw bits

    The softmax weights of one sum are below 2**(P_FRAC + 1) together.

    Latency  2 cycles to product
    Model    product: exact; store: saturate(round_shift(sum, P_FRAC))
    """
    width = len(act)
    half = 1 << P_FRAC - 1
    low, high = -(1 << width - 1), (1 << width - 1) - 1
    left, right = word(max(len(weight), len(kv))), word(max(width, len(p)))
    # The sum stays below 2**(width + P_FRAC); one bit for the sign, one for the half.
    total = word(width + P_FRAC + 2)
    whole = word(width + 2)

    @always(clk.posedge)
    def operands():
        if control.attend:
            left.next = kv.signed()
        else:
            left.next = weight.signed()
        if control.embed:
            if hot:
                right.next = one
            else:
                right.next = 0
        elif control.values:
            right.next = p.signed()
        else:
            right.next = act.signed()

    @always(clk.posedge)
    def multiply():
        product.next = left * right

    @always(clk.posedge)
    def accumulate():
        if add:
            if first:
                total.next = product + half
            else:
                total.next = total + product

    @always_comb
    def rounded():
        whole.next = total >> P_FRAC

    @always(clk.posedge)
    def keep():
        if not capture:
            store.next = element.signed()
        elif whole > high:
            store.next = high
        elif whole < low:
            store.next = low
        else:
            store.next = whole

    return insts()


@block
def adder(clk, a, b, total):
    """total <- a + b, of raw bits."""

    @always(clk.posedge)
    def add():
        total.next = a.signed() + b.signed()

    return insts()


@block
def level(clk, terms, totals, count, width):
    """Sums of neighbours: `count` words of `width` bits to half as many, one bit wider."""
    pairs = range(count // 2)
    total_bits = count // 2 * (width + 1)
    sums = [word(width + 1) for _ in pairs]
    adders = [
        adder(
            clk,
            terms((2 * i + 1) * width, 2 * i * width),
            terms((2 * i + 2) * width, (2 * i + 1) * width),
            sums[i],
        )
        for i in pairs
    ]
    joined = sums[0] if len(sums) == 1 else ConcatSignal(*reversed(sums))

    @always_comb
    def pack():
        totals.next = joined[total_bits:]

    return insts()


@block
def tree(clk, products, tapped, total, lanes, width, tap):
    """Registered adder tree.

    products  `lanes` words of `width` bits, lane 0 lowest
    tapped    the sums after `tap` levels, lanes >> tap words of width + tap bits
    total     the sum of all

    Latency   tap cycles to tapped, log2(lanes) to total
    """
    depth = lanes.bit_length() - 1
    stages = [products] + [bits((lanes >> n) * (width + n)) for n in range(1, depth + 1)]
    levels = [level(clk, stages[n], stages[n + 1], lanes >> n, width + n) for n in range(depth)]
    middle, root = stages[tap], stages[depth]

    @always_comb
    def results():
        tapped.next = middle
        total.next = root.signed()

    return insts()


@block
def register(clk, d, q):
    """q <- d"""

    @always(clk.posedge)
    def step():
        q.next = d

    return insts()


@block
def delay_line(clk, d, q, cycles):
    """q is d, `cycles` (two or more) cycles later."""
    between = [Signal(copy(d.val)) for _ in range(cycles - 1)]
    path = [d, *between, q]
    steps = [register(clk, path[i], path[i + 1]) for i in range(cycles)]
    return insts()

"""The multipliers: a lane each, and the tree that adds their products."""

from copy import copy

from myhdl import ConcatSignal, Signal, always, always_comb, block

from ..hdl.elaborate import insts
from ..tables import P_FRAC
from .rounding import saturate
from .stream import bits, word


@block
def activation(clk, read, hot, embed, act, one):
    """act <- what was read; with embed, `one` in the hot lane and zero in the others. Raw bits.

    Chosen here, `one` does not make each bit before a multiplier a LUT wider.
    """

    @always(clk.posedge)
    def choose():
        if not embed:
            act.next = read
        elif hot:
            act.next = one
        else:
            act.next = 0

    return insts()


@block
def lane(clk, weight, kv, act, p, control, product):
    """One multiplier.

    weight, kv   what it may multiply, as raw bits: a weight, or a channel of K or V
    act, p       by what: an activation, or a softmax weight
    control      Control: which of them

    Latency  2 cycles to product
    Model    exact
    """
    left, right = word(max(len(weight), len(kv))), word(max(len(act), len(p)))

    @always(clk.posedge)
    def operands():
        if control.attend:
            left.next = kv.signed()
        else:
            left.next = weight.signed()
        if control.values:
            right.next = p.signed()
        else:
            right.next = act.signed()

    @always(clk.posedge)
    def multiply():
        product.next = left * right

    return insts()


@block
def sum_of_products(clk, product, clear, add, total):
    """With clear, total <- 0; with add, total <- total + product."""

    @always(clk.posedge)
    def accumulate():
        if clear:
            total.next = 0
        elif add:
            total.next = total + product

    return insts()


@block
def channel(clk, product, other, clear, add, capture, element, store):
    """One channel of attention outputs, and what its lane of the act memory may take.

    product, other  of each way's lane; other is None where there is one way
    clear, add   VALUES: the sum starts anew; the products are to be added
    capture      store <- the rounded, saturated sum, else the element to write, raw bits

    The softmax weights of one sum are below 2**(P_FRAC + 1) together.

    Latency  1 cycle from the last product to capture, 2 with two ways
    Model    saturate(round_shift(sum, P_FRAC))
    """
    width = len(store)
    half = 1 << P_FRAC - 1
    # The sum stays below 2**(width + P_FRAC); one bit for the sign, one for the half.
    total = word(width + P_FRAC + 2)
    whole, clipped = word(width + 2), word(width)

    @always(clk.posedge)
    def accumulate():
        if clear:
            total.next = half
        elif add:
            total.next = total + product

    if other is None:

        @always_comb
        def rounded():
            whole.next = total >> P_FRAC

    else:
        total_of_other = word(len(total))
        u_other = sum_of_products(clk, other, clear, add, total_of_other)

        @always(clk.posedge)
        def rounded():
            whole.next = (total + total_of_other) >> P_FRAC

    u_clip = saturate(whole, clipped)

    @always(clk.posedge)
    def keep():
        if capture:
            store.next = clipped
        else:
            store.next = element.signed()

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
    tapped    the lowest of the sums after `tap` levels, words of width + tap bits
    total     the sum of all

    Latency   tap cycles to tapped, log2(lanes) to total
    """
    depth = lanes.bit_length() - 1
    stages = [products] + [bits((lanes >> n) * (width + n)) for n in range(1, depth + 1)]
    levels = [level(clk, stages[n], stages[n + 1], lanes >> n, width + n) for n in range(depth)]
    middle, root, tapped_bits = stages[tap], stages[depth], len(tapped)

    @always_comb
    def results():
        tapped.next = middle[tapped_bits:]
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

"""The gate of the feed-forward network."""

from math import e, log2

from myhdl import Signal, always, always_comb, always_seq, block, concat, intbv

from ..hdl.elaborate import insts
from ..tables import LOG_FRAC, MANT_FRAC, P_FRAC, RECIPROCAL
from . import exp2 as power
from . import interpolate as table
from .exp2 import exp2
from .interpolate import interpolate
from .rounding import saturate
from .stream import bits, elements, flag, word

FINE = 2  # bits of z_shift that are left for its second step
LOG2E_FRAC = 14
LOG2E = round(log2(e) * 2**LOG2E_FRAC)

# Cycles from h to its sigmoid.
SIGMOID = 3 + power.LATENCY + 1 + table.LATENCY + 1


def latency(ways):
    """Cycles from the transfer of h3 to z; of two ways h1 comes with it, and pairs are whole."""
    return 3 - ways + SIGMOID + 6


@block
def sigmoid(clk, h, s, frac):
    """s = 1 / (1 + e**-h), MANT_FRAC fraction bits.

    clk     clock
    h       signed word with `frac` fraction bits
    s       signed word of MANT_FRAC + 1 bits, never negative

    Latency    SIGMOID cycles
    Rate       1 word per cycle
    Model      myllama.model.swiglu.sigmoid, bit exact
    """
    width = len(h)
    shift = frac + LOG2E_FRAC - LOG_FRAC
    assert shift >= 1, f"{frac} fraction bits are too few"
    half = 1 << shift - 1
    largest = ((1 << width - 1) * LOG2E + half) >> shift
    below_one = (1 << P_FRAC) - 1
    one = 1 << MANT_FRAC
    signs = SIGMOID - 1

    magnitude = bits(width)
    product = bits(width + LOG2E.bit_length())
    # exp2 wants a whole part, even if it is always zero.
    d = bits(max(largest.bit_length(), LOG_FRAC + 1))
    power_of_e = word(P_FRAC + 2)
    u = bits(RECIPROCAL.u_bits)
    upper = word(MANT_FRAC + 1)
    negative = Signal(intbv(0)[signs:])
    moves = Signal(bool(1))

    @always(clk.posedge)
    def exponent():
        if h < 0:
            magnitude.next = -h
        else:
            magnitude.next = h
        product.next = magnitude * LOG2E
        d.next = (product + half) >> shift

    u_exp2 = exp2(clk, moves, d, power_of_e)

    @always(clk.posedge)
    def limit():
        # One unit below 1.0 keeps the table's argument below 2.0.
        if power_of_e > below_one:
            u.next = below_one
        else:
            u.next = power_of_e[P_FRAC:]

    u_reciprocal = interpolate(clk, moves, u, upper, RECIPROCAL)

    @always(clk.posedge)
    def mirror():
        negative.next = concat(negative[signs - 1 :], h[width - 1])
        if negative[signs - 1]:
            s.next = one - upper
        else:
            s.next = upper

    return insts()


@block
def swiglu_pairs(clk, rst, din, pair, full):
    """Saturates the words of din and joins two of them: h3 above h1.

    full    one cycle, when a pair is there
    """
    width, ways = len(pair) // 2, din.ways
    clipped = [word(width) for _ in range(ways)]
    given = bits(len(din.data))

    clip = [saturate(raw, y) for raw, y in zip(elements(given, ways), clipped, strict=True)]

    if ways == 1:
        second, second_d1, taken = flag(), flag(), flag()
        h = clipped[0]

        @always_seq(clk.posedge, reset=rst)
        def count():
            taken.next = din.valid
            second_d1.next = second
            full.next = taken and second_d1
            if din.valid:
                second.next = not second

        @always(clk.posedge)
        def keep():
            given.next = din.data

        @always(clk.posedge)
        def pair_up():
            if taken:
                pair.next = concat(h[width:], pair[2 * width : width])

    else:
        h1, h3 = clipped

        @always_comb
        def at_once():
            given.next = din.data

        @always_seq(clk.posedge, reset=rst)
        def follow():
            full.next = din.valid

        @always(clk.posedge)
        def keep():
            pair.next = concat(h3[width:], h1[width:])

    return insts()


@block
def swiglu(clk, rst, din, z_shift, dout, h1_frac):
    """z = silu(h1) * h3 >> z_shift, for words h1, h3 in turn.

    clk      clock
    rst      synchronous reset, active high
    din      sink VectorStream: h1, h3, h1, ...; saturated to the width of dout
    z_shift  right shift of the product, stable while words are inside
    dout     source VectorStream of one way, taken at once: z
    h1_frac  fraction bits of h1

    Latency    latency(din.ways) cycles, from the transfer of h3
    Rate       1 transfer in per cycle; a word out per pair
    Model      myllama.model.swiglu, bit exact
    """
    width = len(dout.data)
    half = 1 << MANT_FRAC - 1
    # Cycles that a pair waits for its sigmoid, for its silu, and until it is z.
    to_scale, to_multiply, inside = SIGMOID, SIGMOID + 2, SIGMOID + 5

    full = flag()
    pair = bits(2 * width)
    h1 = word(width)
    firsts = Signal(intbv(0)[width * to_scale :])
    thirds = Signal(intbv(0)[width * to_multiply :])
    present = Signal(intbv(0)[inside:])
    s = word(MANT_FRAC + 1)
    scaled = word(width + MANT_FRAC + 1)
    silu, clipped, z = word(width), word(width), word(width)
    product = word(2 * width)
    shifted, rounded = word(2 * width + 1), word(2 * width + 1)

    @always_comb
    def first():
        h1.next = pair[width:].signed()

    u_pairs = swiglu_pairs(clk, rst, din, pair, full)
    u_sigmoid = sigmoid(clk, h1, s, h1_frac)

    @always(clk.posedge)
    def keep():
        firsts.next = concat(firsts[width * (to_scale - 1) :], pair[width:])
        thirds.next = concat(thirds[width * (to_multiply - 1) :], pair[2 * width : width])

    @always(clk.posedge)
    def scale():
        # The sigmoid is below 1.0, so silu needs no saturation.
        scaled.next = firsts[width * to_scale : width * (to_scale - 1)].signed() * s
        silu.next = (scaled + half) >> MANT_FRAC

    @always(clk.posedge)
    def multiply():
        # The bit below the product's last makes the rounding the same for every shift, which has
        # two steps.
        product.next = silu * thirds[width * to_multiply : width * (to_multiply - 1)].signed()
        shifted.next = (product << 1) >> (z_shift[:FINE] * (1 << FINE))
        rounded.next = ((shifted >> z_shift[FINE:]) + 1) >> 1

    @always_seq(clk.posedge, reset=rst)
    def emit():
        present.next = concat(present[inside - 1 :], full)
        dout.valid.next = present[inside - 1]

    u_clip = saturate(rounded, clipped)

    @always(clk.posedge)
    def limit():
        z.next = clipped

    @always_comb
    def streams():
        din.ready.next = True
        dout.data.next = z[width:]

    return insts()

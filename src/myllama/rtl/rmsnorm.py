"""1 / ||x|| of the residual stream."""

from myhdl import Signal, always, always_comb, always_seq, block, concat, intbv

from ..hdl.elaborate import insts
from ..tables import MANT_FRAC, RSQRT
from . import interpolate as interpolation
from .interpolate import interpolate
from .stream import bits, elements, flag, up_to, word

MANTISSA_BITS = 18
# Cycles of a square: multipliers have registers at both ends, and may be far from their sum.
SQUARE_LATENCY = 3
# Cycles from the transfer of a word to the sum with its square: of several ways these are added
# before; then eps comes before the shifts.
TO_SUM = SQUARE_LATENCY + 2


def sum_width(residual_width, dim):
    """Bits of dim squares plus eps, eps not above one square; the mantissa fits below."""
    return max((dim + 1 << 2 * residual_width - 2).bit_length(), MANTISSA_BITS + 2)


def steps(residual_width, dim):
    """Shifts of the leading one to the top, each half of the one before; the last, of up to 3."""
    return (sum_width(residual_width, dim) - 1).bit_length() - 1


def latency(residual_width, dim):
    """Cycles from the transfer of the last word to norm.valid."""
    return TO_SUM + 1 + steps(residual_width, dim) + interpolation.LATENCY


@block
def shift_up(clk, x, exponent, shifted, lowered, places):
    """Move x up by `places`, if the bits above are zero, and lower the exponent as much."""
    width = len(x)

    @always(clk.posedge)
    def move():
        if x[width : width - places] == 0:
            shifted.next = x[width - places :] << places
            lowered.next = exponent - places
        else:
            shifted.next = x
            lowered.next = exponent

    return insts()


@block
def shift_last(clk, x, exponent, shifted, lowered):
    """Move the leading one of x up to the top from one of the three places below it."""
    top = len(x) - 1

    @always(clk.posedge)
    def move():
        if x[top]:
            shifted.next = x
            lowered.next = exponent
        elif x[top - 1]:
            shifted.next = x[top:] << 1
            lowered.next = exponent - 1
        elif x[top - 2]:
            shifted.next = x[top - 1 :] << 2
            lowered.next = exponent - 2
        else:
            shifted.next = x[top - 2 :] << 3
            lowered.next = exponent - 3

    return insts()


@block
def square(clk, x, y):
    """y is x * x, SQUARE_LATENCY cycles later; x is raw bits of a signed word.

    (high * 2**n + low)**2, of products that each fit a multiplier; the squares stand side by side.
    """
    width, n = len(x), len(x) // 2
    high, low = word(width - n), bits(n)
    upper, lower = bits(2 * (width - n) - 1), bits(2 * n)
    middle = word(width + 1)

    @always(clk.posedge)
    def multiply():
        high.next = x[width:n].signed()
        low.next = x[n:]
        upper.next = high * high
        lower.next = low * low
        middle.next = high * low

    @always(clk.posedge)
    def add():
        y.next = concat(upper, lower) + (middle << n + 1)

    return insts()


@block
def rmsnorm(clk, rst, din, eps, base, norm, dim):
    """Sum the squares of dim elements; then the inverse root of the sum plus eps.

    clk   clock
    rst   synchronous reset, active high
    din   sink VectorStream of residual words, always taken; a vector after the first begins
          when norm.valid is high
    eps   unsigned, at least 1 and at most one square, in units of a square; stable
    base  power of two taken out of norm.shift; stable
    norm  Norm of the last whole vector; valid falls with the first word of the next
    dim   elements of a vector, a multiple of the ways of din

    Latency    latency(residual_width, dim) cycles to norm.valid
    Rate       1 transfer per cycle
    Model      myllama.model.rmsnorm, bit exact
    """
    ways, residual_width = din.ways, din.width
    width = sum_width(residual_width, dim)
    count_last, last_step = dim // ways - 1, latency(residual_width, dim) - 2
    stages = steps(residual_width, dim)
    assert len(eps) <= 2 * residual_width - 2, f"eps of {len(eps)} bits exceeds one square"

    square_width = 2 * residual_width - 1
    squares = [bits(square_width) for _ in range(ways)]
    added, total = bits(square_width + ways - 1), bits(width)
    ends, busy, always_on = flag(), flag(), flag()
    count, elapsed = up_to(count_last), up_to(last_step)
    present = bits(TO_SUM - 1)  # bit i: i + 1 cycles after a transfer
    # The sum is complete, and is cleared: the latter is high as it stands, for the sum has no
    # reset of its own.
    complete, clear = flag(), Signal(bool(1))
    # Every place starts with a one: it moves up by width - 1, and no exponent falls below zero.
    x = [Signal(intbv(1)[width:]) for _ in range(stages + 1)]
    exponent = [Signal(intbv(width - 1)[stages + 1 :]) for _ in range(stages + 1)]
    whole, whole_exponent = x[0], exponent[0]
    top, top_exponent = x[stages], exponent[stages]
    u = bits(MANTISSA_BITS + 1)
    shift = word(max(len(base), len(norm.shift)) + 3)
    top_bit, truncated = width - 1, width - 1 - MANTISSA_BITS
    mantissa = (1 << MANTISSA_BITS) - 1

    @always_comb
    def accept():
        din.ready.next = True
        ends.next = din.valid and count == count_last

    @always_seq(clk.posedge, reset=rst)
    def control():
        present.next = concat(present[TO_SUM - 2 :], din.valid)
        complete.next = busy and elapsed == TO_SUM - 2
        clear.next = busy and elapsed == TO_SUM - 2
        if busy:
            if elapsed == last_step:
                elapsed.next = 0
                busy.next = False
                norm.valid.next = True
            else:
                elapsed.next = elapsed + 1
        if din.valid:
            norm.valid.next = False
            if ends:
                count.next = 0
                busy.next = True
            else:
                count.next = count + 1

    xs = elements(din.data, ways)
    u_square = [square(clk, xs[i], squares[i]) for i in range(ways)]
    first, other = squares[0], squares[-1]
    if ways == 1:

        @always(clk.posedge)
        def add():
            added.next = first

    else:

        @always(clk.posedge)
        def add():
            added.next = first + other

    @always(clk.posedge)
    def accumulate():
        if complete:
            whole.next = total + eps
            whole_exponent.next = top_bit
        if clear:
            total.next = 0
        elif present[TO_SUM - 2]:
            total.next = total + added

    step = [
        shift_up(clk, x[i], exponent[i], x[i + 1], exponent[i + 1], 1 << stages - i)
        for i in range(stages - 1)
    ]
    last = stages - 1
    u_last = shift_last(clk, x[last], exponent[last], top, top_exponent)

    @always_comb
    def argument():
        always_on.next = True
        # A sum, not a part of `top`: what lies below the mantissa is dropped on purpose.
        u.next = (top_exponent[0] << MANTISSA_BITS) | (((top + 0) >> truncated) & mantissa)

    root = interpolate(clk, always_on, u, norm.mant, RSQRT)

    @always(clk.posedge)
    def rescale():
        shift.next = MANT_FRAC + (top_exponent >> 1) - base
        if shift < 0:
            norm.shift.next = 0
        else:
            norm.shift.next = shift

    return insts()

"""The residual stream: x + delta, and what the next matrix and the next norm want of it."""

from myhdl import always, always_comb, always_seq, block

from ..fixed import QFormat
from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp, rom
from ..tables import GAIN_WIDTH
from .stream import flag, up_to, word

LATENCY = 5


@block
def residual(clk, rst, first, norm_index, act_shift, din, acts, x, gains, initfile, dim):
    """Add a vector of dim words to x, keep the sum, and hand it on in two forms.

    clk, rst    clock; synchronous reset, active high
    first       the sum is din alone: a token's table row
    norm_index  which norm's gains apply; it, first and act_shift hold for a whole vector
    act_shift   right shift of x * gain
    din         sink Stream of deltas
    acts        source Stream: x * gain, rounded half up and saturated
    x           source Stream: the sum itself, saturated
    gains       raw words of GAIN_WIDTH bits, dim per norm, kept in `initfile`
    dim         words per vector

    Latency    LATENCY cycles from din to acts and x
    Rate       1 word per cycle; either stream may stall the block
    Model      myllama.model.residual.add and .activations, bit exact
    """
    width, act_width = len(x.data), len(acts.data)
    lo, hi = QFormat.of_width(width, 0).lo, QFormat.of_width(width, 0).hi
    act_lo, act_hi = QFormat.of_width(act_width, 0).lo, QFormat.of_width(act_width, 0).hi
    last = dim - 1
    assert dim > 1, "a word is read while the one before is written"

    index, index_d1 = up_to(last), up_to(last)
    gain_addr = up_to(len(gains) - 1)
    delta = word(len(din.data))
    kept, total, x_d2, x_d3, x_d4, x_d5 = (word(width) for _ in range(6))
    wide = word(max(width, len(din.data)) + 1)
    gain, gain_d2 = word(GAIN_WIDTH), word(GAIN_WIDTH)
    product = word(width + GAIN_WIDTH)
    doubled = word(width + GAIN_WIDTH + 1)
    rounded = word(width + GAIN_WIDTH + 1)
    act = word(act_width)
    advance, fire, write = flag(), flag(), flag()
    valid_d1, valid_d2, valid_d3, valid_d4, full = (flag() for _ in range(5))
    acts_left, x_left, leaves = flag(), flag(), flag()

    u_gains = rom(clk, fire, gain_addr, gain, gains, initfile)
    u_x = ram_sdp(clk, write, index_d1, total, fire, index, kept, dim)

    @always_comb
    def both_left():
        leaves.next = (acts.ready or acts_left) and (x.ready or x_left)

    @always_comb
    def flow():
        advance.next = leaves or not full

    @always_comb
    def accept():
        din.ready.next = advance
        fire.next = din.valid and advance

    @always_comb
    def gain_address():
        gain_addr.next = norm_index * dim + index

    @always_comb
    def write_enable():
        write.next = valid_d1 and advance

    @always_comb
    def add():
        if first:
            wide.next = delta
        else:
            wide.next = kept + delta

    @always_comb
    def saturate():
        if wide > hi:
            total.next = hi
        elif wide < lo:
            total.next = lo
        else:
            total.next = wide

    @always_comb
    def round_half_up():
        rounded.next = (doubled + 1) >> 1

    @always_comb
    def offer():
        acts.data.next = act
        acts.valid.next = full and not acts_left
        x.data.next = x_d5
        x.valid.next = full and not x_left

    @always_seq(clk.posedge, reset=rst)
    def control():
        if advance:
            valid_d1.next = fire
            valid_d2.next = valid_d1
            valid_d3.next = valid_d2
            valid_d4.next = valid_d3
            full.next = valid_d4
            acts_left.next = False
            x_left.next = False
        else:
            acts_left.next = acts_left or acts.ready
            x_left.next = x_left or x.ready
        if fire:
            if index == last:
                index.next = 0
            else:
                index.next = index + 1

    @always(clk.posedge)
    def stages():
        if advance:
            delta.next = din.data
            index_d1.next = index
            x_d2.next = total
            gain_d2.next = gain
            x_d3.next = x_d2
            product.next = x_d2 * gain_d2
            x_d4.next = x_d3
            # One bit stays below the point, for rounding.
            doubled.next = (product << 1) >> act_shift
            x_d5.next = x_d4
            if rounded > act_hi:
                act.next = act_hi
            elif rounded < act_lo:
                act.next = act_lo
            else:
                act.next = rounded

    return insts()

"""The residual stream: x + delta, and what the next matrix and the next norm want of it."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp, rom
from ..tables import GAIN_WIDTH
from .rounding import round_halves, saturate
from .stream import bits, elements, flag, joined, up_to, word

LATENCY = 6


@block
def residual_element(clk, alone, act_shift, delta, kept, gain, total, x, act):
    """One element's way through the stages of residual.

    alone    nothing is added to delta
    delta, kept, gain  what to add, the x to add it to and the gain, as raw bits
    total    their sum, three cycles after delta: the new x
    x, act   what leaves
    """
    width = len(x)
    # What is beyond two bits more than x saturates any sum, and is saturated before.
    delta_d1, delta_now, delta_d2 = bits(len(delta)), word(width + 1), word(width + 1)
    kept_d2, gain_d2, gain_d3 = word(width), word(GAIN_WIDTH), word(GAIN_WIDTH)
    wide, now = word(width + 2), word(width)
    x_d4, x_d5 = word(width), word(width)
    product = word(width + GAIN_WIDTH)
    doubled, rounded = word(width + GAIN_WIDTH + 1), word(len(act))

    u_delta = saturate(delta_d1, delta_now)

    @always_comb
    def add():
        wide.next = kept_d2 + delta_d2

    u_total = saturate(wide, now)

    u_act = round_halves(doubled, rounded)

    @always(clk.posedge)
    def stages():
        delta_d1.next = delta
        delta_d2.next = delta_now
        kept_d2.next = kept.signed()
        if alone:
            kept_d2.next = 0
        gain_d2.next = gain.signed()
        gain_d3.next = gain_d2
        total.next = now
        x_d4.next = total
        product.next = total * gain_d3
        x_d5.next = x_d4
        # One bit stays below the point, for rounding.
        doubled.next = (product << 1) >> act_shift
        x.next = x_d5
        act.next = rounded

    return insts()


@block
def residual(clk, rst, first, norm_index, act_shift, din, acts, x, gains, initfile, dim):
    """Add a vector of dim elements to x, keep the sum, and hand it on in two forms.

    clk, rst    clock; synchronous reset, active high
    first       the sum is din alone: a token's table row
    norm_index  which norm's gains apply; it, first and act_shift hold for a whole vector
    act_shift   right shift of x * gain
    din         sink VectorStream of deltas; a vector of up to 3 transfers follows when the
                one before has left
    acts        source VectorStream, taken at once: x * gain, rounded half up and saturated
    x           source VectorStream, taken at once: the sum itself, saturated
    gains       raw words of GAIN_WIDTH bits, dim per norm, kept in `initfile`
    dim         elements per vector, a multiple of the streams' ways

    Latency    LATENCY cycles from din to acts and x
    Rate       1 transfer per cycle
    Model      myllama.model.residual.add and .activations, bit exact
    """
    ways, width, act_width = din.ways, x.width, acts.width
    words, x_bits, act_bits = dim // ways, len(x.data), len(acts.data)
    last = words - 1
    assert dim % ways == 0, f"dim {dim} is not a multiple of {ways}"
    gain_words = tuple(
        sum(gain << i * GAIN_WIDTH for i, gain in enumerate(gains[at : at + ways]))
        for at in range(0, len(gains), ways)
    )

    index, index_d1, index_d2, index_d3 = (up_to(last) for _ in range(4))
    gain_addr = up_to(len(gain_words) - 1)
    total, kept, gain = bits(x_bits), bits(x_bits), bits(ways * GAIN_WIDTH)
    write, valid, alone, always_on = flag(), bits(LATENCY), flag(), flag()
    totals, sums = ([word(width) for _ in range(ways)] for _ in range(2))
    activations = [word(act_width) for _ in range(ways)]
    deltas, olds, factors = elements(din.data, ways), elements(kept, ways), elements(gain, ways)

    u_gains = rom(clk, always_on, gain_addr, gain, gain_words, initfile)
    u_x = ram_sdp(clk, write, index_d3, total, din.valid, index, kept, words)
    u_element = [
        residual_element(
            clk, alone, act_shift, deltas[i], olds[i], factors[i], totals[i], sums[i],
            activations[i],
        )
        for i in range(ways)
    ]  # fmt: skip
    all_totals, all_sums, all_activations = joined(totals), joined(sums), joined(activations)

    @always_comb
    def accept():
        din.ready.next = True
        gain_addr.next = norm_index * words + index

    @always_comb
    def write_enable():
        write.next = valid[2]
        total.next = all_totals[x_bits:]

    @always_comb
    def offer():
        acts.data.next = all_activations[act_bits:]
        acts.valid.next = valid[LATENCY - 1]
        x.data.next = all_sums[x_bits:]
        x.valid.next = valid[LATENCY - 1]

    @always_seq(clk.posedge, reset=rst)
    def control():
        valid.next = concat(valid[LATENCY - 1 :], din.valid)
        if din.valid:
            if index == last:
                index.next = 0
            else:
                index.next = index + 1

    @always(clk.posedge)
    def keep_up():
        always_on.next = True
        # Near its many loads, where `first` is not.
        alone.next = first
        index_d1.next = index
        index_d2.next = index_d1
        index_d3.next = index_d2

    return insts()

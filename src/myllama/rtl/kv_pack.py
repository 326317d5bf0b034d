"""Elements of K and V to memory words: a shared exponent per head, padding as zeros."""

from myhdl import ConcatSignal, Signal, always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from .kv_quantize import absolute, quantizer, shared_exponent
from .stream import bits, elements, flag, joined, up_to, word

# Cycles from the last channel of a word until it is complete.
LATENCY = 4


class Packed:
    """A memory word: `channels` mantissas, channel 0 lowest, then an exponent per head.

    mantissa, exponent  bits of each; no exponents where words are as wide as activations
    """

    def __init__(self, width, geometry):
        narrow = max(geometry.profile.act_width - width, 0)
        self.mantissa = width
        # The most negative word needs one more than the largest.
        self.exponent = (narrow + 1).bit_length() if narrow else 0
        self.heads = geometry.kv_per_group
        self.channels = self.heads * geometry.kv_chan
        self.width = self.channels * width + self.heads * self.exponent

    def of(self, source, channel):
        """The mantissa of a channel of the word `source`, raw bits."""
        return source((channel + 1) * self.mantissa, channel * self.mantissa)

    def exponent_of(self, source, head):
        at = self.channels * self.mantissa + head * self.exponent
        return source(at + self.exponent, at)


@block
def pack(clk, rst, din, k_ends, v_ends, k_word, v_word, geometry):
    """din, as in kv_cache, to memory words.

    k_ends, v_ends  one cycle each: a word of K, of V will be complete in the next one

    Channels are counted in transfers: heads and words have an even number of them.
    """
    ways = din.ways
    g, c, width = geometry, geometry.config, geometry.profile.act_width
    k, v = Packed(g.profile.k_width, g), Packed(g.profile.v_width, g)
    wide, ew = max(k.mantissa, v.mantissa), max(k.exponent, v.exponent, 1)
    channels, heads, real_heads = k.channels, k.heads, c.n_kv_heads
    head_last, span_last = c.head_dim // ways - 1, g.parts * g.kv_chan // ways - 1
    at_last, heads_last = channels // ways - 1, g.kv_groups * g.kv_per_group - 1
    k_width, v_width, bank_size = k.mantissa, v.mantissa, c.head_dim // ways

    # Filling one bank while the other drains.
    waddr, raddr = up_to(2 * bank_size - 1), up_to(2 * bank_size - 1)
    column, bank, filled = up_to(head_last), flag(), bits(2)
    # The bank that fills takes words; a bank has been emptied, or will be in the next cycle.
    takes, free = Signal(bool(1)), bits(2)
    head_ends = Signal(bool(head_last == 0))  # column is the last of the head
    # All magnitudes of a head so far, ORed.
    seen, seen_next, seen0, seen1, seen_now = (bits(width) for _ in range(5))
    x, magnitudes = bits(ways * width), [bits(width) for _ in range(ways)]
    write, head_in, head_out, ends = (flag() for _ in range(4))
    drain_bank, drains, active, padding, draining_v, zero = (flag() for _ in range(6))
    # One more than they reach: a limit beyond the last is a comparison all the same.
    channel, head, at = up_to(span_last + 1), up_to(heads_last + 1), up_to(at_last)
    span_ends = Signal(bool(span_last == 0))  # channel is the last of the head's words
    # What belongs to x, then to its mantissa one and two cycles later.
    step, opens, closes, values = bits(3), bits(3), bits(3), bits(3)
    exponent_now, exponent, exponent_d1, exponent_d2 = (bits(ew) for _ in range(4))
    entering = [word(wide) for _ in range(ways)]
    mantissas, exponents = bits(channels * wide), bits(heads * ew)
    enters, all_bits, enter_bits = joined(entering), channels * wide, ways * wide

    store = ram_sdp(
        clk, write, waddr, din.data, active, raddr, x, 2 * bank_size, style="distributed"
    )
    largest = shared_exponent(seen_now, draining_v, exponent_now, k_width, v_width, width)
    magnify = [absolute(e, m) for e, m in zip(elements(din.data, ways), magnitudes, strict=True)]
    quantize = [
        quantizer(clk, e, exponent, values(0), zero, mantissa, k_width, v_width)
        for e, mantissa in zip(elements(x, ways), entering, strict=True)
    ]

    @always_comb
    def fill_now():
        din.ready.next = takes
        write.next = din.valid and takes
        head_in.next = din.valid and takes and head_ends
        if bank:
            waddr.next = column + bank_size
        else:
            waddr.next = column

    first, other = magnitudes[0], magnitudes[-1]  # the same of one way

    @always_comb
    def any_of_them():
        if column == 0:
            seen_next.next = first | other
        else:
            seen_next.next = seen | first | other

    @always_seq(clk.posedge, reset=rst)
    def fill():
        if head_in:
            column.next = 0
            head_ends.next = head_last == 0
            bank.next = not bank
            if bank:
                seen1.next = seen_next
            else:
                seen0.next = seen_next
        elif write:
            column.next = column + 1
            head_ends.next = column + 1 == head_last
            seen.next = seen_next

    @always_comb
    def drain_now():
        if drain_bank:
            drains.next = filled[1] and not padding
            seen_now.next = seen1
        else:
            drains.next = filled[0] and not padding
            seen_now.next = seen0
        raddr.next = 0
        if channel <= head_last:
            if drain_bank:
                raddr.next = channel + bank_size
            else:
                raddr.next = channel

    @always_comb
    def leave():
        active.next = drains or padding
        head_out.next = drains and span_ends

    @always_comb
    def look_ahead():
        free.next = concat(
            not filled[1] or (head_out and drain_bank),
            not filled[0] or (head_out and not drain_bank),
        )

    @always_seq(clk.posedge, reset=rst)
    def banks():
        if bank != head_in:
            takes.next = free[1]
        else:
            takes.next = free[0]
        filled.next[1] = (filled[1] or (head_in and bank)) and not (head_out and drain_bank)
        filled.next[0] = (filled[0] or (head_in and not bank)) and not (head_out and not drain_bank)

    @always_seq(clk.posedge, reset=rst)
    def drain():
        if active:
            if at == at_last:
                at.next = 0
            else:
                at.next = at + 1
            if not span_ends:
                channel.next = channel + 1
                span_ends.next = channel + 1 == span_last
            else:
                channel.next = 0
                span_ends.next = span_last == 0
                if not padding:
                    drain_bank.next = not drain_bank
                if head == heads_last:
                    head.next = 0
                    padding.next = False
                    draining_v.next = not draining_v
                else:
                    head.next = head + 1
                    padding.next = head + 1 >= real_heads

    @always_seq(clk.posedge, reset=rst)
    def follow():
        step.next = concat(step[2:], active)
        closes.next = concat(closes[2:], at == at_last)
        values.next = concat(values[2:], draining_v)
        if active:
            zero.next = padding or channel > head_last
            if padding:
                exponent.next = 0
            else:
                exponent.next = exponent_now

    @always_comb
    def end_word():
        ends.next = step[2] and closes[2]

    @always_comb
    def tell_kind():
        k_ends.next = ends and not values[2]
        v_ends.next = ends and values[2]

    if channels == ways:

        @always(clk.posedge)
        def shift_in():
            if step[2]:
                mantissas.next = enters[enter_bits:]

    else:

        @always(clk.posedge)
        def shift_in():
            if step[2]:
                mantissas.next = concat(enters[enter_bits:], mantissas[all_bits:enter_bits])

    if heads == 1:
        next_exponents = exponent_d2
    else:
        next_exponents = ConcatSignal(exponent_d2, exponents(heads * ew, ew))

    if k.exponent or v.exponent:

        @always(clk.posedge)
        def shift_exponent():
            opens.next = concat(opens[2:], channel == 0)
            exponent_d1.next = exponent
            exponent_d2.next = exponent_d1
            if step[2] and opens[2]:
                exponents.next = next_exponents

    def assembled(form):
        parts = [mantissas(i * wide + form.mantissa, i * wide) for i in range(channels)]
        if form.exponent:
            parts += [exponents(i * ew + form.exponent, i * ew) for i in range(heads)]
        return ConcatSignal(*reversed(parts))

    joined_k, joined_v = assembled(k), assembled(v)

    @always_comb
    def words():
        k_word.next = joined_k[:]
        v_word.next = joined_v[:]

    return insts()

"""The way out of the KV cache: the memory, the row that is still fresh, full-width words."""

from myhdl import ConcatSignal, always, always_comb, block

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from .stream import bits, flag, word


@block
def kv_store(clk, we, waddr, wword, din, read, addr, kv_word, fresh, dout, depth, words):
    """K's or V's memory, and beside it the present position's words.

    Latency  3 cycles from read to dout; fresh words never come from the memory
    """
    width = len(din)
    read_old, read_new, new_d1, new_d2 = flag(), flag(), flag(), flag()
    old, now, old_out, new_out = bits(width), bits(width), bits(width), bits(width)

    memory = ram_sdp(clk, we, waddr, din, read_old, addr, old, depth)
    row = ram_sdp(clk, we, wword, din, read_new, kv_word, now, words, style="distributed")

    @always_comb
    def where():
        read_old.next = read and not fresh
        read_new.next = read and fresh

    @always(clk.posedge)
    def out_registers():
        old_out.next = old
        new_out.next = now
        new_d1.next = fresh
        new_d2.next = new_d1
        if new_d2:
            dout.next = new_out
        else:
            dout.next = old_out

    return insts()


@block
def scaled(clk, value, k, k_exponent, v, v_exponent, x, shift_k, shift_v):
    """x <- mantissa << exponent of K or V, raw bits in."""
    wide_k, wide_v = word(len(x) + 16), word(len(x) + 16)
    if shift_k:

        @always_comb
        def expand_k():
            wide_k.next = k.signed() << k_exponent

    else:

        @always_comb
        def expand_k():
            wide_k.next = k.signed()

    if shift_v:

        @always_comb
        def expand_v():
            wide_v.next = v.signed() << v_exponent

    else:

        @always_comb
        def expand_v():
            wide_v.next = v.signed()

    @always(clk.posedge)
    def choose():
        if value:
            x.next = wide_v
        else:
            x.next = wide_k

    return insts()


@block
def expand(clk, value, k_word, v_word, data, k, v, width):
    """data <- the channels of a K or V word (value), as signed words of `width` bits."""
    channels, per_head = k.channels, k.channels // k.heads
    out = [word(width) for _ in range(channels)]

    def exponent(source, form, i):
        at = form.channels * form.mantissa + i // per_head * form.exponent
        # Without exponents any bit will do: the block below does not look at it.
        return source(at + form.exponent, at) if form.exponent else source(1, 0)

    channel = [
        scaled(
            clk,
            value,
            k_word((i + 1) * k.mantissa, i * k.mantissa),
            exponent(k_word, k, i),
            v_word((i + 1) * v.mantissa, i * v.mantissa),
            exponent(v_word, v, i),
            out[i],
            k.exponent > 0,
            v.exponent > 0,
        )
        for i in range(channels)
    ]
    joined = ConcatSignal(*reversed(out))

    @always_comb
    def words():
        data.next = joined[:]

    return insts()

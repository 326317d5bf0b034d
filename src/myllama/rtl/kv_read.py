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
def widen(mantissa, exponent, x):
    """x = mantissa << exponent; mantissa is raw bits."""

    @always_comb
    def shift():
        x.next = mantissa.signed() << exponent

    return insts()


@block
def choose(clk, value, k, v, x):
    """x <- v or k, raw bits."""

    @always(clk.posedge)
    def select():
        if value:
            x.next = v.signed()
        else:
            x.next = k.signed()

    return insts()


@block
def expand(clk, value, k_word, v_word, data, k, v, width):
    """data <- the channels of a K or V word (value), as signed words of `width` bits."""
    channels = k.channels
    out = [word(width) for _ in range(channels)]
    k_wide, v_wide = ([word(width) for _ in range(channels)] for _ in range(2))
    widen_k = [widen(*fields(k_word, k, i), k_wide[i]) for i in range(channels) if k.exponent]
    widen_v = [widen(*fields(v_word, v, i), v_wide[i]) for i in range(channels) if v.exponent]
    channel = [
        choose(
            clk,
            value,
            k_wide[i] if k.exponent else fields(k_word, k, i)[0],
            v_wide[i] if v.exponent else fields(v_word, v, i)[0],
            out[i],
        )
        for i in range(channels)
    ]
    joined = ConcatSignal(*reversed(out))

    @always_comb
    def words():
        data.next = joined[:]

    return insts()


def fields(source, form, i):
    """Mantissa of channel i in a word, and, if there is one, the exponent of its head."""
    mantissa = source((i + 1) * form.mantissa, i * form.mantissa)
    if not form.exponent:
        return (mantissa,)
    head = i // (form.channels // form.heads)
    at = form.channels * form.mantissa + head * form.exponent
    return mantissa, source(at + form.exponent, at)

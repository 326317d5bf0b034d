"""The way out of the KV cache: the memory, the row that is still fresh, full-width words."""

from myhdl import ConcatSignal, always, always_comb, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from .stream import bits, flag, joined, word


@block
def by_way(odd, we_k, we_v, fresh, we_keys, we_vals, fresh_ways):
    """Which way's memory a position's row goes to, and which of two have no old row to read.

    odd  the present position is
    """

    @always_comb
    def choose():
        # Above an even position there is none: the present row stands in for it.
        we_keys.next = concat(we_k and odd, we_k and not odd)
        we_vals.next = concat(we_v and odd, we_v and not odd)
        fresh_ways.next = concat(fresh, fresh and not odd)

    return insts()


@block
def old_or_new(clk, old, new_out, fresh, dout):
    """dout <- the word out of a memory, or the present position's; fresh is of its request."""
    new_d1, new_d2 = flag(), flag()
    old_out = bits(len(old))

    @always(clk.posedge)
    def out_registers():
        old_out.next = old
        new_d1.next = fresh
        new_d2.next = new_d1
        if new_d2:
            dout.next = new_out
        else:
            dout.next = old_out

    return insts()


@block
def kv_store(clk, we, waddr, wword, din, read, addr, kv_word, fresh, dout, depth, words, ways):
    """K's or V's memories, one per way, and beside them the present position's words.

    we, fresh  a bit per way
    dout       a word per way, way 0 lowest

    Latency  3 cycles from read to dout; fresh words never come from the memory
    """
    width = len(din)
    write, read_new = flag(), flag()
    read_old = bits(ways)
    now, new_out = bits(width), bits(width)
    old, out = ([bits(width) for _ in range(ways)] for _ in range(2))
    words_out = joined(out)

    memory = [
        ram_sdp(clk, we(way), waddr, din, read_old(way), addr, old[way], depth)
        for way in range(ways)
    ]
    row = ram_sdp(clk, write, wword, din, read_new, kv_word, now, words, style="distributed")
    way = [old_or_new(clk, old[i], new_out, fresh(i), out[i]) for i in range(ways)]

    @always_comb
    def where():
        write.next = we != 0
        read_new.next = read and fresh != 0
        read_old.next = 0
        for i in range(ways):
            read_old.next[i] = read and not fresh[i]

    @always(clk.posedge)
    def out_register():
        new_out.next = now

    @always_comb
    def words_of_ways():
        dout.next = words_out[ways * width :]

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

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
    """dout = the word out of a memory, or the present position's; fresh is of its request."""
    new_d1, new_d2 = flag(), flag()
    old_out = bits(len(old))

    @always(clk.posedge)
    def out_registers():
        old_out.next = old
        new_d1.next = fresh
        new_d2.next = new_d1

    @always_comb
    def select():
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

    Latency  2 cycles from read to dout; fresh words never come from the memory
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
def choose(clk, value, k, v, chosen):
    """chosen <- v or k, raw bits."""

    @always(clk.posedge)
    def select():
        if value:
            chosen.next = v
        else:
            chosen.next = k

    return insts()


@block
def choose_signed(clk, value, k, v, chosen):
    """chosen <- v or k, raw bits of signed words."""

    @always(clk.posedge)
    def select():
        if value:
            chosen.next = v.signed()
        else:
            chosen.next = k.signed()

    return insts()


@block
def widen(mantissa, exponent, x):
    """x = mantissa << exponent"""

    @always_comb
    def shift():
        x.next = mantissa << exponent

    return insts()


@block
def expand(clk, value, k_word, v_word, data, k, v, width):
    """data <- the channels of a K or V word (value), as signed words of `width` bits.

    Latency  2 cycles
    """
    channels = k.channels
    wide, narrow = max(k.mantissa, v.mantissa), max(k.exponent, v.exponent)
    mantissas = [word(wide) for _ in range(channels)]
    mantissa = [
        choose_signed(clk, value, k.of(k_word, i), v.of(v_word, i), mantissas[i])
        for i in range(channels)
    ]
    if narrow:
        # One shifter for both.
        none = bits(narrow)
        exponents = [bits(narrow) for _ in range(k.heads)]
        exponent = [
            choose(
                clk,
                value,
                k.exponent_of(k_word, i) if k.exponent else none,
                v.exponent_of(v_word, i) if v.exponent else none,
                exponents[i],
            )
            for i in range(k.heads)
        ]
        out = [word(width) for _ in range(channels)]
        shift = [
            widen(mantissas[i], exponents[i // (channels // k.heads)], out[i])
            for i in range(channels)
        ]
    else:
        out = mantissas
    joined = ConcatSignal(*reversed(out))

    @always(clk.posedge)
    def words():
        data.next = joined[:]

    return insts()

"""The way out of the KV cache: the memory, the row that is still fresh, full-width words."""

from myhdl import ConcatSignal, always, always_comb, block

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from .stream import bits, flag, joined, word


@block
def old_or_new(clk, read, old, new_out, dout):
    """dout = the word out of a memory, with `read`, or else the present position's."""
    old_d1, old_d2 = flag(), flag()
    old_out = bits(len(old))

    @always(clk.posedge)
    def out_registers():
        old_out.next = old
        old_d1.next = read
        old_d2.next = old_d1

    @always_comb
    def select():
        if old_d2:
            dout.next = old_out
        else:
            dout.next = new_out

    return insts()


@block
def kv_store(
    clk, write, we, waddr, wword, din, read_old, read_new, addr, kv_word, dout, depth, words, ways
):
    """K's or V's memories, one per way, and beside them the present position's words.

    write, we  write the word beside and that of one way, a bit per way
    read_old   a bit per way; the others give the present position's word, with read_new
    dout       a word per way, way 0 lowest

    Latency  2 cycles from read_old and read_new to dout
    """
    width = len(din)
    now, new_out = bits(width), bits(width)
    old, out = ([bits(width) for _ in range(ways)] for _ in range(2))
    words_out = joined(out)

    memory = [
        ram_sdp(clk, we(way), waddr, din, read_old(way), addr, old[way], depth)
        for way in range(ways)
    ]
    row = ram_sdp(clk, write, wword, din, read_new, kv_word, now, words, style="distributed")
    way = [old_or_new(clk, read_old(i), old[i], new_out, out[i]) for i in range(ways)]

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

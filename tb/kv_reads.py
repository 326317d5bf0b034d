"""A KV cache whose ports hold nothing unknown, for myllama.hdl.cosim."""

from myhdl import always_comb, always_seq, block, concat

from myllama.hdl.elaborate import insts
from myllama.rtl.command import KvRead
from myllama.rtl.kv_cache import kv_cache
from myllama.rtl.stream import bits, flag


@block
def known_reads(clk, rst, din, base, pos, read, k_done, done, data, geometry):
    """kv_cache, its data zero where nothing was asked for: nothing unknown comes out."""
    asked, asks = bits(4), flag()
    u_cache = kv_cache(clk, rst, din, base, pos, read, k_done, done, geometry)

    @always_comb
    def look():
        asks.next = read.old_k != 0 or read.old_v != 0 or read.new_k or read.new_v

    @always_seq(clk.posedge, reset=rst)
    def follow():
        asked.next = concat(asked[3:], asks)

    @always_comb
    def gate():
        data.next = 0
        if asked[3]:
            data.next = read.data

    return insts()


@block
def cache_of(
    clk, rst, din, base, pos, old_k, old_v, new_k, new_v, value, addr, kv_word, k_done, done, data,
    geometry,
):  # fmt: skip
    read = KvRead(geometry)
    u_reads = known_reads(clk, rst, din, base, pos, read, k_done, done, data, geometry)

    @always_comb
    def ask():
        read.old_k.next = old_k
        read.old_v.next = old_v
        read.new_k.next = new_k
        read.new_v.next = new_v
        read.value.next = value
        read.addr.next = addr
        read.kv_word.next = kv_word

    return insts()

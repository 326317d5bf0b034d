"""A KV cache whose ports hold nothing unknown, for myllama.hdl.cosim."""

from myhdl import always_comb, always_seq, block, concat

from myllama.hdl.elaborate import insts
from myllama.rtl.command import KvRead
from myllama.rtl.kv_cache import kv_cache
from myllama.rtl.stream import bits


@block
def known_reads(clk, rst, din, base, pos, read, k_done, done, data, geometry):
    """kv_cache, its data zero where nothing was asked for: nothing unknown comes out."""
    asked = bits(4)
    u_cache = kv_cache(clk, rst, din, base, pos, read, k_done, done, geometry)

    @always_seq(clk.posedge, reset=rst)
    def follow():
        asked.next = concat(asked[3:], read.enable)

    @always_comb
    def gate():
        data.next = 0
        if asked[3]:
            data.next = read.data

    return insts()


@block
def cache_of(
    clk, rst, din, base, pos, enable, value, addr, kv_word, fresh, k_done, done, data, geometry
):
    read = KvRead(geometry)
    u_reads = known_reads(clk, rst, din, base, pos, read, k_done, done, data, geometry)

    @always_comb
    def ask():
        read.enable.next = enable
        read.value.next = value
        read.addr.next = addr
        read.kv_word.next = kv_word
        read.fresh.next = fresh

    return insts()

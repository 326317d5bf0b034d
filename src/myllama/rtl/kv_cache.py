"""Keys and values of every layer and position, quantized as they arrive."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from . import kv_pack
from .kv_pack import Packed, pack
from .kv_read import expand, kv_store
from .stream import bits, elements, flag, joined, up_to

# Cycles from the last channel of the last word of K or V, on its way out of kv_pack, to its end.
LATENCY = kv_pack.LATENCY + 1


@block
def kv_cache(clk, rst, din, base, pos, read, k_done, done, geometry):
    """Write a token's keys and values once; read one word of every way per cycle.

    Position t is at address t // ways of the memory of way t % ways.

    din       sink VectorStream(act_width): kv_dim keys, then kv_dim values of a layer and token
    base      cache address of the layer's kv_word 0, t = 0; holds from first word to done
    pos       the token's position; likewise, and as long as fresh words are read
    read      KvRead: the other end of the engine's
    k_done    one cycle, when the last word of K is written and may be read (as fresh)
    done      one cycle, when the last word of V is, too

    Latency   KvRead.READ_LATENCY from request to data
    Rate      read: 1 word per cycle. Written: 1 transfer per cycle, if head_dim is a
              multiple of the lanes it fills, else padding takes cycles too
    Overlap   K is read while V is written: k_done comes before done by the cycles that
              V takes, kv_dim // ways without pauses and padding
    Model     myllama.model.kv_cache
    """
    g, p = geometry, geometry.profile
    kv_rows, words, depth, ways = g.kv_rows, g.kv_words, g.kv_depth, g.ways
    words_last, way_bits = words - 1, g.ways - 1
    k, v = Packed(p.k_width, g), Packed(p.v_width, g)
    k_in, v_in, k_out, v_out = (bits(n) for n in (k.width, v.width, ways * k.width, ways * v.width))
    k_ends, v_ends, full, value = (flag() for _ in range(4))
    # What writes is all over the chip, as are the memories that are read: enables are registers.
    we_k, we_v, we_keys, we_vals = flag(), flag(), bits(ways), bits(ways)
    # The addresses of the first word and of the next one.
    kv_word, origin, waddr = up_to(words_last), up_to(depth - 1), up_to(depth - 1)
    value_d1, value_d2 = flag(), flag()
    wword = up_to(max(words, 2) - 1)
    rword = up_to(max(words, 2) - 1)

    packer = pack(clk, rst, din, k_ends, v_ends, k_in, v_in, g)

    @always_seq(clk.posedge, reset=rst)
    def complete():
        full.next = k_ends or v_ends
        value.next = v_ends
        we_k.next = k_ends
        we_v.next = v_ends

    if ways > 1:

        @always_seq(clk.posedge, reset=rst)
        def by_way():
            we_keys.next = concat(k_ends and pos[0], k_ends and not pos[0])
            we_vals.next = concat(v_ends and pos[0], v_ends and not pos[0])

    else:

        @always_comb
        def the_only_way():
            we_keys.next = we_k
            we_vals.next = we_v

    keys = kv_store(
        clk, we_k, we_keys, waddr, wword, k_in, read.old_k, read.new_k, read.addr, rword, k_out,
        depth, max(words, 2), ways,
    )  # fmt: skip
    vals = kv_store(
        clk, we_v, we_vals, waddr, wword, v_in, read.old_v, read.new_v, read.addr, rword, v_out,
        depth, max(words, 2), ways,
    )  # fmt: skip
    k_words, v_words = elements(k_out, ways), elements(v_out, ways)
    out = [bits(g.kv_width) for _ in range(ways)]
    widen = [
        expand(clk, value_d2, k_words[i], v_words[i], out[i], k, v, p.act_width)
        for i in range(ways)
    ]
    data, data_bits = joined(out), len(read.data)

    @always_comb
    def answer():
        read.data.next = data[data_bits:]

    @always_comb
    def place():
        origin.next = base + (pos >> way_bits)
        wword.next = kv_word
        rword.next = read.kv_word

    @always_seq(clk.posedge, reset=rst)
    def walk():
        k_done.next = False
        done.next = False
        if full:
            if kv_word == words_last:
                kv_word.next = 0
                waddr.next = origin
                k_done.next = not value
                done.next = value
            else:
                kv_word.next = kv_word + 1
                waddr.next = waddr + kv_rows
        elif kv_word == 0:
            waddr.next = origin

    @always(clk.posedge)
    def follow():
        value_d1.next = read.value
        value_d2.next = value_d1

    return insts()

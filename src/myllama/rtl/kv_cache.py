"""Keys and values of every layer and position, quantized as they arrive."""

from myhdl import block

from ..hdl.elaborate import insts


@block
def kv_cache(clk, rst, din, base, pos, read, done, geometry):
    """Write a token's keys and values once; read one word per cycle.

    din       sink Stream(act_width): kv_dim keys, then kv_dim values of one layer and token
    base      cache address of the layer's kv_word 0, t = 0; holds from first word to done
    pos       the token's position; likewise, and as long as fresh words are read
    read      KvRead: the other end of the engine's
    done      one cycle, when the last word is written and may be read (as fresh)
    """
    return insts()

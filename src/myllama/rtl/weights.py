"""The memory of the weights."""

from myhdl import block

from ..hdl.elaborate import insts
from ..hdl.memory import deep_rom, rom, tail_of
from .lanes import register
from .stream import bits

LATENCY = 3


@block
def weights(clk, re, addr, dout, words):
    """dout <- words[addr], with re.

    words    a tuple

    Latency  LATENCY cycles: the memory, the registers in its cells, and one for the way to
             the lanes, which lie all over the chip
    """
    word = bits(len(dout))
    if tail_of(len(words)):
        memory = deep_rom(clk, re, addr, word, words, "weights.hex", "weights_tail.hex")
    else:
        read = bits(len(dout))
        memory = rom(clk, re, addr, read, words, "weights.hex")
        behind_memory = register(clk, read, word)
    on_the_way = register(clk, word, dout)

    return insts()

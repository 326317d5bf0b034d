"""The memory of the weights."""

from myhdl import block

from ..hdl.elaborate import insts
from ..hdl.memory import deep_rom, rom, tail_of
from .lanes import register
from .plan import constant
from .stream import bits

LATENCY = 3


@block
def weights(clk, addr, dout, words):
    """dout <- words[addr], in every cycle: an enable would go to memories all over the chip.

    words    a tuple

    Latency  LATENCY cycles: the memory, the registers in its cells, and one for the way to
             the lanes, which lie all over the chip
    """
    word = bits(len(dout))
    if tail_of(len(words)):
        memory = deep_rom(clk, addr, word, words, "weights.hex", "weights_tail.hex")
    else:
        always_on, read = constant(1), bits(len(dout))
        memory = rom(clk, always_on, addr, read, words, "weights.hex")
        behind_memory = register(clk, read, word)
    on_the_way = register(clk, word, dout)

    return insts()

"""The index of the largest word of a vector."""

from myhdl import always_comb, always_seq, block

from ..hdl.elaborate import insts
from .stream import flag, up_to, word

LATENCY = 1


@block
def argmax(clk, rst, din, token, vocab_size):
    """Take vocab_size logits, then offer the index of the largest, the lowest on a tie.

    clk, rst    clock; synchronous reset, active high
    din         sink VectorStream of one way
    token       source Stream, unsigned index
    vocab_size  words per vector

    Latency    LATENCY cycles from the last logit to token.valid
    Rate       1 word per cycle; din.ready falls while a token waits
    Model      myllama.model.argmax, bit exact
    """
    last = vocab_size - 1
    index = up_to(last)
    best = word(din.width)
    found = up_to(last)
    full = flag()

    @always_comb
    def handshake():
        din.ready.next = not full
        token.valid.next = full

    @always_comb
    def offer():
        token.data.next = found

    @always_seq(clk.posedge, reset=rst)
    def keep_the_largest():
        if full:
            if token.ready:
                full.next = False
        elif din.valid:
            if index == 0 or din.data.signed() > best:
                best.next = din.data.signed()
                found.next = index
            if index == last:
                index.next = 0
                full.next = True
            else:
                index.next = index + 1

    return insts()

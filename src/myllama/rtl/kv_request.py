"""The engine's requests to the KV cache, word by word."""

from myhdl import always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from .stream import flag, up_to


@block
def kv_request(
    clk, rst, command, idle, steps, weighs, closes, ending, weight_last, control, kv, geometry
):
    """Ask for every word of SCORES and VALUES, by an enable of each memory.

    idle        the command to come is looked at
    steps, weighs  a word of SCORES, of VALUES enters
    closes, ending  of SCORES: the last word of its result; a word of the last result
    weight_last  of VALUES: the last word
    kv          KvRead, its requests driven

    Latency     1 cycle from steps and weighs to kv
    """
    g = geometry
    kv_rows = g.kv_rows
    row_start, here = up_to(g.kv_depth - 1), up_to(g.kv_depth - 1)
    kv_base, kv_word = up_to(g.kv_words - 1), up_to(g.kv_words - 1)
    scores = flag()

    @always_comb
    def enter():
        scores.next = steps and control.scores

    @always_seq(clk.posedge, reset=rst)
    def rows():
        if idle:
            row_start.next = command.kv_addr
            kv_base.next = command.kv_word
            kv_word.next = command.kv_word
        elif scores and not (closes and ending):
            if closes:
                row_start.next = row_start + 1
                kv_word.next = kv_base
            else:
                kv_word.next = kv_word + 1

    @always_seq(clk.posedge, reset=rst)
    def walk():
        if idle:
            here.next = command.kv_addr
        elif (weighs and not weight_last) or (scores and not (closes and ending)):
            if control.values:
                here.next = here + 1
            elif closes:
                here.next = row_start + 1
            else:
                here.next = here + kv_rows

    # The present position is among the last: of the results in SCORES, of the words in VALUES.
    @always_seq(clk.posedge, reset=rst)
    def ask():
        kv.value.next = control.values
        kv.addr.next = here
        kv.kv_word.next = kv_word
        kv.new_k.next = scores and ending
        kv.new_v.next = weighs and weight_last

    if g.ways == 1:

        @always_seq(clk.posedge, reset=rst)
        def ask_memories():
            kv.old_k.next = scores and not ending
            kv.old_v.next = weighs and not weight_last

    else:

        @always_seq(clk.posedge, reset=rst)
        def ask_memories():
            # An odd present position has an old one beside it.
            kv.old_k.next = concat(
                scores and not ending, scores and not (ending and control.single)
            )
            kv.old_v.next = concat(
                weighs and not weight_last, weighs and not (weight_last and control.single)
            )

    return insts()

"""The engine: issues words, multiplies, adds; rows, scores and attention outputs."""

from myhdl import block

from ..hdl.elaborate import insts


@block
def engine(
    clk,
    rst,
    command,
    acts,
    kv,
    weights,
    rows,
    scores,
    done,
    geometry,
    weight_words,
    row_words,
    score_shift,
    embed_shift,
):
    """One command at a time, one word per cycle.

    command      sink Command; ready while nothing is going on
    acts         ActWrite of the decoder
    kv           KvRead, requests out, words in
    weights      sink SlotStream: the softmax weights that VALUES multiplies by
    rows         source RowStream(acc_width): EMBED and MATVEC
    scores       source SlotStream: SCORES
    done         one cycle, when the command's last result has left the block
    weight_words, row_words  tuples: contents of the two memories
    """
    return insts()

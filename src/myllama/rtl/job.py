"""The next command for the engine, put together while the one before is at work."""

from myhdl import Signal, always, always_seq, block, modbv

from ..hdl.elaborate import insts
from .command import EMBED, MATVEC, SCORES, VALUES
from .progress import State


@block
def job(
    clk, rst, state, progress, written, token, forced, in_layers, halfway, v_written, weight, row,
    place, kv_word, part, part_addr, accepted, moved, command, plan, geometry,
):  # fmt: skip
    """Offer the command that the sequencer's state waits for, or issues, once it may start.

    state, progress  of the sequencer; written, what it hears
    token        EMBED: there for two cycles before LOOK_UP
    forced       the prompt has the next token: nothing is to be classified
    in_layers    progress.layer is one; halfway: its attention is behind
    v_written    the layer's values are in the cache
    weight, row  first words of the next matrix
    place, kv_word, part, part_addr  of the next scores or values: their attention word, and
                 place in the cache
    accepted     command is taken; moved, it was in the cycle before: state will move on
    command      source Command, from registers

    Latency      1 cycle from what it waits for to command.valid
    """
    way_bits = geometry.ways - 1
    # A token that is not in the vocabulary has no entry, and goes no further.
    entry_weight, entry_row = Signal(modbv(0)[len(weight) :]), Signal(modbv(0)[len(row) :])

    @always(clk.posedge)
    def look_up():
        # The token is there for two cycles before its row of the table is asked for.
        entry_weight.next = plan.embed_weight + (token >> way_bits) * plan.x_words
        entry_row.next = plan.embed_row + (token >> way_bits)

    # A command is put together while the one before is at work: its fields depend on what
    # the state waits for, and stay until it is taken.
    @always(clk.posedge)
    def fields():
        command.mode.next = MATVEC
        command.act_base.next = 0
        command.words.next = plan.x_words
        command.rows.next = plan.x_rows
        command.weight_addr.next = weight
        command.row_addr.next = row
        if state == State.LOOK_UP or state == State.EMBED:
            command.mode.next = EMBED
            command.weight_addr.next = entry_weight
            command.row_addr.next = entry_row
        elif state == State.WAIT_K or state == State.SCORES:
            command.mode.next = SCORES
            command.act_base.next = plan.q_base + place
        elif state == State.VALUES:
            command.mode.next = VALUES
            command.act_base.next = plan.o_base + place + part
        elif state == State.WO:
            command.act_base.next = plan.o_base
            command.words.next = plan.o_words
        elif state == State.WAIT_Z or state == State.W2:
            command.act_base.next = plan.z_base
            command.words.next = plan.z_words
        elif halfway:
            command.rows.next = plan.w13_rows
        elif in_layers:
            command.rows.next = plan.qkv_rows
        else:
            command.rows.next = plan.classifier_rows

    if geometry.ways > 1:

        @always(clk.posedge)
        def way_of_table():
            command.way.next = token[0]

    @always(clk.posedge)
    def cache_fields():
        command.pos.next = progress.pos
        command.kv_addr.next = part_addr
        command.kv_word.next = 0
        if state == State.WAIT_K or state == State.SCORES:
            command.kv_word.next = kv_word
        elif state == State.VALUES:
            command.kv_word.next = kv_word + part

    @always_seq(clk.posedge, reset=rst)
    def offer():
        if accepted or moved:
            command.valid.next = False
        elif state == State.LOOK_UP or state == State.SCORES or state == State.WO:
            command.valid.next = True
        elif state == State.WAIT_X:
            command.valid.next = written.x and (in_layers or not forced)
        elif state == State.WAIT_K:
            command.valid.next = written.k
        elif state == State.VALUES:
            command.valid.next = v_written or written.kv
        elif state == State.WAIT_Z:
            command.valid.next = written.z

    return insts()

"""The order of things: one token after another, one command at a time."""

from myhdl import Signal, always, always_comb, always_seq, block, enum

from ..hdl.elaborate import insts
from .admission import POSITION_RANGE, START_BUSY, TOKEN_RANGE, admission
from .command import EMBED, MATVEC, SCORES, VALUES
from .progress import TO_RESIDUAL, TO_ROPE, TO_SAMPLER, TO_SWIGLU
from .stream import bits, flag, up_to

BOS = 1

State = enum(
    "IDLE", "JUDGE", "TAKE", "TAKEN", "LOOK_UP", "EMBED", "WAIT_X", "QKV",
    "WAIT_K", "SCORES", "VALUES", "WO", "W13", "WAIT_Z",
    "W2", "CLASSIFY", "CHOOSE", "EMIT", "FINISH",
)  # fmt: skip


@block
def sequencer(
    clk, rst, start, start_pos, prompt_len, steps, temperature, prompt, chosen, written, command,
    progress, token, busy, done, status, plan, geometry,
):  # fmt: skip
    """Walk a story: positions start_pos..steps-1, and in each every layer.

    start       one cycle; start_pos, prompt_len, steps and temperature are there one cycle
                later, until done. Above 0, start_pos goes on with what the former starts
                left in the KV cache; temperature is judged, that the start may be refused
    prompt      sink Stream: prompt_len tokens from that of start_pos on; those beyond steps
                are not taken
    chosen      sink Stream: the classifier's choice
    written     Written
    command     source Command
    progress    Progress, driven
    token       source Stream: the token after each position
    busy, done  done is high for one cycle when busy falls
    status      of the last start: 0, or bits of rtl.admission
    plan        Plan

    Rate        a command that depends on no result within 2 cycles of the one before
    """
    g = geometry
    way_bits = g.ways - 1
    state = Signal(State.IDLE)
    left = bits(len(prompt_len))  # tokens of the prompt that are to come
    kept = bits(len(steps))  # positions that the KV cache holds
    following = bits(len(steps))  # position after this one
    current = bits(len(prompt.data))  # token at this position, then the one after it
    forced = flag()  # the prompt has a token for the following position
    emits = flag()  # the state is EMIT
    strange = flag()  # the prompt's last token is not in the vocabulary
    weight_bits, row_bits = len(command.weight_addr), len(command.row_addr)
    kv_bits = len(command.kv_addr)
    weight, row = bits(weight_bits + 1), bits(row_bits + 1)  # of the next matrix
    entry_weight, entry_row = bits(len(weight)), bits(len(row))
    group, part = up_to(g.groups_per_kv - 1), up_to(g.parts - 1)
    kv_word, part_addr = up_to(g.kv_words), bits(kv_bits + 1)
    group_addr = up_to(g.kv_depth)
    place = up_to(g.attention_words)  # attention word of the group's first part
    accepted, taken, runs, in_layers = flag(), flag(), flag(), flag()
    refusal = bits(len(status))
    v_written = flag()  # the layer's values are in the cache

    judge = admission(start_pos, prompt_len, steps, temperature, kept, refusal, runs, plan)

    @always_comb
    def ahead():
        forced.next = left != 0
        in_layers.next = progress.layer <= plan.last_layer
        accepted.next = command.valid and command.ready
        taken.next = prompt.valid and prompt.ready

    @always(clk.posedge)
    def look_up():
        # The token is there for two cycles before its row of the table is asked for.
        entry_weight.next = plan.embed_weight + (current >> way_bits) * plan.x_words
        entry_row.next = plan.embed_row + (current >> way_bits)

    # A command is put together while the one before is at work: its fields depend on what
    # the state waits for, and stay until it is taken.
    @always(clk.posedge)
    def fields():
        command.mode.next = MATVEC
        command.act_base.next = 0
        command.words.next = plan.x_words
        command.rows.next = plan.x_rows
        command.weight_addr.next = weight[weight_bits:]
        command.row_addr.next = row[row_bits:]
        if state == State.LOOK_UP or state == State.EMBED:
            command.mode.next = EMBED
            command.weight_addr.next = entry_weight[weight_bits:]
            command.row_addr.next = entry_row[row_bits:]
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
        elif progress.norm[0]:
            command.rows.next = plan.w13_rows
        elif in_layers:
            command.rows.next = plan.qkv_rows
        else:
            command.rows.next = plan.classifier_rows

    if g.ways > 1:

        @always(clk.posedge)
        def way_of_table():
            command.way.next = current[0]

    @always(clk.posedge)
    def cache_fields():
        command.pos.next = progress.pos
        command.kv_addr.next = part_addr[kv_bits:]
        command.kv_word.next = 0
        if state == State.WAIT_K or state == State.SCORES:
            command.kv_word.next = kv_word
        elif state == State.VALUES:
            command.kv_word.next = kv_word + part

    @always_seq(clk.posedge, reset=rst)
    def offer():
        if accepted:
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

    @always_comb
    def handshakes():
        prompt.ready.next = state == State.TAKE or (state == State.CHOOSE and forced)
        chosen.ready.next = state == State.CHOOSE and not forced
        token.valid.next = emits and not strange
        token.data.next = current
        busy.next = state != State.IDLE

    @always_seq(clk.posedge, reset=rst)
    def values():
        if state == State.QKV:
            v_written.next = False
        elif written.kv:
            v_written.next = True

    @always_seq(clk.posedge, reset=rst)
    def walk():
        done.next = False
        progress.story_start.next = False
        progress.token_start.next = False
        strange.next = taken and prompt.data >= plan.vocab_size
        if taken:
            left.next = left - 1
        if state == State.IDLE:
            if start:
                state.next = State.JUDGE
        elif state == State.JUDGE:
            left.next = prompt_len
            status.next = refusal
            progress.story_start.next = runs
            state.next = State.FINISH
            if runs:
                state.next = State.TAKE
        elif state == State.TAKE:
            following.next = start_pos + 1
            progress.pos.next = start_pos
            kept.next = start_pos
            if prompt.valid:
                current.next = prompt.data
                state.next = State.TAKEN
        elif state == State.TAKEN:
            state.next = State.LOOK_UP
        elif state == State.LOOK_UP:
            weight.next = 0
            row.next = 0
            progress.layer.next = 0
            progress.norm.next = 0
            group_addr.next = 0
            progress.token_start.next = True
            state.next = State.EMBED
        elif state == State.EMBED:
            if accepted:
                progress.to.next = TO_RESIDUAL
                progress.use_norm.next = False
                progress.first.next = True
                state.next = State.WAIT_X
        elif state == State.WAIT_X:
            if written.x:
                if progress.norm[0]:
                    state.next = State.W13
                elif in_layers:
                    state.next = State.QKV
                else:
                    kept.next = following
                    state.next = State.CLASSIFY
                    if forced:
                        state.next = State.CHOOSE
        elif state == State.QKV:
            if accepted:
                progress.to.next = TO_ROPE
                progress.use_norm.next = True
                progress.kv_base.next = group_addr
                part_addr.next = group_addr
                weight.next = weight + plan.qkv_size
                row.next = row + plan.qkv_rows
                group.next = 0
                part.next = 0
                kv_word.next = 0
                place.next = 0
                state.next = State.WAIT_K
        elif state == State.WAIT_K:
            # The scores need the keys only; the values follow meanwhile.
            if written.k:
                state.next = State.SCORES
        elif state == State.SCORES:
            if accepted:
                state.next = State.VALUES
        elif state == State.VALUES:
            if accepted:
                if part != plan.last_part:
                    part_addr.next = part_addr + plan.kv_part
                    part.next = part + 1
                else:
                    part.next = 0
                    place.next = place + plan.parts
                    state.next = State.SCORES
                    if group != plan.last_group:
                        part_addr.next = group_addr
                        group.next = group + 1
                    else:
                        group.next = 0
                        group_addr.next = group_addr + plan.kv_group
                        part_addr.next = group_addr + plan.kv_group
                        kv_word.next = kv_word + plan.parts
                        if kv_word == plan.last_kv_word:
                            state.next = State.WO
        elif state == State.WO:
            if accepted:
                progress.to.next = TO_RESIDUAL
                progress.use_norm.next = False
                progress.first.next = False
                progress.norm.next = progress.norm + 1
                weight.next = weight + plan.wo_size
                row.next = row + plan.x_rows
                state.next = State.WAIT_X
        elif state == State.W13:
            if accepted:
                progress.to.next = TO_SWIGLU
                progress.use_norm.next = True
                weight.next = weight + plan.w13_size
                row.next = row + plan.w13_rows
                state.next = State.WAIT_Z
        elif state == State.WAIT_Z:
            if written.z:
                state.next = State.W2
        elif state == State.W2:
            if accepted:
                progress.to.next = TO_RESIDUAL
                progress.use_norm.next = False
                progress.layer.next = progress.layer + 1
                progress.norm.next = progress.norm + 1
                weight.next = weight + plan.w2_size
                row.next = row + plan.x_rows
                state.next = State.WAIT_X
        elif state == State.CLASSIFY:
            if accepted:
                progress.to.next = TO_SAMPLER
                progress.use_norm.next = True
                state.next = State.CHOOSE
        elif state == State.CHOOSE:
            if taken:
                current.next = prompt.data
                emits.next = True
                state.next = State.EMIT
            elif not forced and chosen.valid:
                current.next = chosen.data
                emits.next = True
                state.next = State.EMIT
        elif state == State.EMIT:
            if token.ready and not strange:
                emits.next = False
                following.next = following + 1
                state.next = State.LOOK_UP
                if current == BOS or following == steps:
                    state.next = State.FINISH
                elif following == plan.seq_len:
                    status.next[POSITION_RANGE] = True
                    state.next = State.FINISH
                else:
                    progress.pos.next = progress.pos + 1
        else:
            done.next = True
            state.next = State.IDLE
        if strange:
            emits.next = False
            status.next[TOKEN_RANGE] = True
            state.next = State.FINISH
        if start and state != State.IDLE:
            status.next[START_BUSY] = True

    return insts()

"""The order of things: one token after another, one command at a time."""

from myhdl import Signal, always_comb, always_seq, block, modbv

from ..hdl.elaborate import insts
from .admission import POSITION_RANGE, START_BUSY, TOKEN_RANGE, admission
from .job import job
from .matrices import matrices
from .progress import State
from .stream import bits, flag, up_to

BOS = 1


@block
def sequencer(
    clk, rst, start, start_pos, prompt_len, steps, temperature, prompt, chosen, written, command,
    progress, token, idle, busy, done, status, plan, geometry,
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
    idle        no story runs: high as it stands, for it leads to all that comes with a start
    busy, done  busy is the opposite; done is high for one cycle when it falls
    status      of the last start: 0, or bits of rtl.admission
    plan        Plan

    Rate        a command that depends on no result within 3 cycles of the one before
    """
    g = geometry
    state = Signal(State.IDLE)
    left = bits(len(prompt_len))  # tokens of the prompt that are to come
    kept = bits(len(steps))  # positions that the KV cache holds
    following = bits(len(steps))  # position after this one
    current = bits(len(prompt.data))  # token at this position, then the one after it
    forced = flag()  # the prompt has a token for the following position
    # The states in which tokens come and go, as flags of their own.
    asks, chooses, emits = flag(), flag(), flag()
    strange = flag()  # the prompt's last token is not in the vocabulary
    # Of the token that is emitted: the story ends behind it, or at the last position there is.
    over, full = flag(), flag()
    # Of the next matrix; what is behind the last one is not looked at.
    weight = Signal(modbv(0)[len(command.weight_addr) :])
    row = Signal(modbv(0)[len(command.row_addr) :])
    group, part = up_to(g.groups_per_kv - 1), up_to(g.parts - 1)
    kv_word, part_addr = up_to(g.kv_words), bits(len(command.kv_addr) + 1)
    group_addr = up_to(g.kv_depth)
    place = up_to(g.attention_words)  # attention word of the group's first part
    # moved: the cycle after accepted; for many, and accepted comes from the engine.
    accepted, moved, asked, taken, runs, in_layers, halfway = (flag() for _ in range(7))
    refusal = bits(len(status))
    v_written = flag()  # the layer's values are in the cache

    put_together = job(
        clk, rst, state, progress, written, current, forced, in_layers, halfway, v_written,
        weight, row, place, kv_word(len(command.kv_word), 0), part,
        part_addr(len(command.kv_addr), 0), accepted, moved, command, plan, g,
    )  # fmt: skip
    steps_on = matrices(clk, rst, state, moved, progress, weight, row, plan)
    judge = admission(
        clk, rst, asked, start_pos, prompt_len, steps, temperature, kept, refusal, runs, plan
    )

    @always_seq(clk.posedge, reset=rst)
    def ahead():
        # Long before either is asked for.
        forced.next = left != 0
        in_layers.next = progress.layer <= plan.last_layer

    @always_comb
    def flags():
        halfway.next = progress.norm[0]
        asked.next = state == State.COMPARE
        accepted.next = command.valid and command.ready
        taken.next = prompt.valid and prompt.ready

    @always_comb
    def handshakes():
        prompt.ready.next = asks
        chosen.ready.next = chooses
        token.valid.next = emits
        token.data.next = current
        busy.next = not idle

    @always_seq(clk.posedge, reset=rst)
    def values():
        if state == State.QKV:
            v_written.next = False
        elif written.kv:
            v_written.next = True

    @always_seq(clk.posedge, reset=rst)
    def next_position():
        if state == State.TAKE:
            following.next = start_pos + 1
            progress.pos.next = start_pos
        elif emits and token.ready and not over and not full:
            following.next = following + 1
            progress.pos.next = progress.pos + 1

    @always_seq(clk.posedge, reset=rst)
    def walk():
        done.next = False
        moved.next = accepted
        progress.story_start.next = False
        progress.token_start.next = False
        strange.next = taken and prompt.data >= plan.vocab_size
        if taken:
            asks.next = False
            left.next = left - 1
        if state == State.IDLE:
            if start:
                idle.next = False
                state.next = State.COMPARE
        elif state == State.COMPARE:
            state.next = State.JUDGE
        elif state == State.JUDGE:
            left.next = prompt_len
            status.next = refusal
            progress.story_start.next = runs
            state.next = State.FINISH
            if runs:
                asks.next = True
                state.next = State.TAKE
        elif state == State.TAKE:
            kept.next = start_pos
            if taken:
                current.next = prompt.data
                state.next = State.TAKEN
        elif state == State.TAKEN:
            state.next = State.LOOK_UP
        elif state == State.LOOK_UP:
            group_addr.next = 0
            progress.token_start.next = True
            state.next = State.EMBED
        elif state == State.EMBED:
            if moved:
                state.next = State.WAIT_X
        elif state == State.WAIT_X:
            if written.x:
                if halfway:
                    state.next = State.W13
                elif in_layers:
                    state.next = State.QKV
                else:
                    kept.next = following
                    state.next = State.CLASSIFY
                    if forced:
                        asks.next = True
                        state.next = State.CHOOSE
        elif state == State.QKV:
            if moved:
                state.next = State.WAIT_K
        elif state == State.WAIT_K:
            # Long before the first of them come.
            progress.kv_base.next = group_addr
            part_addr.next = group_addr
            group.next = 0
            part.next = 0
            kv_word.next = 0
            place.next = 0
            # The scores need the keys only; the values follow meanwhile.
            if written.k:
                state.next = State.SCORES
        elif state == State.SCORES:
            if moved:
                state.next = State.VALUES
        elif state == State.VALUES:
            if moved:
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
            if moved:
                state.next = State.WAIT_X
        elif state == State.W13:
            if moved:
                state.next = State.WAIT_Z
        elif state == State.WAIT_Z:
            if written.z:
                state.next = State.W2
        elif state == State.W2:
            if moved:
                state.next = State.WAIT_X
        elif state == State.CLASSIFY:
            if moved:
                chooses.next = True
                state.next = State.CHOOSE
        elif state == State.CHOOSE:
            if chooses:
                current.next = chosen.data
                if chosen.valid:
                    chooses.next = False
                    state.next = State.CHOSEN
            elif taken:
                current.next = prompt.data
                state.next = State.CHOSEN
        elif state == State.CHOSEN:
            over.next = current == BOS or following == steps
            full.next = following == plan.seq_len
            emits.next = True
            state.next = State.EMIT
        elif state == State.EMIT:
            if token.ready:
                emits.next = False
                if over:
                    state.next = State.FINISH
                elif full:
                    status.next[POSITION_RANGE] = True
                    state.next = State.FINISH
                else:
                    state.next = State.LOOK_UP
        else:
            done.next = True
            idle.next = True
            state.next = State.IDLE
        if strange:
            emits.next = False
            status.next[TOKEN_RANGE] = True
            state.next = State.FINISH
        if start and not idle:
            status.next[START_BUSY] = True

    return insts()

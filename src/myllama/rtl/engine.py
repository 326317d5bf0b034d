"""The engine: issues words, multiplies, adds; rows, scores and attention outputs."""

from myhdl import ConcatSignal, always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_lanes, rom
from ..tables import SCORE_WIDTH
from .fifo import fifo
from .issue import ADDRESS, PRODUCT, READ, Control, Issue, Stages, issue
from .lanes import activation, channel, delay_line, lane, register, tree
from .plan import constant
from .row_sums import row_sums, row_unpack
from .scores import head_scores
from .stream import bits, elements, flag, joined, up_to, word
from .weights import weights as weight_store


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
    heads,
    done,
    geometry,
    weight_words,
    row_words,
    score_shift,
    embed_shift,
):
    """One command at a time, one word per cycle: `ways` rows or positions, the lowest first.

    command      sink Command; ready while nothing is going on
    acts         ActWrite of `ways`. Lane 0 of a word is to be written first: it makes
                 the word's other lanes known, whatever they held.
    kv           KvRead, requests out, words in
    weights      sink SlotStream: the softmax weights that VALUES multiplies by
    rows         source RowStream(acc_width): EMBED and MATVEC
    scores       source ScoreStream: SCORES
    heads        HeadWord: VALUES; its data is whatever the act memory may take
    done         one cycle, when the command's last result has left the block
    weight_words, row_words  tuples: contents of the two memories

    Latency  log2(columns) + 10 cycles from a command to its first row of one word,
             log2(head_lanes) + 10 to its first score
    Rate     1 word per cycle; EMBED: 1 element
    """
    g, width = geometry, geometry.profile.act_width
    ways, columns, lanes, weight_width = g.ways, g.columns, g.lanes, g.profile.weight_width
    levels, tap = columns.bit_length() - 1, g.head_lanes.bit_length() - 1
    product_width = max(weight_width, width) + max(width, SCORE_WIDTH)
    stages = Stages(g)
    root, scored, n_last, captured = stages.root, stages.scored, stages.count - 1, stages.captured
    acc_width = max(g.acc_width, product_width + levels + (g.parts - 1).bit_length())
    acc_bits, row_width, slot_bits = g.acc_width, g.row_width, g.slots * SCORE_WIDTH
    act_bits, entry_bits, score_bits = columns * width, ways * row_width, ways * slot_bits
    every_lane, adjacent, last_row = (1 << columns) - 1, (1 << ways) - 1, len(row_words) - 1
    depth = stages.places

    item, control = Issue(g, len(weight_words)), Control()
    reserve, take, room, emptied = flag(), flag(), flag(), flag()
    control_path = issue(
        clk, rst, command, room, weights.valid, weights.last, emptied, item, control,
        reserve, take, kv, done, g,
    )  # fmt: skip

    # Bit n: what was issued n cycles before. Bit 0 is the item itself. Pushes follow the last bit.
    n_first, n_ending = root, scored + 1
    valid, last, valid_d, last_d = bits(n_last), bits(n_last), bits(n_last - 1), bits(n_last - 1)
    first, first_d = bits(n_first), bits(n_first - 1)
    ending, ending_d = bits(n_ending), bits(n_ending - 1)
    moved, busy = bits(n_last), flag()  # busy: a stage after the item is valid
    no_product = (1 << n_last) - 1 & ~(1 << captured)

    @always_comb
    def now():
        valid.next = concat(valid_d, item.valid)
        first.next = concat(first_d, item.first)
        last.next = concat(last_d, item.last)
        ending.next = concat(ending_d, item.ending)

    @always_comb
    def move():
        # What VALUES has added up goes no further: the next command may already run.
        if control.values:
            moved.next = valid & no_product
        else:
            moved.next = valid

    @always_seq(clk.posedge, reset=rst)
    def flow():
        valid_d.next = moved[n_last - 1 :]
        busy.next = moved != 0
        first_d.next = first[n_first - 1 :]
        last_d.next = last[n_last - 1 :]
        ending_d.next = ending[n_ending - 1 :]

    # Weights and activations: as late as a word of the KV cache. Lanes and memories lie all over
    # the chip: what goes to all of them comes from registers.
    weight_addr, act_addr = up_to(item.weight_addr.max - 1), up_to(g.act_depth - 1)
    hot, hot_lane, p = bits(columns), up_to(columns - 1), bits(len(weights.data))
    late_weight = register(clk, item.weight_addr, weight_addr)  # READ - weights.LATENCY: one
    late_act = delay_line(clk, item.act_addr, act_addr, ADDRESS)
    late_hot = delay_line(clk, item.lane, hot_lane, READ - 2)
    late_p = delay_line(clk, weights.data, p, READ + 1)
    act_word, weight_out = bits(act_bits), bits(lanes * weight_width)
    act_we, act_waddr, read_act = bits(columns), up_to(g.act_depth - 1), flag()
    of_lanes = Control()

    weight_memory = weight_store(clk, weight_addr, weight_out, weight_words)
    act_memory = ram_lanes(
        clk, act_we, act_waddr, heads.data, read_act, act_addr, act_word, g.act_depth, columns
    )

    @always(clk.posedge)
    def decode():
        hot.next = 1 << hot_lane

    @always_seq(clk.posedge, reset=rst)
    def read():
        read_act.next = valid[ADDRESS - 1] and not control.embed and not control.values

    @always(clk.posedge)
    def follow():
        # The first word of a command reaches the lanes later, the last one of the former has left.
        of_lanes.embed.next = control.embed
        of_lanes.values.next = control.values
        of_lanes.attend.next = control.attend

    # Lanes of a way: channel c of slot s is s * head_lanes + c; the rest multiply by zero.
    zero = bits(max(width, SCORE_WIDTH))
    if g.slots * g.kv_chan < columns:

        @always(clk.posedge)
        def nothing():
            zero.next = 0

    def kv_of(i):
        way, (slot, c) = i // columns, divmod(i % columns, g.head_lanes)
        at = way * g.kv_width + (slot // g.q_per_kv * g.kv_chan + c) * width
        return kv.data(at + width, at) if slot < g.slots and c < g.kv_chan else zero(width, 0)

    def weight_of(i):
        way, slot = i // columns, i % columns // g.head_lanes
        at = (way * g.slots + slot) * SCORE_WIDTH
        return p(at + SCORE_WIDTH, at) if slot < g.slots else zero(SCORE_WIDTH, 0)

    clear, add, capture = flag(), flag(), flag()
    products = [word(product_width) for _ in range(lanes)]
    act_out = [bits(width) for _ in range(columns)]
    activations = [
        activation(
            clk, act_word((i + 1) * width, i * width), hot(i), of_lanes.embed, act_out[i],
            1 << embed_shift,
        )
        for i in range(columns)
    ]  # fmt: skip
    multipliers = [
        lane(
            clk, weight_out((i + 1) * weight_width, i * weight_width), kv_of(i),
            act_out[i % columns], weight_of(i), of_lanes, products[i],
        )
        for i in range(lanes)
    ]  # fmt: skip
    stores, neighbours = [word(width) for _ in range(columns)], elements(acts.data, ways)
    outputs = [
        channel(
            clk, products[i], products[columns + i] if ways > 1 else None, clear, add, capture,
            neighbours[i % ways], stores[i],
        )
        for i in range(columns)
    ]  # fmt: skip
    all_stores = ConcatSignal(*reversed(stores))

    @always_seq(clk.posedge, reset=rst)
    def attention_output():
        add.next = valid[PRODUCT - 1] and control.values
        capture.next = valid[captured - 1] and last[captured - 1] and control.values
        clear.next = not control.values or (valid[captured - 1] and last[captured - 1])

    @always_seq(clk.posedge, reset=rst)
    def write_acts():
        heads.valid.next = capture
        act_waddr.next = item.act_addr if capture else acts.word
        act_we.next = 0
        if capture or (acts.enable and acts.lane == 0):
            act_we.next = every_lane
        elif acts.enable:
            act_we.next = adjacent << acts.lane

    # Sums: a tree per way, then the words of a row one after another.
    total_width = product_width + levels
    packed_products, packed_roots = bits(lanes * product_width), bits(ways * total_width)
    tapped = [bits(g.slots * (product_width + tap)) for _ in range(ways)]
    roots = [word(total_width) for _ in range(ways)]
    whole = bits(acc_width) if g.parts > 1 else None
    all_products, all_roots = ConcatSignal(*reversed(products)), joined(roots)

    @always_comb
    def pack():
        heads.data.next = all_stores[act_bits:]
        packed_products.next = all_products[lanes * product_width :]
        packed_roots.next = all_roots[ways * total_width :]

    of_way = elements(packed_products, ways)
    adders = [
        tree(clk, of_way[way], tapped[way], roots[way], columns, product_width, tap)
        for way in range(ways)
    ]

    row_addr, always_on = up_to(last_row), constant(1)
    entry, entry_out = bits(entry_bits), bits(entry_bits)
    row_memory = rom(clk, always_on, row_addr, entry, row_words, "rows.hex")

    @always(clk.posedge)
    def entries():
        entry_out.next = entry
        if command.ready:
            row_addr.next = command.row_addr
        elif valid[root - 1] and last[root - 1] and not control.embed and row_addr != last_row:
            row_addr.next = row_addr + 1

    push_row, row_room, row_clear = flag(), flag(), flag()
    push_score, score_room, score_clear = flag(), flag(), flag()
    reserve_row, reserve_score = flag(), flag()
    row_in, row_out = bits(ways * (acc_bits + row_width)), bits(ways * (acc_bits + row_width))
    score_in, score_out = bits(score_bits + ways), bits(score_bits + ways)
    score_words = [bits(slot_bits) for _ in range(ways)]

    row_fifo = fifo(
        clk, rst, reserve_row, row_room, row_clear, push_row, row_in,
        rows.valid, rows.ready, row_out, depth,
    )  # fmt: skip
    score_fifo = fifo(
        clk, rst, reserve_score, score_room, score_clear, push_score, score_in,
        scores.valid, scores.ready, score_out, depth,
    )  # fmt: skip
    # A head of several words has an engine of one way.
    sums, sum_width = (tapped, product_width + tap) if g.parts == 1 else ([whole], acc_width)
    rounding = [
        head_scores(clk, sums[way], score_words[way], g.slots, sum_width, score_shift)
        for way in range(ways)
    ]

    @always_comb
    def places():
        reserve_row.next = reserve and not control.scores
        reserve_score.next = reserve and control.scores
        room.next = row_room and score_room
        weights.ready.next = take

    @always_comb
    def ends():
        # What VALUES has in flight past its last stage would look like the next command's.
        emptied.next = not item.valid and not busy and row_clear and score_clear

    @always_seq(clk.posedge, reset=rst)
    def push():
        push_row.next = valid[root] and last[root] and not control.attend
        push_score.next = valid[scored - 1] and last[scored - 1] and control.scores

    add_words = row_sums(
        clk, valid(root - 1), first(root - 1), control, packed_roots, entry_out, whole, row_in, g
    )  # fmt: skip
    unpack_rows = row_unpack(row_out, rows, g)
    if not g.profile.scale_width:

        @always(clk.posedge)
        def unscaled():
            rows.scale.next = adjacent

    scored_words = joined(score_words)
    if ways == 1:

        @always_comb
        def enter():
            score_in.next = concat(ending[scored], scored_words[score_bits:])

    else:

        @always_comb
        def enter():
            score_in.next = concat(control.single, ending[scored], scored_words[score_bits:])
            scores.single.next = score_out[score_bits + 1]

    @always_comb
    def leave():
        scores.data.next = score_out[score_bits:]
        scores.last.next = score_out[score_bits]

    return insts()

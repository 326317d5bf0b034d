"""What the sequencer, the decoder and the KV cache exchange with the engine."""

from .stream import bits, flag, up_to

EMBED, MATVEC, SCORES, VALUES = range(4)


class Command:
    """One job for the engine, offered over valid and ready; fields as its mode uses them.

    mode         EMBED, MATVEC, SCORES or VALUES
    act_base     first act word: read by MATVEC and SCORES, the one VALUES writes
    words        MATVEC: words of a row
    rows         EMBED, MATVEC: results, of `ways` elements each
    weight_addr, row_addr  EMBED, MATVEC: first weight word and first word of row entries
    way          EMBED: which row of the weight words
    kv_addr      SCORES, VALUES: cache address of the group's kv_word (VALUES: and part), t = 0
    kv_word      that kv_word
    pos          SCORES, VALUES: the last t
    """

    def __init__(self, geometry, weight_depth, row_depth):
        g = geometry
        self.mode = bits(2)
        self.act_base = up_to(g.act_depth - 1)
        self.words = up_to(g.most_words)
        self.rows = up_to(g.most_rows)
        self.weight_addr = up_to(weight_depth - 1)
        self.row_addr = up_to(row_depth - 1)
        self.way = up_to(g.ways - 1)
        self.kv_addr = up_to(g.kv_depth - 1)
        self.kv_word = up_to(g.kv_words - 1)
        self.pos = up_to(g.config.seq_len - 1)
        self.valid = flag()
        self.ready = flag()


class KvRead:
    """A K or V word: requested by the engine, READ_LATENCY cycles later in data.

    old_k, old_v  requests, a bit for each way's memory of K and of V
    new_k, new_v  with them, or instead: the present position is among the t, and its word is
             not read from the memory
    value    V instead of K
    addr     ((layer * kv_words) + kv_word) * kv_rows + t // ways, of every way's memory
    kv_word  again, for the present position
    data     kv_per_group heads of kv_chan channels, act_width bits each; t of way 0 lowest.
             Where there is no t above an even present position, it is the present one's
    """

    READ_LATENCY = 4

    def __init__(self, geometry):
        self.old_k, self.old_v = bits(geometry.ways), bits(geometry.ways)
        self.new_k, self.new_v, self.value = flag(), flag(), flag()
        self.addr = up_to(geometry.kv_depth - 1)
        self.kv_word = up_to(geometry.kv_words - 1)
        self.data = bits(geometry.ways * geometry.kv_width)


class ActWrite:
    """`ways` adjacent activations into the act memory; always taken, never while VALUES runs.

    lane  of the first; the word has all of them
    data  act_width bits each, the first one lowest
    """

    def __init__(self, geometry, ways):
        self.enable = flag()
        self.word = up_to(geometry.act_depth - 1)
        self.lane = up_to(geometry.columns - 1)
        self.data = bits(ways * geometry.profile.act_width)


class HeadWord:
    """A word of attention outputs while the act memory takes it, in the words' order."""

    def __init__(self, geometry):
        self.valid = flag()
        self.data = bits(geometry.columns * geometry.profile.act_width)

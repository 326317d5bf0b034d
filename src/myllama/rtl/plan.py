"""The shape as signals: all that the sequencer knows of a model."""

from myhdl import Signal, intbv


def places(geometry):
    """First weight word and first row entry of each matrix, in the order of the memories.

    {"layers", "classifier", "embedding", "end"}: (weight word, word of row entries). A shared
    embedding table is the classifier.
    """
    c, g = geometry.config, geometry
    matrices = [
        (g.transfers(rows), words)
        for rows, words in (
            (c.dim + 2 * c.kv_dim, g.words(c.dim)),
            (c.dim, g.attention_words),
            (2 * c.hidden_dim, g.words(c.dim)),
            (c.dim, g.words(c.hidden_dim)),
        )
    ]
    weight = c.n_layers * sum(rows * words for rows, words in matrices)
    row = c.n_layers * sum(rows for rows, _ in matrices)
    entries = g.transfers(c.vocab_size)
    table = entries * g.words(c.dim), entries
    found = {"layers": (0, 0), "classifier": (weight, row)}
    if not c.shared_classifier:
        weight, row = weight + table[0], row + table[1]
    found["embedding"] = weight, row
    found["end"] = weight + table[0], row + table[1]
    return found


def constant(value):
    """Unsigned signal that keeps `value`: nothing drives it."""
    return Signal(intbv(value)[max(value.bit_length(), 1) :])


class Plan:
    """Whatever of the shape reaches the sequencer: signals that nothing drives yet.

    last_*      a count, less one
    *_rows      results of a command: transfers of `ways` rows
    *_words     words of a row; *_size weight words of the whole matrix
    *_base      first act word; embed_weight, embed_row: of the embedding table
    last_kv_word  of a group's first part; kv_group, kv_part  steps in cache addresses
    """

    def __init__(self, geometry):
        c, g = geometry.config, geometry
        place = places(g)
        x_rows = g.transfers(c.dim)
        qkv_rows = g.transfers(c.dim + 2 * c.kv_dim)
        w13_rows = g.transfers(2 * c.hidden_dim)

        self.last_layer = constant(c.n_layers - 1)
        self.last_group = constant(g.groups_per_kv - 1)
        self.last_kv_word = constant(g.kv_words - g.parts)
        self.last_part = constant(g.parts - 1)
        self.parts = constant(g.parts)
        self.seq_len = constant(c.seq_len)
        self.vocab_size = constant(c.vocab_size)
        self.x_rows = constant(x_rows)
        self.qkv_rows = constant(qkv_rows)
        self.w13_rows = constant(w13_rows)
        self.classifier_rows = constant(g.transfers(c.vocab_size))
        self.x_words = constant(g.words(c.dim))
        self.o_words = constant(g.attention_words)
        self.z_words = constant(g.words(c.hidden_dim))
        self.q_base = constant(g.q_base)
        self.o_base = constant(g.o_base)
        self.z_base = constant(g.z_base)
        self.qkv_size = constant(qkv_rows * g.words(c.dim))
        self.wo_size = constant(x_rows * g.attention_words)
        self.w13_size = constant(w13_rows * g.words(c.dim))
        self.w2_size = constant(x_rows * g.words(c.hidden_dim))
        self.embed_weight = constant(place["embedding"][0])
        self.embed_row = constant(place["embedding"][1])
        self.kv_group = constant(g.parts * g.kv_rows)
        self.kv_part = constant(g.kv_rows)

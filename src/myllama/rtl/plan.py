"""The shape as signals: all that the sequencer knows of a model."""

from myhdl import Signal, intbv


def places(geometry):
    """First weight word and first row entry of each matrix, in the order of the memories.

    {"layers", "classifier", "embedding", "end"}: (weight word, row entry). A shared
    embedding table is the classifier.
    """
    c, g = geometry.config, geometry
    matrices = (
        (c.dim + 2 * c.kv_dim, g.words(c.dim)),
        (c.dim, g.attention_words),
        (2 * c.hidden_dim, g.words(c.dim)),
        (c.dim, g.words(c.hidden_dim)),
    )
    weight = c.n_layers * sum(rows * words for rows, words in matrices)
    row = c.n_layers * sum(rows for rows, _ in matrices)
    table = c.vocab_size * g.words(c.dim), c.vocab_size
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
    *_rows      results of a command
    *_words     words of a row; *_size weight words of the whole matrix
    *_base      first act word; embed_weight, embed_row: of the embedding table
    last_kv_word  of a group's first part; kv_group, kv_part  steps in cache addresses
    """

    def __init__(self, geometry):
        c, g = geometry.config, geometry
        place = places(g)
        qkv_rows = c.dim + 2 * c.kv_dim

        self.last_layer = constant(c.n_layers - 1)
        self.last_group = constant(g.groups_per_kv - 1)
        self.last_kv_word = constant(g.kv_words - g.parts)
        self.last_part = constant(g.parts - 1)
        self.parts = constant(g.parts)
        self.seq_len = constant(c.seq_len)
        self.vocab_size = constant(c.vocab_size)
        self.dim = constant(c.dim)
        self.qkv_rows = constant(qkv_rows)
        self.w13_rows = constant(2 * c.hidden_dim)
        self.x_words = constant(g.words(c.dim))
        self.o_words = constant(g.attention_words)
        self.z_words = constant(g.words(c.hidden_dim))
        self.q_base = constant(g.q_base)
        self.o_base = constant(g.o_base)
        self.z_base = constant(g.z_base)
        self.qkv_size = constant(qkv_rows * g.words(c.dim))
        self.wo_size = constant(c.dim * g.attention_words)
        self.w13_size = constant(2 * c.hidden_dim * g.words(c.dim))
        self.w2_size = constant(c.dim * g.words(c.hidden_dim))
        self.embed_weight = constant(place["embedding"][0])
        self.embed_row = constant(place["embedding"][1])
        self.kv_group = constant(g.parts * c.seq_len)
        self.kv_part = constant(c.seq_len)

"""How a shape lies in words of `columns` elements: heads, attention words, act regions."""

from dataclasses import dataclass
from functools import cached_property

from .config import ModelConfig, Profile
from .errors import InputError

SHIFT_WIDTH = 6  # a row's right shift
MOST_LANES = 256  # of a decoder that still converts within minutes


def check_lanes(lanes):
    """InputError unless a decoder can have so many lanes."""
    if not 2 <= lanes <= MOST_LANES or lanes & lanes - 1:
        raise InputError(f"lanes is {lanes}, but must be a power of two from 2 to {MOST_LANES}")


@dataclass(frozen=True)
class Geometry:
    """Counts and places that every block derives from the shape (docs/architecture.md).

    ways          rows of a matrix that a word of weights holds, positions of the KV cache
                  that are read at once: 2 if a row of dim would leave half the lanes idle
    columns       lanes of one row; a word of activations has as many elements
    head_lanes    lanes that one head takes in an attention word
    parts         words that make a head
    q_per_kv, kv_per_group  query heads per kv head and kv heads in a group
    slots         heads that work in parallel
    groups        groups of query heads; kv_groups of them have K and V words of their own
    """

    config: ModelConfig
    profile: Profile
    lanes: int

    def __post_init__(self):
        check_lanes(self.lanes)

    @cached_property
    def ways(self):
        return 2 if self.config.dim <= self.lanes // 2 else 1

    @cached_property
    def columns(self):
        return self.lanes // self.ways

    @cached_property
    def head_lanes(self):
        return min(1 << (self.config.head_dim - 1).bit_length(), self.columns)

    @cached_property
    def parts(self):
        return -(-self.config.head_dim // self.columns)

    @cached_property
    def q_per_kv(self):
        fit = self.columns // self.head_lanes
        mul = self.config.kv_mul
        return max(n for n in range(1, min(mul, fit) + 1) if mul % n == 0)

    @cached_property
    def kv_per_group(self):
        if self.q_per_kv < self.config.kv_mul:
            return 1
        return min(self.config.n_kv_heads, self.columns // self.head_lanes // self.q_per_kv)

    @cached_property
    def slots(self):
        return self.kv_per_group * self.q_per_kv

    @cached_property
    def groups_per_kv(self):
        """Groups that read the same K and V words."""
        return self.config.kv_mul // self.q_per_kv

    @cached_property
    def kv_groups(self):
        return -(-self.config.n_kv_heads // self.kv_per_group)

    @cached_property
    def groups(self):
        return self.kv_groups * self.groups_per_kv

    @cached_property
    def kv_words(self):
        """Words of one position's keys; its values take as many."""
        return self.kv_groups * self.parts

    @cached_property
    def kv_chan(self):
        """Channels of one head in a K or V word."""
        return min(self.config.head_dim, self.columns)

    @cached_property
    def kv_width(self):
        """Bits of a K or V word as the engine reads it."""
        return self.kv_per_group * self.kv_chan * self.profile.act_width

    @cached_property
    def kv_rows(self):
        """Addresses of a K or V word's positions: t is at t // ways, in the memory of t % ways."""
        return self.transfers(self.config.seq_len)

    @cached_property
    def kv_depth(self):
        """Addresses of each way's memory."""
        return self.config.n_layers * self.kv_words * self.kv_rows

    def kv_place(self, layer, kv_word, t):
        """(way, address) of the word of K or of V that holds position t."""
        return t % self.ways, (layer * self.kv_words + kv_word) * self.kv_rows + t // self.ways

    def words(self, count):
        """Words that a vector or a row of `count` elements takes."""
        return -(-count // self.columns)

    def transfers(self, count):
        """Transfers that `count` rows or positions take, `ways` at a time."""
        return -(-count // self.ways)

    @cached_property
    def attention_words(self):
        """Words of the query vector and of the concatenated heads."""
        return self.groups * self.parts

    @cached_property
    def q_base(self):
        """First act word of q; x starts at 0."""
        return self.words(self.config.dim)

    @cached_property
    def o_base(self):
        return self.q_base + self.attention_words

    @cached_property
    def z_base(self):
        return self.o_base + self.attention_words

    @cached_property
    def act_depth(self):
        return self.z_base + self.words(self.config.hidden_dim)

    @cached_property
    def most_words(self):
        """Words of the longest row."""
        c = self.config
        return max(self.words(c.dim), self.words(c.hidden_dim), self.attention_words)

    @cached_property
    def most_rows(self):
        """Transfers of rows of the longest command."""
        c = self.config
        return self.transfers(max(c.vocab_size, 2 * c.hidden_dim, c.dim + 2 * c.kv_dim))

    @cached_property
    def acc_width(self):
        """Bits of a row's dot product."""
        terms = max(self.config.dim, self.config.hidden_dim)
        return self.profile.weight_width + self.profile.act_width + (terms - 1).bit_length()

    @cached_property
    def row_width(self):
        """Bits of an entry scale | shift."""
        return self.profile.scale_width + SHIFT_WIDTH

    @cached_property
    def attention_places(self):
        """(word, lane) of each of the dim channels of q or of the concatenated heads."""
        c, places = self.config, []
        for head in range(c.n_heads):
            kv, q = divmod(head, c.kv_mul)
            kv_group, kv = divmod(kv, self.kv_per_group)
            q_group, q = divmod(q, self.q_per_kv)
            group = kv_group * self.groups_per_kv + q_group
            first = (kv * self.q_per_kv + q) * self.head_lanes
            for channel in range(c.head_dim):
                part, lane = divmod(channel, self.columns)
                places.append((group * self.parts + part, first + lane))
        return tuple(places)

"""The stages of a token, and what each costs."""

from collections import Counter
from dataclasses import dataclass, field

# Each begins in the cycle after the engine took its command: softmax with the command for the
# values, values with their first word, choice after the classifier's last.
STAGES = (
    "embedding", "QKV", "scores", "softmax", "values", "Wo", "W1/W3", "W2", "classifier", "choice",
)  # fmt: skip


@dataclass
class Cost:
    """Cycles of one token, by stage.

    cycles    all of them
    words     those in which a word enters the engine: the lanes multiply
    products  what is needed of the products; the other lanes multiply padding
    """

    cycles: Counter = field(default_factory=Counter)
    words: Counter = field(default_factory=Counter)
    products: Counter = field(default_factory=Counter)

    def __iadd__(self, other):
        self.cycles.update(other.cycles)
        self.words.update(other.words)
        self.products.update(other.products)
        return self

    def busy(self, lanes):
        """(share of cycles in which the lanes multiply, share of lanes and cycles of use)."""
        cycles = self.cycles.total()
        return self.words.total() / cycles, self.products.total() / (lanes * cycles)


def products(geometry, stage):
    """Products that a token needs of one command of `stage`: of scores and values per position.

    They are those of the float program: no padding, one product per element of the embedding.
    """
    c = geometry.config
    return {
        "embedding": c.dim,
        "QKV": (c.dim + 2 * c.kv_dim) * c.dim,
        "scores": c.dim,
        "values": c.dim,
        "Wo": c.dim * c.dim,
        "W1/W3": 2 * c.hidden_dim * c.dim,
        "W2": c.dim * c.hidden_dim,
        "classifier": c.vocab_size * c.dim,
    }.get(stage, 0)

"""Every size of the model, named as in the checkpoint's header."""

from dataclasses import dataclass

from .errors import InputError


@dataclass(frozen=True)
class ModelConfig:
    """Llama hyperparameters, named as in the checkpoint header.

    dim         width of the residual stream
    hidden_dim  width of the feed-forward layer
    n_heads     query heads; n_kv_heads of them have keys and values of their own
    seq_len     positions the KV cache holds
    shared_classifier  whether the classifier is the embedding table
    """

    dim: int
    hidden_dim: int
    n_layers: int
    n_heads: int
    n_kv_heads: int
    vocab_size: int
    seq_len: int
    shared_classifier: bool

    def __post_init__(self):
        for name in (
            "dim",
            "hidden_dim",
            "n_layers",
            "n_heads",
            "n_kv_heads",
            "vocab_size",
            "seq_len",
        ):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}, but must be at least 1")
        if self.dim % self.n_heads:
            raise InputError(f"dim {self.dim} is not a multiple of n_heads {self.n_heads}")
        if self.n_heads % self.n_kv_heads:
            raise InputError(
                f"n_heads {self.n_heads} is not a multiple of n_kv_heads {self.n_kv_heads}"
            )
        if self.head_dim % 2:
            raise InputError(f"RoPE rotates pairs, so head_dim {self.head_dim} must be even")

    @property
    def head_dim(self):
        return self.dim // self.n_heads

    @property
    def kv_dim(self):
        return self.head_dim * self.n_kv_heads

    @property
    def kv_mul(self):
        """Query heads that share one kv head."""
        return self.n_heads // self.n_kv_heads

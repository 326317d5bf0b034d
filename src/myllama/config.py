"""Every size of the model, named as in the checkpoint's header."""

from dataclasses import dataclass, replace

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

    def shortened(self, seq_len):
        """The same model with a KV cache of fewer positions."""
        if not 1 <= seq_len <= self.seq_len:
            raise InputError(
                f"seq_len is {seq_len}, but this model has positions for 1 to {self.seq_len}"
            )
        return replace(self, seq_len=seq_len)

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


@dataclass(frozen=True)
class Profile:
    """Word widths of one way to build the hardware (docs/numerics.md says what each buys).

    weight_width    stored weight
    scale_width     mantissa of a row's scale; 0 means a power of two, no multiplier
    act_width       activations: what the lanes multiply by
    residual_width  residual stream
    k_width, v_width  stored mantissas of the KV cache. Below act_width a head's vector
                    shares one exponent (block floating point).
    """

    name: str
    weight_width: int
    scale_width: int
    act_width: int
    residual_width: int
    k_width: int
    v_width: int


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("exact", 16, 0, 18, 24, 18, 18),
        Profile("compact", 9, 8, 18, 20, 12, 8),
    )
}

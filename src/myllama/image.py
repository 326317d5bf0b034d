"""The quantized model: integers, their formats, and the constants the hardware needs."""

from dataclasses import dataclass, replace

import numpy as np

from .config import ModelConfig, Profile


@dataclass(frozen=True)
class Matrix:
    """Rows of integer weights: real weight = word * scale / 2**frac of its row.

    words   [..., rows, columns]
    scale   [..., rows] multiplier of the row's dot product, 1 in a power-of-two profile
    shift   [..., rows] right shift after that, to the format of the row's result
    """

    words: np.ndarray
    scale: np.ndarray
    shift: np.ndarray


@dataclass(frozen=True)
class Formats:
    """Fraction bits of every tap; lists have one entry per layer.

    acts has one entry per norm: attention and feed-forward of each layer, then the last.
    """

    x: int
    acts: tuple
    q: int
    k: int
    v: tuple
    h1: int
    h3: tuple
    z: tuple
    logits: int


@dataclass(frozen=True)
class Image:
    """Everything the hardware holds, before it is cut into words of weights.

    qkv, wo, w2     per layer; qkv has the rows of Wq, Wk and Wv, in this order
    w13             per layer; the rows of W1 and W3 in turn
    classifier      rows of the vocabulary, the embedding table too where it is shared
    embedding       the separate embedding table, or None
    gains           [2 n_layers + 1, dim] RMSNorm gains times sqrt(dim)
    act_shifts      right shift of residual * gain, per norm
    z_shifts        right shift of silu * h3, per layer
    score_shift     right shift of q . k
    balance         factor folded into Wk, its inverse into Wq
    eps             dim * 1e-5 in squares of residual words
    norm_base       see model.rmsnorm
    embed_shift     activation that reads a table entry out: 1 << embed_shift
    """

    config: ModelConfig
    profile: Profile
    formats: Formats
    qkv: Matrix
    wo: Matrix
    w13: Matrix
    w2: Matrix
    classifier: Matrix
    embedding: Matrix | None
    gains: np.ndarray
    act_shifts: tuple
    z_shifts: tuple
    score_shift: int
    balance: float
    eps: int
    norm_base: int
    embed_shift: int

    def shortened(self, seq_len):
        """The same integers with a KV cache of fewer positions."""
        return replace(self, config=self.config.shortened(seq_len))

    def norm_to_real(self, mant, shift):
        """1 / ||x|| of a residual, from the words of model.rmsnorm."""
        return np.asarray(mant) * 2.0 ** (self.formats.x - self.norm_base - np.asarray(shift))

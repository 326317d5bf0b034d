"""Small shapes that reach every case of the word geometry, and random images of them."""

import numpy as np

from myllama.config import ModelConfig
from myllama.image import Image, Matrix

# dim, hidden_dim, layers, heads, kv heads, vocabulary, positions, shared classifier
SHAPES = {
    "mha": ModelConfig(16, 24, 2, 4, 4, 20, 8, True),
    "gqa": ModelConfig(48, 44, 1, 6, 3, 33, 16, False),
    "mqa": ModelConfig(24, 20, 2, 4, 1, 17, 10, True),
    "three": ModelConfig(18, 22, 1, 3, 3, 11, 5, False),
    "long": ModelConfig(40, 52, 1, 2, 1, 10, 12, True),
    "260K": ModelConfig(64, 172, 2, 8, 4, 512, 32, True),
    "pair": ModelConfig(4, 6, 1, 2, 1, 9, 5, True),
}


def random_image(config, profile, seed=1):
    """An Image of random words; its formats are not used."""
    rng = np.random.default_rng(seed)
    c = config
    top = 1 << profile.weight_width - 1

    def matrix(*shape):
        words = rng.integers(-top, top, shape, np.int32)
        scale = np.ones(shape[:-1], np.int64)
        if profile.scale_width:
            scale = rng.integers(1, 1 << profile.scale_width, shape[:-1])
        return Matrix(words, scale, rng.integers(0, 64, shape[:-1]))

    norms = 2 * c.n_layers + 1
    return Image(
        config=c,
        profile=profile,
        formats=None,
        qkv=matrix(c.n_layers, c.dim + 2 * c.kv_dim, c.dim),
        wo=matrix(c.n_layers, c.dim, c.dim),
        w13=matrix(c.n_layers, 2 * c.hidden_dim, c.dim),
        w2=matrix(c.n_layers, c.dim, c.hidden_dim),
        classifier=matrix(c.vocab_size, c.dim),
        embedding=None if c.shared_classifier else matrix(c.vocab_size, c.dim),
        gains=rng.integers(-(1 << 15), 1 << 15, (norms, c.dim)),
        act_shifts=tuple(rng.integers(0, 30, norms).tolist()),
        z_shifts=tuple(rng.integers(0, 30, c.n_layers).tolist()),
        score_shift=int(rng.integers(1, 30)),
        balance=1.0,
        eps=1,
        norm_base=0,
        embed_shift=7,
    )

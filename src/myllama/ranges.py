"""Largest magnitudes of every tap, over text that the model itself tells."""

import numpy as np
from threadpoolctl import threadpool_limits

from .reference import Reference

STORIES = 8
POSITIONS = 256


def sample_text(reference, config, progress):
    """STORIES sequences [stories, positions] sampled at temperature 1, always the same ones."""
    rng = np.random.default_rng(0)
    positions = min(POSITIONS, config.seq_len)
    tokens = np.ones((STORIES, positions), np.int64)
    for story in range(STORIES):
        progress(f"range pass: story {story + 1} of {STORIES}")
        reference.reset()
        for pos in range(positions - 1):
            logits = reference.forward(int(tokens[story, pos]), pos).astype(np.float64)
            p = np.exp(logits - logits.max())
            tokens[story, pos + 1] = np.searchsorted(np.cumsum(p), rng.random() * p.sum())
    return np.minimum(tokens, config.vocab_size - 1)


# With more threads, BLAS adds in another order: the last bit of a range, and then of a weight,
# would be the machine's.
@threadpool_limits.wrap(limits=1, user_api="blas")
def measure(checkpoint, progress=lambda message: None):
    """Largest magnitude of each tap: {name: [n_layers]}; `acts` and `norms` per norm.

    acts    residual * gain * sqrt(dim)
    norms   the smallest ||x||, not the largest
    """
    config = checkpoint.config
    reference = Reference(checkpoint)
    tokens = sample_text(reference, config, progress)
    gains = np.concatenate(
        [
            np.stack([checkpoint.rms_att_weight, checkpoint.rms_ffn_weight], 1).reshape(
                -1, config.dim
            ),
            checkpoint.rms_final_weight[None],
        ]
    )
    largest = {name: np.zeros(config.n_layers) for name in ("q", "k", "v", "h1", "h3", "ffn_core")}
    residual = np.zeros(2 * config.n_layers + 1)
    acts = np.zeros(2 * config.n_layers + 1)
    norms = np.full(2 * config.n_layers + 1, np.inf)

    def see_residual(norm, x):
        residual[norm] = np.abs(x).max()
        acts[norm] = np.abs(x * gains[norm]).max() * config.dim**0.5
        norms[norm] = np.linalg.norm(x, axis=-1).min()

    def tap(layer, name, value):
        if name == "x_att":
            see_residual(2 * layer + 1, value)
        elif name == "x_ffn":
            see_residual(2 * layer + 2, value)
        elif name in ("q", "k"):
            pairs = value.reshape(*value.shape[:2], -1, 2)
            largest[name][layer] = np.linalg.norm(pairs, axis=-1).max()
        elif name in largest:
            largest[name][layer] = np.abs(value).max()

    see_residual(0, checkpoint.token_embedding_table[tokens])
    # A token the text did not use may be the longest or the shortest of the table.
    table = checkpoint.token_embedding_table
    residual[0] = np.abs(table).max()
    acts[0] = np.abs(table * gains[0]).max() * config.dim**0.5
    reference.forward_sequence(tokens, tap)
    return {**largest, "residual": residual, "acts": acts, "norms": norms}

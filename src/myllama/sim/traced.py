"""What left through the trace port, as the taps it is made of."""

import numpy as np

from ..rtl.tapped import TAPS
from ..rtl.trace import TracePort


def widths(config):
    """Widths of the trace port's fields."""
    port = TracePort(config)
    return {name: len(getattr(port, name)) for name in ("layer", "pos", "tap", "index", "value")}


def gather(config, words, layer):
    """{(layer, name): integers} of every tap, in the shapes of model.decoder at batch 1.

    words  (tap, index, value) in any order; RuntimeError unless each is there once
    """
    c = config
    length = dict.fromkeys(TAPS, c.dim) | dict.fromkeys(("h1", "h3", "ffn_core"), c.hidden_dim)
    length |= {"logits": c.vocab_size} | dict.fromkeys(("norm_att", "norm_ffn", "norm"), 2)
    seen = {name: {} for name in TAPS}
    for tap, index, value in words:
        name = TAPS[tap]
        if index in seen[name]:
            raise RuntimeError(f"the trace shows word {index} of {name} twice")
        seen[name][index] = value
    taps = {}
    for name, found in seen.items():
        if sorted(found) != list(range(length[name])):
            raise RuntimeError(
                f"the trace shows {len(found)} words of {name}, not 0 to {length[name] - 1}"
            )
        vector = np.array([[found[index] for index in range(length[name])]], np.int64)
        if name.startswith("norm") and name != "norm_final":
            vector = vector[:, :1], vector[:, 1:]
        taps[-1 if name in ("norm_final", "logits", "norm") else layer, name] = vector
    return taps

"""What the KV cache's memories hold, as keys and values."""

import numpy as np

from ..rtl.kv_pack import Packed


def key_values(rows, geometry, positions):
    """(keys, values) of positions 0..positions-1, [n_layers, n_kv_heads, positions, head_dim].

    rows  (words of K, words of V): of each way's memory, by address
    The integers are those that the engine reads: mantissas times two to their exponents.
    """
    p = geometry.profile
    widths = p.k_width, p.v_width
    return tuple(
        _heads(words, Packed(width, geometry), geometry, positions)
        for words, width in zip(rows, widths, strict=True)
    )


def _heads(words, form, g, positions):
    c = g.config
    found = np.zeros((c.n_layers, c.n_kv_heads, positions, c.head_dim), np.int64)
    for layer, kv_word, pos in np.ndindex(c.n_layers, g.kv_words, positions):
        way, address = g.kv_place(layer, kv_word, pos)
        word = words[way][address]
        if word is None:
            raise RuntimeError(f"layer {layer}, position {pos}: the KV cache has no known word")
        group, part = divmod(kv_word, g.parts)
        for i, channels in enumerate(_channels(word, form)):
            head, first = group * g.kv_per_group + i, part * g.kv_chan
            count = min(g.kv_chan, c.head_dim - first)
            if head < c.n_kv_heads:
                found[layer, head, pos, first : first + count] = channels[:count]
    return found


def _channels(word, form):
    """The channels of each head in a memory word."""
    width, per_head = form.mantissa, form.channels // form.heads
    for head in range(form.heads):
        exponent = word >> form.channels * width + head * form.exponent & (1 << form.exponent) - 1
        fields = [
            word >> i * width & (1 << width) - 1
            for i in range(head * per_head, (head + 1) * per_head)
        ]
        yield [(field - (field >> width - 1 << width)) << exponent for field in fields]

"""The past of a window: the tokens before it, and the KV rows they left behind."""

import numpy as np

from ..errors import InputError
from ..geometry import Geometry
from ..model.decoder import Model
from ..model.kv_cache import packed
from ..rtl.kv_pack import Packed

BOS = 1


class History:
    """Integer model of an Image up to position `pos`.

    tokens  at positions 0..pos
    keys, values  of each way, {cache address: memory word} of the positions before `pos`, in
                  all layers
    """

    def __init__(self, image, lanes, prompt, pos):
        self._geometry = g = Geometry(image.config, image.profile, lanes)
        self.tokens = [prompt[0]]
        self.keys, self.values = ([{} for _ in range(g.ways)] for _ in range(2))
        model, self._pos = Model(image, ways=g.ways), 0
        for self._pos in range(pos):
            logits = model.forward(self.tokens[-1], self._pos, self._tap)
            following = self._pos + 1
            token = prompt[following] if following < len(prompt) else int(logits[0].argmax())
            if token == BOS:
                raise InputError(
                    f"the story ends at position {self._pos}, so nothing happens at --pos {pos};"
                    " give an earlier one, or a longer prompt"
                )
            self.tokens.append(token)

    def _tap(self, layer, name, words):
        if name != "kv_fresh":
            return
        g, p = self._geometry, self._geometry.profile
        for rows, heads, width in (
            (self.keys, words[0], p.k_width),
            (self.values, words[1], p.v_width),
        ):
            for i, word in enumerate(memory_words(heads[0], width, g)):
                way, address = g.kv_place(layer, i, self._pos)
                rows[way][address] = word


def memory_words(heads, width, geometry):
    """One position's keys or values [n_kv_heads, head_dim] as rtl.kv_pack lays them out."""
    g, form = geometry, Packed(width, geometry)
    mantissas, exponents = packed(heads, width, g.profile.act_width)
    padded = np.zeros((g.kv_groups * g.kv_per_group, g.parts * g.kv_chan), np.int64)
    padded[: heads.shape[0], : heads.shape[1]] = mantissas
    scales = np.zeros((len(padded), g.parts), np.int64)
    scales[: heads.shape[0]] = exponents
    words = []
    for channels, shifts in zip(
        padded.reshape(g.kv_words, -1), scales.reshape(g.kv_words, -1), strict=True
    ):
        word = 0
        for i, channel in enumerate(channels.tolist()):
            word |= (channel & (1 << width) - 1) << i * width
        for i, shift in enumerate(shifts.tolist()):
            word |= shift << form.channels * width + i * form.exponent
        words.append(word)
    return words


def memory_text(rows):
    """Contents {address: word} as $readmemh reads them."""
    return "".join(f"@{address:x} {word:x}\n" for address, word in sorted(rows.items()))

"""Cost of tokens as the running hardware shows it: the decoder's Verilog in Verilator."""

import numpy as np

from ..rtl.sequencer import State
from ..sim import rtl, verilator
from .stages import Cost, products

BOS, OTHER = 1, 2
_STATES = list(State._names)
# The stage that begins when a command is taken in a state of the sequencer.
_BEGINS = {
    "EMBED": "embedding",
    "QKV": "QKV",
    "SCORES": "scores",
    "VALUES": "softmax",
    "WO": "Wo",
    "W13": "W1/W3",
    "W2": "W2",
    "CLASSIFY": "classifier",
}
# Unit: whether it works, from the signals of a cycle.
UNITS = {
    "multipliers": lambda s: s["word"] == 1,
    "row scale, norm": lambda s: s["row_valid"] == 1,
    "RoPE": lambda s: s["turned_valid"] == 1,
    "KV write": lambda s: s["packing"] == 1,
    "softmax": lambda s: s["softmax"] != 0,
    "residual": lambda s: s["x_valid"] == 1,
    "RMSNorm": lambda s: s["norm_busy"] == 1,
    "SwiGLU": lambda s: s["z_valid"] == 1,
    "sampler": lambda s: s["logits_valid"] == 1,
    "RoPE table": lambda s: s["filling"] == 1,
}


class Watched:
    """The decoder of an Image with `lanes` multipliers, every cycle of it seen.

    folder  Verilog and memory contents; None converts the decoder, once per image
    """

    def __init__(self, image, lanes, geometry, progress=lambda message: None, folder=None):
        verilator.require()
        self._geometry = geometry
        folder = folder or rtl.converted(image, lanes, progress)
        self._run = verilator.Verilated(folder, rtl.TOP, geometry.ways, progress, watch=True)

    def token(self, pos):
        """(Cost, {unit: [cycles] bool}) of the token at position `pos`, which is not forced."""
        prompt = [BOS] + [OTHER] * pos
        signals = None
        for done, _ in enumerate(self._run.decode(prompt, pos + 1)):
            signals = self._run.watched()
            if done == pos:
                break
        return cost(self._geometry, pos, signals), {n: f(signals) for n, f in UNITS.items()}

    def mean(self, positions):
        """Mean cycles of the first `positions` tokens, none of them forced."""
        prompt, total, pos = [BOS], 0, 0
        while pos < positions:
            for done, _ in enumerate(self._run.decode(prompt, positions)):
                cycles = len(self._run.watched()["word"])
                if done < pos:
                    continue
                total, pos = total + cycles, done + 1
            # A story that ends early goes on behind another token than its end.
            prompt = prompt + [OTHER] * (pos + 1 - len(prompt))
        return total / positions

    def close(self):
        self._run.close()


def cost(geometry, pos, signals):
    """Cost of the cycles from the token before to this one."""
    word = signals["word"] == 1
    begins = [(0, "embedding")]
    for cycle in np.flatnonzero(signals["accepted"]):
        stage = _BEGINS[_STATES[int(signals["state"][cycle])]]
        begins.append((cycle + 1, stage))
        if stage == "softmax":
            begins.append((cycle + 1 + int(np.argmax(word[cycle + 1 :])), "values"))
        elif stage == "classifier":
            begins.append((int(np.flatnonzero(word)[-1]) + 1, "choice"))
    found = Cost()
    ends = [cycle for cycle, _ in begins[1:]] + [len(word)]
    for (first, stage), end in zip(begins, ends, strict=True):
        found.cycles[stage] += end - first
        found.words[stage] += int(word[first:end].sum())
    for stage in found.cycles:
        times = 1 if stage in ("embedding", "classifier") else geometry.config.n_layers
        times *= pos + 1 if stage in ("scores", "values") else 1
        found.products[stage] = products(geometry, stage) * times
    return found

"""The contents of the hardware's KV cache beside the float reference's, as a picture."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .atomic import replacing
from .errors import InputError
from .reference import Reference
from .verify import tap_to_real

SUFFIXES = (".png", ".svg")
COLUMNS = ("hardware", "reference", "difference")


@dataclass
class Contents:
    """Keys and values of positions 0..pos: the hardware's as real values, the reference's.

    hardware, reference  {"K": array, "V": array}, [n_layers, n_kv_heads, pos + 1, head_dim]
    """

    tokens: list
    hardware: dict
    reference: dict

    def error(self, name):
        """Largest difference of each layer and kv head, [n_layers, n_kv_heads]."""
        return np.abs(self.hardware[name] - self.reference[name]).max((-2, -1))

    def lines(self):
        """The largest differences, a line per layer."""
        yield f"{'layer':<8}" + "".join(f"{f'{name}: largest':>12}{'error':>12}" for name in "KV")
        for layer in range(len(self.reference["K"])):
            cells = ""
            for name in ("K", "V"):
                cells += f"{np.abs(self.reference[name][layer]).max():>12.6f}"
                cells += f"{self.error(name)[layer].max():>12.6f}"
            yield f"{layer:<8}{cells}"

    def draw(self, path):
        """Heat maps of every layer and kv head: hardware, reference, difference, of K and V."""
        from matplotlib.figure import Figure

        layers, heads, positions, head_dim = self.reference["K"].shape
        figure = Figure(figsize=(15, 0.6 + 1.9 * layers), layout="constrained")
        axes = figure.subplots(layers, 2 * len(COLUMNS), squeeze=False, sharex=True, sharey=True)
        for layer, column in np.ndindex(axes.shape):
            which, kind = divmod(column, len(COLUMNS))
            name = "KV"[which]
            hardware, reference = self.hardware[name][layer], self.reference[name][layer]
            shown = (hardware, reference, hardware - reference)[kind]
            limit = np.abs(shown if kind == 2 else reference).max() or 1.0
            panel = axes[layer, column]
            picture = panel.imshow(
                shown.transpose(0, 2, 1).reshape(heads * head_dim, positions),
                aspect="auto",
                interpolation="nearest",
                cmap="RdBu_r",
                vmin=-limit,
                vmax=limit,
            )
            for head in range(1, heads):
                panel.axhline(head * head_dim - 0.5, color="black", linewidth=0.6)
            if kind:
                figure.colorbar(picture, ax=panel)
            if not layer:
                panel.set_title(f"{name}, {COLUMNS[kind]}")
            panel.set_yticks(
                [(head + 0.5) * head_dim - 0.5 for head in range(heads)],
                [f"head {head}" for head in range(heads)],
            )
            if not column:
                panel.set_ylabel(f"layer {layer}")
            if layer == layers - 1:
                panel.set_xlabel("position")
        with replacing(path) as file:
            figure.savefig(file, format=Path(path).suffix[1:], dpi=100)


def contents(rtl, checkpoint, prompt, pos):
    """The Contents of the cache of a sim.Rtl after positions 0..pos.

    InputError if there is no such position, or if the text ends before it.
    """
    tokens, *found = rtl.key_values(prompt, pos)
    hardware = {
        name: np.stack(
            [
                tap_to_real(rtl.image, layer, name.lower(), {(layer, name.lower()): words})
                for layer, words in enumerate(integers)
            ]
        )
        for name, integers in zip("KV", found, strict=True)
    }
    reference = {name: np.zeros_like(values) for name, values in hardware.items()}
    decoder = Reference(checkpoint)
    for t, token in enumerate(tokens):
        decoder.forward(token, t, lambda *tap, t=t: _keep(reference, t, *tap))
    return Contents(tokens, hardware, reference)


def require():
    """InputError unless pictures can be drawn."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError(
            "matplotlib is not installed, and it draws the picture: pip install 'myllama[wave]'"
        ) from None


def _keep(reference, t, layer, name, value):
    if name in ("k", "v"):
        kept = reference[name.upper()][layer]
        kept[:, t] = np.reshape(value, (kept.shape[0], kept.shape[-1]))

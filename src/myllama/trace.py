"""The taps of one layer and position of an engine, beside the float reference's."""

from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np

from .atomic import replacing
from .positions import check_length, check_place
from .reference import FINAL_TAPS, Reference
from .verify import tap_to_real

# What each tap is, in the order they arise; (a) is the first.
TAPS = {
    "xhat": "attention norm",
    "concat": "heads side by side",
    "wo": "Wo concat",
    "x_att": "x after attention",
    "xhat_ffn": "feed-forward norm",
    "h1": "W1 xhat_ffn",
    "h3": "W3 xhat_ffn",
    "ffn_core": "silu(h1) h3",
    "x_ffn": "x after feed-forward",
    "norm_final": "final norm",
    "logits": "logits",
}
SHOWN, TOP = 8, 5


@dataclass
class Trace:
    """Taps of an engine as real values, and the reference's on the same tokens.

    tokens     [pos + 2], the last one chosen at pos
    values, reference  {name: vector}, in the order of TAPS
    """

    engine: str
    layer: int
    pos: int
    tokens: list
    values: dict
    reference: dict

    def error(self, name):
        """Largest difference of a tap from the reference."""
        return float(np.abs(self.values[name] - self.reference[name]).max())

    def top(self):
        """Tokens of the TOP largest logits, the largest first, the lowest among equals."""
        return np.argsort(-self.values["logits"], kind="stable")[:TOP].tolist()

    def lines(self, name_of):
        """The report; name_of(token) is a token's text."""
        token = self.tokens[self.pos]
        yield f"layer {self.layer}, position {self.pos}, token {token} {name_of(token)}"
        for letter, (name, what) in zip(ascii_lowercase, TAPS.items(), strict=False):
            yield f"({letter}) {name} [{len(self.values[name])}], {what}"
            yield self._line(self.engine, self.values[name])
            if self.engine != "reference":
                yield self._line("reference", self.reference[name])
                yield f"    {'largest error':<13}{self.error(name):>12.7f}"
        beside = [self.values["logits"]]
        if self.engine != "reference":
            beside.append(self.reference["logits"])
        yield f"the {TOP} largest logits"
        for token in self.top():
            yield f"    {token:>6} {name_of(token):<12}" + "".join(
                f"{logits[token]:>12.6f}" for logits in beside
            )

    def save(self, path):
        """Everything as arrays: tap by tap the engine's and, as reference_*, the reference's."""
        arrays = {"layer": self.layer, "pos": self.pos, "tokens": self.tokens, **self.values}
        arrays |= {f"reference_{name}": value for name, value in self.reference.items()}
        with replacing(path) as file:
            np.savez(file, **arrays)

    @staticmethod
    def _line(title, vector):
        return f"    {title:<13}" + "".join(f"{value:>12.6f}" for value in vector[:SHOWN])


def trace(engine, decoder, checkpoint, prompt, layer, pos):
    """The Trace of a decoder that engines.build made under the name `engine`.

    InputError if there is no such layer or position, or if the text ends before it.
    """
    check_place(checkpoint.config, layer, pos)
    if engine == "rtl":
        tokens, taps = decoder.trace(prompt, layer, pos)
    else:
        tokens, taps = _follow(decoder, prompt, pos)
    reference = taps
    if engine != "reference":
        reference = _taps_at(Reference(checkpoint), tokens[:-1])
    values, real = {}, {}
    for name in TAPS:
        key = (-1 if name in FINAL_TAPS else layer, name)
        real[name] = np.asarray(reference[key], np.float64)
        values[name] = real[name]
        if engine != "reference":
            values[name] = np.ravel(tap_to_real(decoder.image, *key, taps))
    return Trace(engine, layer, pos, tokens, values, real)


def _follow(decoder, prompt, pos):
    """(tokens, taps) as Rtl.trace gives them, of a decoder that has forward."""
    chosen = [*decoder.decode(prompt[: pos + 1], pos + 1)]
    tokens = [prompt[0], *chosen]
    if len(chosen) <= pos:
        check_length(tokens, pos)
    return tokens, _taps_at(decoder, tokens[:-1])


def _taps_at(decoder, tokens):
    """{(layer, name): value} at the last of `tokens`, decoded anew."""
    seen = {}
    decoder.reset()
    for pos, token in enumerate(tokens):
        seen.clear()
        decoder.forward(token, pos, lambda *tap: seen.update({tap[:2]: tap[2]}))
    return seen

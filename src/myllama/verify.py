"""The error budget: the integer model beside the float reference, tap by tap and token by token."""

from dataclasses import dataclass

import numpy as np

from .image import Image
from .model.decoder import Model
from .ranges import sample_text
from .recorded import recorded
from .reference import Reference
from .tables import SCORE_FRAC, SCORE_WIDTH

CASES = 16
STEPS = 256
PROMPT = 8
SCORE_REACH = 2.0 ** (SCORE_WIDTH - 1 - SCORE_FRAC) * np.log(2)
TAPS = (
    "xhat", "q", "k", "v", "scores", "concat", "wo", "x_att",
    "xhat_ffn", "h1", "h3", "ffn_core", "w2", "x_ffn", "norm_final", "logits",
)  # fmt: skip


@dataclass
class Case:
    """A greedy text: `tokens` from BOS on, the first `forced` of them the prompt.

    gap  smallest difference between the two largest logits at a decision
    """

    tokens: list
    forced: int
    gap: float


def read_cases(path):
    """Cases from a file of llama2.c's own greedy runs (JSON: cases, each with its tokens)."""

    def case_of(case):
        return Case(case["tokens"], len(case["prompt_tokens"]), case["min_top1_top2_gap"])

    return recorded(path, "greedy", case_of)


def make_cases(checkpoint, progress):
    """CASES greedy texts of the reference, from the starts of stories it samples itself."""
    config = checkpoint.config
    reference = Reference(checkpoint)
    starts = sample_text(reference, config, progress)
    steps = min(STEPS, config.seq_len)
    cases = []
    for i in range(CASES):
        progress(f"reference text {i + 1} of {CASES}")
        prompt = starts[i % len(starts), : 1 + i // len(starts) * PROMPT].tolist()
        reference.reset()
        tokens, gap = list(prompt), np.inf
        for pos in range(steps):
            logits = reference.forward(tokens[pos], pos)
            if pos + 1 < len(prompt):
                continue
            second, first = np.partition(logits, -2)[-2:]
            gap = min(gap, float(first - second))
            tokens.append(int(np.argmax(logits)))
            if tokens[-1] == 1:
                break
        cases.append(Case(tokens, len(prompt), gap))
    return cases


@dataclass
class Verdict:
    """What `verify` found; errors holds (largest, rms, signal-to-noise in dB) per tap."""

    image: Image
    cases: list
    identical: list
    agreed: int
    decisions: int
    errors: dict

    def __str__(self):
        formats = self.image.formats
        wide = [i for i, case in enumerate(self.cases) if case.gap > 0.005]
        lines = [
            f"profile {self.image.profile.name}",
            f"  identical greedy texts      {sum(self.identical)} of {len(self.cases)}",
            f"  of these with a gap > 0.005 {sum(self.identical[i] for i in wide)} of {len(wide)}",
            f"  top-1 agreement             {100 * self.agreed / self.decisions:.3f} %"
            f" of {self.decisions} decisions",
            f"  {'tap':<11}{'largest error':>14}{'RMS error':>12}{'SNR':>10}  fraction bits",
        ]
        bits = {"q": formats.q, "k": formats.k, "v": formats.v, "concat": formats.v}
        bits |= {"h1": formats.h1, "h3": formats.h3, "ffn_core": formats.z}
        bits |= dict.fromkeys(("wo", "x_att", "w2", "x_ffn"), formats.x)
        for name in TAPS:
            largest, rms, snr = self.errors[name]
            shown = bits.get(name, "")
            lines.append(f"  {name:<11}{largest:>14.6f}{rms:>12.7f}{snr:>7.1f} dB  {shown}")
        return "\n".join(lines)


def verify(checkpoint, image, cases, progress=lambda message: None, ways=1):
    """Follow every case's own path with the model; taps are compared on the first case.

    ways  of the hardware that the model equals; see Model
    """
    length = max(len(case.tokens) for case in cases)
    tokens = np.ones((len(cases), length), np.int64)
    for row, case in zip(tokens, cases, strict=True):
        row[: len(case.tokens)] = case.tokens
    model = Model(image, batch=len(cases), ways=ways)
    chosen = np.zeros((len(cases), length - 1), np.int64)
    for pos in range(length - 1):
        if pos % 64 == 0:
            progress(f"integer model at position {pos} of {length - 1}")
        chosen[:, pos] = model.forward(tokens[:, pos], pos).argmax(-1)
    equal = [
        chosen[i, case.forced - 1 : len(case.tokens) - 1] == case.tokens[case.forced :]
        for i, case in enumerate(cases)
    ]
    return Verdict(
        image,
        cases,
        [bool(e.all()) for e in equal],
        sum(int(e.sum()) for e in equal),
        sum(len(e) for e in equal),
        tap_errors(checkpoint, image, cases[0].tokens, ways),
    )


def tap_errors(checkpoint, image, tokens, ways=1):
    """(largest error, RMS error, SNR in dB) of every tap along one text."""
    reference, model = Reference(checkpoint), Model(image, ways=ways)
    worst, noise, signal = (dict.fromkeys(TAPS, 0.0) for _ in range(3))
    count = dict.fromkeys(TAPS, 0)
    for pos, token in enumerate(tokens[:-1]):
        real, words = {}, {}
        reference.forward(token, pos, lambda *tap, seen=real: seen.update({tap[:2]: tap[2]}))
        model.forward(token, pos, lambda *tap, seen=words: seen.update({tap[:2]: tap[2]}))
        for layer, name in real:
            want = np.asarray(real[layer, name], np.float64).ravel()
            if name == "scores":
                # Scores saturate below, where 2**score is nothing.
                want = np.maximum(want, -SCORE_REACH)
            error = np.ravel(tap_to_real(image, layer, name, words)) - want
            worst[name] = max(worst[name], np.abs(error).max())
            noise[name] += np.square(error).sum()
            signal[name] += np.square(want).sum()
            count[name] += error.size
    return {
        name: (
            worst[name],
            float(np.sqrt(noise[name] / count[name])),
            float(10 * np.log10(signal[name] / max(noise[name], 1e-300))),
        )
        for name in TAPS
    }


def tap_to_real(image, layer, name, words):
    """A tap's integers as the real values the reference calls by that name.

    words  every tap of the position, {(layer, name): integers}
    The factors that quantization folds into Wq and Wk are taken out again.
    """
    value, formats = words[layer, name], image.formats
    norms = {"xhat": "norm_att", "xhat_ffn": "norm_ffn", "norm_final": "norm"}
    if name in norms:
        index = {"xhat": 2 * layer, "xhat_ffn": 2 * layer + 1, "norm_final": -1}[name]
        factor = image.norm_to_real(*words[layer, norms[name]])
        return value * factor * 2.0 ** -formats.acts[index]
    if name in ("wo", "x_att", "w2", "x_ffn"):
        return value * 2.0**-formats.x
    if name == "scores":
        return value * np.log(2) * 2.0**-SCORE_FRAC
    if name in ("q", "k"):
        fold = np.log2(np.e) / np.sqrt(image.config.head_dim)
        factor = image.balance if name == "k" else fold / image.balance
        return value / factor * 2.0 ** -getattr(formats, name)
    frac = {"v": formats.v, "concat": formats.v, "h3": formats.h3, "ffn_core": formats.z}.get(name)
    frac = frac[layer] if frac else getattr(formats, name)
    return value * 2.0**-frac

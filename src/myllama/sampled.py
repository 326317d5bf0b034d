"""The integer model's sampled texts beside llama2.c's, and why some part."""

import json
from dataclasses import dataclass
from itertools import islice

import numpy as np

from . import sampler as floats
from .errors import InputError
from .model import sampler as integers
from .model.decoder import Model
from .reference import Reference
from .sampling import Sampling, as_llama2c
from .story import BOS, positions
from .tokenizer import printable
from .xorshift import COIN_BITS, Xorshift

LEAST_TEMPERATURE = 0.01  # far enough from 0 for a share of every coin


@dataclass
class Case:
    """A text of llama2.c's, with the final line feed, and what it was asked for."""

    prompt: bytes
    sampling: Sampling
    steps: int
    text: bytes


@dataclass
class Draw:
    """What one engine made of a coin.

    distance    from the coin to the nearest boundary between two tokens' shares of the sum 1;
                infinite if there is only one token
    lead        share of the reference's token less that of the model's; top-p orders by share,
                so that a change of its sign swaps the two
    candidates  tokens that have a share: all, or those of top-p
    """

    token: int
    distance: float
    lead: float
    candidates: int


@dataclass
class Parting:
    """Where the model's text leaves llama2.c's, by the coin of that position."""

    case: int
    pos: int
    coin: float
    reference: Draw
    model: Draw


def read_cases(path):
    """Cases from a file of llama2.c's sampled runs (JSON: cases, each with flags and text)."""
    try:
        with open(path) as file:
            found = json.load(file)["cases"]
        cases = [
            Case(
                case["prompt"].encode(),
                Sampling.of(*as_llama2c(case["temperature"], case["topp"]), case["seed"]),
                int(case["steps"]),
                case["text"].encode(),
            )
            for case in found
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not a file of sampled cases: {error!r}") from error
    for case in cases:
        if case.sampling.temperature < LEAST_TEMPERATURE:
            raise InputError(
                f"{path} has a case of temperature {case.sampling.temperature:g}, which draws no"
                f" coin; {LEAST_TEMPERATURE} is the least here, and --cases takes greedy ones"
            )
    return cases


@dataclass
class Verdict:
    """profile, number of cases, and those that part.

    unequal  those whose tokens in the hardware are not the model's; None if it was not asked
    """

    profile: str
    count: int
    partings: list
    unequal: list | None

    def __str__(self):
        lines = [
            f"profile {self.profile}",
            f"  identical sampled texts {self.count - len(self.partings)} of {self.count}",
        ]
        if self.unequal is not None:
            equal = self.count - len(self.unequal)
            lines.append(f"  token for token the same in the hardware {equal} of {self.count}")
        if self.unequal:
            lines.append(f"  not the same: cases {', '.join(map(str, self.unequal))}")
        if self.partings:
            lines.append(
                "  the others part; distance: coin to the next boundary of the running sums;\n"
                "  lead: share of the reference's token less the model's; top-p orders by sign\n"
                f"  {'case':>4}{'position':>10}{'coin':>11}  {'engine':<10}{'token':>6}"
                f"{'distance':>13}{'lead':>13}{'candidates':>12}"
            )
        for parting in self.partings:
            place = f"  {parting.case:>4}{parting.pos:>10}{parting.coin:>11.7f}"
            for name, draw in (("reference", parting.reference), ("model", parting.model)):
                lines.append(
                    f"{place:27}  {name:<10}{draw.token:>6}{draw.distance:>13.7f}"
                    f"{draw.lead:>13.7f}{draw.candidates:>12}"
                )
                place = ""
        return "\n".join(lines)


def verify(checkpoint, image, tokenizer, cases, progress=lambda message: None, ways=1, rtl=None):
    """Tell every case's text with the model; where one parts, follow it with the reference.

    ways  positions that the hardware takes at once
    rtl   sim.rtl.Rtl of the image, which then tells every text too
    """
    model, reference = Model(image, ways=ways), Reference(checkpoint)
    partings, unequal = [], None if rtl is None else []
    for number, case in enumerate(cases):
        if number % 8 == 0:
            progress(f"sampled text {number + 1} of {len(cases)}")
        told = _Telling(model, tokenizer, case)
        if rtl is not None:
            spoken = rtl.decode(*told.asked, rtl.sampler(case.sampling))
            if [BOS, *spoken] != told.tokens:
                unequal.append(number)
        if told.text == case.text:
            continue
        wanted = _Telling(reference, tokenizer, case)
        if wanted.text != case.text:
            raise InputError(
                f"case {number} is not what llama2.c tells with this checkpoint: the float"
                f" reference says {wanted.text!r}; give the checkpoint that the file belongs to"
            )
        partings.append(_part(number, case, image, wanted, told))
    return Verdict(image.profile.name, len(cases), partings, unequal)


class _Telling:
    """A text of one engine, with the logits of each draw; asked: prompt and steps."""

    def __init__(self, engine, tokenizer, case):
        prompt = tokenizer.encode(case.prompt)
        self.logits, self._sampler = [], engine.sampler(case.sampling)
        self.forced = len(prompt)
        self.asked = prompt, positions(case.steps, engine.config.seq_len)
        self.tokens = [BOS, *engine.decode(*self.asked, self)]
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        spelled = [printable(tokenizer.decode(*pair)) for pair in pairs if pair[1] != BOS]
        self.text = b"".join(spelled) + b"\n"

    def sample(self, logits):
        self.logits.append(logits)
        return self._sampler.sample(logits)


def _part(number, case, image, wanted, told):
    pairs = zip(wanted.tokens, told.tokens, strict=False)
    pos = next(i for i, pair in enumerate(pairs) if pair[0] != pair[1]) - 1
    drawn = pos - wanted.forced + 1
    generator = Xorshift(case.sampling.seed)
    coin = next(islice(iter(generator.coin, None), drawn, None)) / (1 << COIN_BITS)
    temperature, topp, _ = case.sampling.words(image.formats.logits)
    probabilities = floats.softmax(wanted.logits[drawn] / case.sampling.temperature)
    real = floats.shares(probabilities, case.sampling.topp)
    exact = integers.shares(integers.keys(told.logits[drawn], temperature), topp)
    tokens = wanted.tokens[pos + 1], told.tokens[pos + 1]
    draws = (_draw(tokens, i, *shares, coin) for i, shares in enumerate((real, exact)))
    return Parting(number, pos, coin, *draws)


def _draw(tokens, own, order, running, coin):
    bounds = np.append(0, running / float(running[-1]))
    first, second = (np.diff(bounds)[order == token].sum() for token in tokens)
    distance = np.abs(bounds[1:-1] - coin).min(initial=np.inf)
    return Draw(tokens[own], float(distance), float(first - second), running.size)

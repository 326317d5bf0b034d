"""model.sampler: its texts beside llama2.c's, and its draws beside the exact distribution."""

import json

import numpy as np
import pytest

from myllama.model.sampler import Sampler, draw, keys
from myllama.sampling import Sampling, temperature_word, topp_word
from myllama.tables import KEY_WIDTH, LOG_FRAC

FRAC = 16
DRAWS = 20_000
LOGITS = np.random.default_rng(7).normal(0, 2, 40)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1, 3, 1e4])
def test_keys_are_exponents_of_two(temperature):
    logits = np.round(LOGITS * 2**FRAC).astype(np.int64)
    found = keys(logits, temperature_word(np.float32(temperature), FRAC)) / 2**LOG_FRAC
    exact = (logits.max() - logits) * 2.0**-FRAC * np.log2(np.e) / np.float32(temperature)
    exact = np.minimum(exact, ((1 << KEY_WIDTH) - 1) / 2**LOG_FRAC)
    assert np.abs(found - exact).max() < 2.5 * 2.0**-LOG_FRAC


@pytest.mark.parametrize("logits", [[-(1 << 31), (1 << 31) - 1], [5, 5]])
@pytest.mark.parametrize("temperature", [1e-5, 1, 1e38, np.inf])
def test_no_temperature_overflows(temperature, logits):
    found = keys(logits, temperature_word(np.float32(temperature), FRAC))
    assert found[logits.index(max(logits))] == 0
    assert found.min() >= 0 and found.max() < 1 << KEY_WIDTH


def test_temperatures_at_the_ends():
    assert temperature_word(np.float32(0), FRAC) == temperature_word(np.float32(1e-30), FRAC) == 0
    logits = [0, 1 << 20, 3]
    assert not keys(logits, temperature_word(np.float32(np.inf), FRAC)).any()


def test_topp_words():
    assert [topp_word(np.float32(p)) for p in (0, 1, 0.5, 1e-30)] == [0, 0, 1 << 23, 1]


def test_top_p_keeps_the_likeliest_in_descending_order():
    key = np.array([3, 1, 3, 2]) << LOG_FRAC  # 1/8, 1/2, 1/8, 1/4
    found = [draw(key, topp_word(0.7), int(coin * 2**24)) for coin in (0, 0.66, 0.67, 0.999)]
    assert found == [1, 1, 3, 3]
    assert draw(key, topp_word(0.8), int(0.999 * 2**24)) == 0, "equals by index"
    assert draw(key, topp_word(1e-7), (1 << 24) - 1) == 1


@pytest.mark.parametrize("temperature", [0.5, 1, 2])
@pytest.mark.parametrize("topp", [1, 0.8])
def test_draws_follow_the_exact_distribution(temperature, topp):
    """Chi-squared of 20,000 draws, below its quantile of 99.9 %."""
    logits = np.round(LOGITS * 2**FRAC).astype(np.int64)
    p = np.exp(logits / 2**FRAC / temperature)
    p /= p.sum()
    if topp < 1:
        order = np.argsort(-p)
        kept = order[: np.searchsorted(np.cumsum(p[order]), topp, side="right") + 1]
        mask = np.zeros(p.size, bool)
        mask[kept] = True
        p = np.where(mask, p, 0)
        p /= p.sum()
    sampler = Sampler(*Sampling.of(temperature, topp, 11).words(FRAC))
    seen = np.bincount([sampler.sample(logits) for _ in range(DRAWS)], minlength=p.size)
    assert not seen[p == 0].any()
    # Cells with few draws together, so that the sum is distributed as chi-squared.
    rare = DRAWS * p < 5
    groups = [*np.flatnonzero(~rare)[:, None], np.flatnonzero(rare)]
    cells = [(seen[g].sum(), DRAWS * p[g].sum()) for g in groups if p[g].sum()]
    squared = sum((got - want) ** 2 / want for got, want in cells)
    freedom = len(cells) - 1
    # Wilson and Hilferty's approximation of the quantile.
    limit = freedom * (1 - 2 / (9 * freedom) + 3.09 * np.sqrt(2 / (9 * freedom))) ** 3
    assert squared < limit


def test_sampled_texts_of_llama2c(shared, capfdbinary):
    """Four of the 48, one of each temperature and top-p."""
    from myllama import cli

    cases = json.loads(shared("reference/llama2c_260K_sampled.json").read_text())["cases"]
    kinds = {(case["temperature"], case["topp"]): case for case in cases}
    for case in kinds.values():
        flags = {"-t": "temperature", "-p": "topp", "-s": "seed", "-n": "steps", "-i": "prompt"}
        words = [word for flag, key in flags.items() for word in (flag, str(case[key]))]
        checkpoint = str(shared("checkpoints/stories260K.bin"))
        assert cli.main(["run", checkpoint, "--engine", "model", *words]) == 0
        assert capfdbinary.readouterr().out == case["text"].encode(), words

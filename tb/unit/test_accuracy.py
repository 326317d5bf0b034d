"""The first gap: the integer model along llama2.c's own greedy texts."""

import pytest

from myllama.checkpoint import load
from myllama.config import PROFILES
from myllama.quantize import quantize
from myllama.verify import TAPS, read_cases, verify


@pytest.fixture(scope="module")
def verdicts(shared):
    checkpoint = load(shared("checkpoints/stories260K.bin"))
    cases = read_cases(shared("reference/llama2c_260K_greedy.json"))
    assert len(cases) == 60
    return {
        name: verify(checkpoint, quantize(checkpoint, profile), cases)
        for name, profile in PROFILES.items()
    }


def test_exact_tells_57_of_60_texts_and_every_clear_one(verdicts):
    verdict = verdicts["exact"]
    assert sum(verdict.identical) >= 57
    assert all(
        same for same, c in zip(verdict.identical, verdict.cases, strict=True) if c.gap > 0.005
    )


def test_compact_agrees_with_the_best_token(verdicts):
    assert verdicts["compact"].agreed / verdicts["compact"].decisions >= 0.985


def test_every_tap_is_near_the_reference(verdicts):
    """Each tap carries at least ten good bits in exact and five in compact."""
    for name, least in (("exact", 60), ("compact", 30)):
        for tap in TAPS:
            assert verdicts[name].errors[tap][2] > least, (name, tap)

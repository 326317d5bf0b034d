"""myllama trace: what it prints, what it saves, and what it refuses."""

import numpy as np
import pytest

from myllama import cli, engines
from myllama.checkpoint import load
from myllama.config import PROFILES
from myllama.model.decoder import Model
from myllama.quantize import quantize
from myllama.reference import FINAL_TAPS, Reference
from myllama.trace import SHOWN, TAPS, TOP, trace
from myllama.verify import tap_to_real

CHECKPOINT = "checkpoints/stories260K.bin"


@pytest.fixture(scope="module")
def checkpoint(shared):
    return load(shared(CHECKPOINT))


@pytest.fixture(scope="module")
def model(checkpoint):
    return Model(quantize(checkpoint, PROFILES["exact"]))


@pytest.fixture
def command(shared, monkeypatch, model):
    """command(*words): exit code of a trace of the integer model, which is made only once."""
    monkeypatch.setattr(engines, "build", lambda *args, **kwargs: model)

    def run(*words):
        path = shared(CHECKPOINT)
        return cli.main(["trace", str(path), "--engine", "model", *words])

    return run


@pytest.mark.parametrize("layer, pos", [(0, 0), (4, 1), (2, 5)])
def test_every_tap_beside_the_reference(checkpoint, model, layer, pos):
    prompt = [1, 403, 407]  # position 5 lies beyond it
    found = trace("model", model, checkpoint, prompt, layer, pos)
    forced = min(pos + 1, len(prompt))
    assert len(found.tokens) == pos + 2 and found.tokens[:forced] == prompt[:forced]
    reference, taps, words = Reference(checkpoint), {}, {}
    model.reset()
    for at, token in enumerate(found.tokens[:-1]):
        reference.forward(token, at, lambda *tap: taps.update({tap[:2]: tap[2]}))
        model.forward(token, at, lambda *tap: words.update({tap[:2]: tap[2]}))
    for name in TAPS:
        key = (-1 if name in FINAL_TAPS else layer, name)
        assert np.array_equal(found.reference[name], taps[key])
        assert np.array_equal(found.values[name], tap_to_real(model.image, *key, words)[0])
        assert 0 < found.error(name) < 0.02, name
    assert found.top()[0] == found.tokens[-1] == int(words[-1, "logits"].argmax())


def test_prints_the_first_words_and_saves_all(command, capfd, tmp_path):
    path = tmp_path / "x.npz"
    assert command("-i", "Once upon a time", "--pos", "2", "--save", str(path)) == 0
    lines = capfd.readouterr().out.splitlines()
    titles = [line for line in lines if line.startswith("(")]
    assert [line.split()[:2] for line in titles] == [
        [f"({letter})", name] for letter, name in zip("abcdefghijk", TAPS, strict=True)
    ]
    assert len(lines) == 1 + 4 * len(TAPS) + 1 + TOP
    first = lines[2].split()
    assert first[0] == "model" and len(first) == 1 + SHOWN
    with np.load(path) as saved:
        assert np.allclose(saved["xhat"][:SHOWN], [*map(float, first[1:])], atol=1e-6)
        assert saved["logits"].shape == saved["reference_logits"].shape == (512,)
        assert saved["tokens"].tolist()[:3] == [1, 403, 407]


def test_the_reference_alone(checkpoint):
    found = trace("reference", Reference(checkpoint), checkpoint, [1], 1, 1)
    lines = [*found.lines(str)]
    assert len(lines) == 1 + 2 * len(TAPS) + 1 + TOP
    assert found.error("logits") == 0


@pytest.mark.parametrize(
    "words, named",
    [
        (["--layer", "5"], "choose 0 to 4"),
        (["--layer", "-1"], "layer -1"),
        (["--pos", "512"], "choose 0 to 511"),
        (["--pos", "-1"], "position -1"),
        (["--save", "x.txt"], ".npz"),
        (["--save", "/nowhere/x.npz"], "/nowhere/x.npz"),
    ],
)
def test_refusals_are_one_line(command, capfd, words, named):
    assert command(*words) == 2
    out, err = capfd.readouterr()
    assert out == "" and err.count("\n") == 1 and named in err


def test_a_text_that_ends_early(checkpoint, model):
    """BOS ends a text: no position follows it."""
    with pytest.raises(ValueError, match="ends at position 1, before position 3"):
        trace("model", model, checkpoint, [1, 403, 1, 5], 0, 3)

"""myllama kv: what it draws, what it prints, and what it refuses."""

from xml.etree import ElementTree

import numpy as np
import pytest

from myllama import cli, engines
from myllama.checkpoint import load
from myllama.commands import embedded_checkpoint
from myllama.config import PROFILES
from myllama.kv import contents
from myllama.model.decoder import Model
from myllama.quantize import quantize

PNG = b"\x89PNG\r\n\x1a\n"


class Hardware:
    """What sim.Rtl does for this command, by the integer model."""

    def __init__(self, image):
        self.image, self._model = image, Model(image)

    def key_values(self, prompt, pos):
        c = self.image.config
        tokens = [prompt[0], *self._model.decode(prompt[: pos + 1], pos)]
        found = {
            name: np.zeros((c.n_layers, c.n_kv_heads, pos + 1, c.head_dim), np.int64)
            for name in "kv"
        }

        def tap(layer, name, words):
            if name in found:
                found[name][layer, :, at] = words.reshape(c.n_kv_heads, c.head_dim)

        self._model.reset()
        for at, token in enumerate(tokens):
            self._model.forward(token, at, tap)
        return tokens, found["k"], found["v"]

    def close(self):
        pass


@pytest.fixture(scope="module")
def checkpoint():
    return load(embedded_checkpoint())


@pytest.fixture(scope="module")
def hardware(checkpoint):
    return Hardware(quantize(checkpoint, PROFILES["exact"]))


@pytest.fixture
def command(hardware, monkeypatch):
    monkeypatch.setattr(engines, "build", lambda *args, **kwargs: hardware)
    return lambda *words: cli.main(["kv", *words])


def test_real_values_are_close_to_the_references(checkpoint, hardware):
    found = contents(hardware, checkpoint, [1, 403], 5)
    assert len(found.tokens) == 6
    for name in "KV":
        assert np.abs(found.reference[name]).max((-2, -1)).min() > 0.1, "an empty head"
        # What whole stories show at the most: myllama verify prints 0.0062 for K.
        assert found.error(name).max() < 0.007


def test_a_wrong_row_is_told_by_layer(checkpoint, hardware):
    found = contents(hardware, checkpoint, [1, 403], 3)
    right = found.error("V").copy()
    found.hardware["V"][2, 1, 3, 0] += 1.0
    assert np.argwhere(found.error("V") > right).tolist() == [[2, 1]]


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_draws(command, tmp_path, capsys, suffix):
    path = tmp_path / f"kv.{suffix}"
    assert command("-i", "Once", "--pos", "3", "-o", str(path)) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == str(path) and len(said) == 2 + 5
    if suffix == "png":
        assert path.read_bytes().startswith(PNG)
    else:
        ElementTree.parse(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "words, reason",
    [
        (["--pos", "512"], "position 512 is outside the KV cache; choose 0 to 511"),
        (["--pos", "-1"], "position -1 is outside"),
        (["-o", "kv.jpg"], "-o kv.jpg must end in .png or .svg"),
        (["-o", "nowhere/kv.png"], "needs a file name in a folder that exists"),
    ],
)
def test_refuses(command, tmp_path, monkeypatch, capsys, words, reason):
    monkeypatch.chdir(tmp_path)
    assert command(*words) == 2
    assert reason in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]

"""myllama report: what it prints and draws, and what it refuses."""

import json

import pytest
from formula_hardware import Hardware

from myllama import cli
from myllama.checkpoint import random_checkpoint, save
from myllama.config import ModelConfig
from myllama.cost import report as module

CONFIG = ModelConfig(16, 12, 2, 8, 4, 20, 80, False)


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "Watched", Hardware)
    path = tmp_path / "x.bin"
    save(path, random_checkpoint(CONFIG, seed=4))
    return path


# Two layers, scores and values: of two groups of heads each, or of one and two positions at once.
@pytest.mark.parametrize("lanes, growth", [(8, 8), (32, 2)])
def test_json(checkpoint, capsys, lanes, growth):
    assert cli.main(["report", str(checkpoint), "--lanes", str(lanes), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["positions"]["hardware"] == told["positions"]["formula"]
    assert [*told["positions"]["hardware"]] == ["0", "1", "63"]
    for cost in told["positions"]["hardware"].values():
        assert sum(cost["cycles"].values()) == cost["all"]
        assert 0 < cost["of use"] < cost["busy"] < 1
    assert told["growth"] == {"hardware": growth, "formula": growth}
    assert told["memory bits"]["KV cache"] == 2 * 2 * 80 * 2 * (2 * 2 * 18)
    assert told["mean"]["of"] == 80


def test_text_and_picture(checkpoint, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "x.png"
    assert cli.main(["report", str(checkpoint), "--lanes", "8", "-o", str(picture)]) == 0
    out = capsys.readouterr().out
    for word in ("embedding", "W1/W3", "choice", "growth per position: 8.0 (8)", "weights"):
        assert word in out
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_refuses_another_kind_of_picture(checkpoint, capsys):
    assert cli.main(["report", str(checkpoint), "-o", "x.jpg"]) == 2
    assert ".png or .svg" in capsys.readouterr().err

"""The command line's chat on the hardware: the integer model's bytes."""

import io
from dataclasses import replace

import pytest

from myllama import cli, commands
from myllama.chat import EOS
from myllama.checkpoint import random_checkpoint, save
from myllama.config import ModelConfig
from myllama.llama import default_tokenizer

CHECKPOINT = commands.embedded_checkpoint()
LINES = b"Be kind.\nWho?\nWhy?\n"


@pytest.fixture
def words(tmp_path, monkeypatch):
    """Arguments of a chat with a model of noise that often says EOS."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    noise = random_checkpoint(ModelConfig(16, 12, 1, 2, 1, 512, 96, False), 7)
    wcls = noise.wcls.copy()
    wcls[EOS] *= 4
    path = tmp_path / "noise.bin"
    save(path, replace(noise, wcls=wcls))
    return ["run", str(path), "-z", str(default_tokenizer(CHECKPOINT, 512)), "-m", "chat"]


@pytest.mark.parametrize("choice", [["-t", "0"], ["-t", "1", "-p", "0.9", "-s", "42"]])
def test_chat_of_the_hardware_is_the_models(words, choice, monkeypatch, capfdbinary):
    said = []
    for engine in (["model"], ["rtl", "--simulator", "verilator"]):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LINES)))
        assert cli.main([*words, *choice, "--lanes", "8", "--engine", *engine]) == 0
        said.append(capfdbinary.readouterr().out)
    model, rtl = said
    assert rtl == model
    # Both turns were taken, and each answer has words of its own.
    assert model.count(b"User: Assistant: ") == 2 and len(model) > 100

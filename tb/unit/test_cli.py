"""The command line with engines that recite, so that every byte and exit code is known."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from myllama import cli, engines, llama
from myllama.errors import InputError
from myllama.sampling import Sampling

VOCABULARY = [b"<unk>", b"\n<s>\n", b"\n</s>\n", *(b"<0x%02X>" % b for b in range(256))]
VOCABULARY += [b" ", b"a", b" b", "é".encode()]
SPACE, A, B, ACCENT = range(259, 263)
BOS, EOS = 1, 2
SEQ_LEN = 32


class Reciter:
    """An engine that says the tokens it was given, and notes what it was asked."""

    def __init__(self, *tokens, cycles_per_token=None):
        self.tokens = tokens
        self.asked = None
        self._cycles_per_token = cycles_per_token
        if cycles_per_token:
            self.cycles = 0

    def sampler(self, sampling):
        return sampling

    def decode(self, prompt, steps, sampler=None):
        self.asked, self.sampling = (prompt, steps), sampler
        for token in self.tokens[:steps]:
            if self._cycles_per_token:
                self.cycles += self._cycles_per_token
            yield token


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A checkpoint that loads, with its tokenizer beside it; returns the checkpoint's path."""
    pieces = b"".join(struct.pack("<fi", 0.0, len(piece)) + piece for piece in VOCABULARY)
    (tmp_path / "tokenizer.bin").write_bytes(struct.pack("<i", 8) + pieces)
    config = SimpleNamespace(vocab_size=len(VOCABULARY), seq_len=SEQ_LEN)
    monkeypatch.setattr("myllama.checkpoint.load", lambda path: SimpleNamespace(config=config))
    return str(tmp_path / "model.bin")


@pytest.fixture
def recite(monkeypatch):
    """recite(*tokens): let the command line find an engine that says these."""

    def install(*tokens, **options):
        engine = Reciter(*tokens, **options)

        def build(name, llama):
            engine.built = name, llama.profile, llama.lanes, llama.simulator
            return engine

        monkeypatch.setattr(engines, "build", build)
        return engine

    return install


def test_prints_the_bytes_of_llama2c(model, recite, capfdbinary):
    """The space after BOS goes, lone control and high bytes vanish, longer pieces stay."""
    byte = [b + 3 for b in (0x07, 0x80, 0x0A, 0x41)]
    recite(B, B, *byte, ACCENT, EOS, A)
    assert cli.main(["run", model]) == 0
    assert capfdbinary.readouterr().out == b"b b\nA" + "é".encode() + b"\n</s>\na\n"


def test_bos_ends_the_story_unprinted(model, recite, capfdbinary):
    recite(A, BOS, A)
    assert cli.main(["run", model]) == 0
    out, err = capfdbinary.readouterr()
    assert out == b"a\n"
    assert b"tokens: 2\n" in err


def test_no_token_is_still_a_line(model, recite, capfdbinary):
    recite()
    assert cli.main(["run", model]) == 0
    assert capfdbinary.readouterr() == (b"\n", b"tokens: 0\n")


def test_each_token_is_flushed(model, recite, monkeypatch):
    events = []
    out = SimpleNamespace(write=events.append, flush=lambda: events.append("flush"))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=out))
    recite(A, B)
    cli.main(["run", model])
    assert events == [b"a", "flush", b" b", "flush", b"\n", "flush"]


@pytest.mark.parametrize(
    "asked, steps",
    [("5", 5), ("32", 32), ("33", SEQ_LEN), ("0", SEQ_LEN), ("-3", SEQ_LEN), (None, SEQ_LEN)],
)
def test_steps(model, recite, asked, steps):
    engine = recite(A)
    assert cli.main(["run", model, *(["-n", asked] if asked else [])]) == 0
    assert engine.asked == ([BOS], steps)


@pytest.mark.parametrize(
    "prompt, tokens",
    [
        ("", [BOS]),
        ("a", [BOS, SPACE, A]),
        ("-a", [BOS, SPACE, 0x2D + 3, A]),
        ("--", [BOS, SPACE, 0x2D + 3, 0x2D + 3]),
        ("\udcff", [BOS, SPACE, 0xFF + 3]),
    ],
)
def test_prompt(model, recite, prompt, tokens):
    """Any bytes a shell can give, a leading dash too."""
    engine = recite(A)
    assert cli.main(["run", model, "-i", prompt]) == 0
    assert engine.asked[0] == tokens


def test_statistics_of_an_engine_with_cycles(model, recite, capfd):
    recite(A, A, A, cycles_per_token=5000)
    cli.main(["run", model])
    lines = capfd.readouterr().err.splitlines()
    names = ["tokens", "cycles per token", "simulated cycles per second", "achieved tok/s"]
    assert [line.partition(": ")[0] for line in lines] == names
    assert lines[:2] == ["tokens: 3", "cycles per token: 5000.0"]


def test_statistics_of_an_engine_without(model, recite, capfd):
    recite(A, A, A)
    cli.main(["run", model])
    lines = capfd.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["tokens", "achieved tok/s"]


def test_one_token_has_no_rate(model, recite, capfd):
    recite(A)
    cli.main(["run", model])
    assert capfd.readouterr().err == "tokens: 1\n"


def test_defaults(model, recite):
    engine = recite(A)
    cli.main(["run", model])
    assert engine.built == ("rtl", "exact", 64, None)
    assert (engine.sampling.temperature, engine.sampling.topp) == (1, np.float32(0.9))
    assert abs(engine.sampling.seed - time.time()) < 60


def test_choices(model, recite):
    engine = recite(A)
    words = "--engine model --profile compact --lanes 32 --simulator icarus -t 2 -p 0.5 -s 7"
    assert cli.main(["run", model, *words.split()]) == 0
    assert engine.built == ("model", "compact", 32, "icarus")
    assert engine.sampling == Sampling(2, 0.5, 7)


@pytest.mark.parametrize("lanes", [2, 16, 32, 64, 128, 256])
def test_lanes(model, recite, lanes):
    engine = recite(A)
    assert cli.main(["run", model, "--lanes", str(lanes)]) == 0
    assert engine.built[2] == lanes


def test_numbers_out_of_range_are_llama2cs(model, recite, capfd):
    """And said to be."""
    recite(A)
    assert cli.main(["run", model, "-t", "-1", "-p", "1.5"]) == 0
    assert capfd.readouterr().err.splitlines()[:2] == [
        "myllama: temperature -1 is below 0, and means 0 as in llama2.c",
        "myllama: top-p 1.5 is outside 0 to 1, and means 0.9 as in llama2.c",
    ]


def test_a_prompt_longer_than_the_kv_cache(model, recite, capfd):
    engine = recite(A)
    assert cli.main(["run", model, "-i", "a" * SEQ_LEN]) == 2  # BOS and a space come before it
    assert capfd.readouterr() == (
        "",
        "myllama: the prompt has 34 tokens, but the model has 32 positions; cut it\n",
    )
    assert cli.main(["run", model, "-i", "a" * (SEQ_LEN - 2)]) == 0
    assert len(engine.asked[0]) == SEQ_LEN


def test_seed_beyond_64_bits(model, recite, capfd):
    recite(A)
    words = ["-t", "1", "--engine", "reference", "-s", str(1 << 64)]
    assert cli.main(["run", model, *words]) == 2
    assert capfd.readouterr().err == (
        f"myllama: seed {1 << 64} has more than 64 bits; give a smaller one\n"
    )


@pytest.mark.parametrize(
    "words, named",
    [
        ([], "COMMAND"),
        (["sing"], "sing"),
        (["run", "-n", "many"], "'many'"),
        (["run", "-t", "warm"], "'warm'"),
        (["run", "-t", "nan"], "'nan'"),
        (["run", "-s", "1.5"], "'1.5'"),
        (["run", "-i"], "-i"),
        *((["run", "--lanes", n], f"lanes is {n}, but") for n in ("0", "1", "63", "-64", "512")),
        (["convert", "--lanes", str(1 << 40)], "a power of two from 2 to 256"),
        (["run", "--engine", "steam"], "steam"),
        (["run", "--simulator", "vcs"], "vcs"),
        (["convert", "--profile", "wide"], "wide"),
        (["fetch", "stories1T"], "stories1T"),
        (["fetch"], "model"),
    ],
)
def test_bad_values_are_refused_in_one_line(words, named, capfd):
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    out, err = capfd.readouterr()
    assert end.value.code == 2
    assert out == "" and err.count("\n") == 1 and named in err


def test_input_error_is_its_message_alone(model, monkeypatch, capfd):
    def build(*args, **kwargs):
        raise InputError("63 lanes do not divide 64; give 64")

    monkeypatch.setattr(engines, "build", build)
    assert cli.main(["run", model]) == 2
    assert capfd.readouterr() == ("", "myllama: 63 lanes do not divide 64; give 64\n")


def test_missing_checkpoint(tmp_path, capfd):
    assert cli.main(["run", str(tmp_path / "none.bin")]) == 2
    out, err = capfd.readouterr()
    assert out == "" and err.count("\n") == 1 and "none.bin" in err


def test_missing_tokenizer_names_the_flag(model, tmp_path, capfd):
    (tmp_path / "tokenizer.bin").unlink()
    assert cli.main(["run", model]) == 2
    assert "-z" in capfd.readouterr().err


def test_tokenizer_beside_the_checkpoint(tmp_path):
    """The most particular name wins; the project's own names are for its own checkpoint."""
    own, other = tmp_path / "tales260K.bin", tmp_path / "stories260K.bin"
    for name in ("tokenizer.bin", "tok512.bin", "tales512.bin"):
        (tmp_path / name).touch()
        assert llama.default_tokenizer(own, 512).name == name
    assert llama.default_tokenizer(other, 512).name == "tok512.bin"
    assert llama.default_tokenizer(other, 32000).name == "tokenizer.bin"


def test_interrupt(model, monkeypatch, capfd):
    def build(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(engines, "build", build)
    assert cli.main(["run", model]) == 130
    assert "Traceback" not in capfd.readouterr().err


def test_operating_system_error_is_one_line(model, monkeypatch, capfd):
    def build(*args, **kwargs):
        raise PermissionError(13, "Permission denied", "/root/x")

    monkeypatch.setattr(engines, "build", build)
    assert cli.main(["run", model]) == 2
    assert capfd.readouterr().err == "myllama: /root/x: Permission denied\n"


ENDLESS = """
import itertools, sys, time, types
from myllama import cli, commands, engines
from myllama.llama import Llama
tokenizer = types.SimpleNamespace(encode=lambda p: [1], decode=lambda prev, token: b"word ")
config = types.SimpleNamespace(seq_len=10**9, vocab_size=6)
checkpoint = types.SimpleNamespace(config=config)
commands.load = lambda *paths, **options: Llama(checkpoint, lambda: tokenizer)
def decode(prompt, steps):
    while True:
        yield 5
        time.sleep(PAUSE)
engines.build = lambda *args, **kwargs: types.SimpleNamespace(decode=decode)
sys.exit(cli.main(["run", "-n", "0", "-t", "0"]))
"""


def start_endless(pause):
    script = ENDLESS.replace("PAUSE", str(pause))
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", script], stdout=pipe, stderr=pipe)


def test_reader_that_leaves_ends_it_quietly():
    with start_endless(0) as process:
        assert process.stdout.read(5) == b"word "
        process.stdout.close()
        assert process.wait(20) == 141
        assert process.stderr.read() == b""


def test_control_c_in_mid_story():
    with start_endless(0.001) as process:
        assert process.stdout.read(5) == b"word "
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(20) == 130
        assert b"Traceback" not in process.stderr.read()


def test_every_golden_text(recite, capfdbinary, shared):
    """llama2.c's tokens come out as llama2.c's text, with its checkpoint and tokenizer."""
    golden = json.loads(shared("reference/llama2c_260K_greedy.json").read_text())
    checkpoint = shared("checkpoints/stories260K.bin")
    for case in golden["cases"]:
        engine = recite(*case["tokens"][1:])
        assert cli.main(["run", str(checkpoint), "-i", case["prompt"]]) == 0
        assert engine.asked == (case["prompt_tokens"], 256)
        text = capfdbinary.readouterr().out
        assert text.rstrip(b"\n") == case["text"].encode().rstrip(b"\n")

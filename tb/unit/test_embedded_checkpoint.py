"""The checkpoint in checkpoints/: its files, its stories, and the grammar they came from."""

import hashlib
import itertools
import random
import re
from pathlib import Path

import pytest
from grammar import tell

from myllama.checkpoint import load
from myllama.config import ModelConfig
from myllama.reference import BOS, Reference
from myllama.tokenizer import Tokenizer

FOLDER = Path(__file__).resolve().parents[2] / "checkpoints"
CONFIG = ModelConfig(
    dim=64,
    hidden_dim=172,
    n_layers=5,
    n_heads=8,
    n_kv_heads=4,
    vocab_size=512,
    seq_len=512,
    shared_classifier=True,
)
SENTENCE = re.compile(r'[^.!?]+[.!?]+"?')


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load(FOLDER / "tales512.bin", CONFIG.vocab_size)


@pytest.fixture(scope="module")
def decoder():
    return Reference(load(FOLDER / "tales260K.bin"))


def sentences(text):
    return [found.strip() for found in SENTENCE.findall(text.replace("\n", " "))]


def text_of(tokenizer, tokens):
    """What llama2.c prints for tokens that follow BOS."""
    pairs = itertools.pairwise([BOS, *tokens])
    return b"".join(tokenizer.decode(prev, token) for prev, token in pairs).decode()


def test_digests():
    """SHA256SUMS names the files that are there, byte for byte."""
    lines = (FOLDER / "SHA256SUMS").read_text().splitlines()
    listed = dict(reversed(line.split(maxsplit=1)) for line in lines)
    assert {"tales260K.bin", "tales512.bin"} <= set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest, name


def test_shape():
    assert load(FOLDER / "tales260K.bin").config == CONFIG


def test_tokenizer_gives_back_the_grammars_text(tokenizer):
    rng = random.Random(1)
    for _ in range(50):
        story = tell(rng)
        tokens = tokenizer.encode(story)
        assert tokens[0] == BOS
        assert text_of(tokenizer, tokens[1:]) == story
        assert len(tokens) < CONFIG.seq_len


def test_grammar_is_deterministic():
    first, second = random.Random(7), random.Random(7)
    assert [tell(first) for _ in range(50)] == [tell(second) for _ in range(50)]


def test_grammar_is_varied():
    rng = random.Random(2)
    assert len({tell(rng) for _ in range(5000)}) == 5000


def test_grammar_repeats_no_sentence_in_a_story():
    rng = random.Random(3)
    for _ in range(2000):
        found = sentences(tell(rng))
        assert len(found) == len(set(found))


@pytest.mark.parametrize("prompt", ["", "Once upon a time", "One day"])
def test_greedy_story(decoder, tokenizer, prompt):
    """At least 100 tokens, an end before the cache is full, and no sentence twice."""
    tokens = list(decoder.decode(tokenizer.encode(prompt), CONFIG.seq_len))
    assert tokens[-1] == BOS
    assert 100 <= len(tokens) < CONFIG.seq_len
    story = text_of(tokenizer, tokens[:-1])
    assert story.startswith(prompt)
    found = sentences(story)
    assert len(found) == len(set(found))
    assert story.endswith((".", "!", '"'))

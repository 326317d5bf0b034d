"""The fixture that runs a bench, where cocotb-test alone would run another case, or none."""

import pytest
from test_argmax import ports

from myllama.hdl.convert import convert
from myllama.rtl.argmax import argmax

VOCAB_SIZE = 12
ENV = {"VOCAB_SIZE": VOCAB_SIZE}


@pytest.fixture
def sources(tmp_path):
    return convert(argmax(**ports(VOCAB_SIZE), vocab_size=VOCAB_SIZE), tmp_path, "argmax")


def test_settings_of_a_bench_win_over_the_environment(hdl, sources, monkeypatch):
    monkeypatch.setenv("VOCAB_SIZE", "2")
    hdl("argmax", sources, "cocotb_argmax", "tokens_of_vectors", ENV)


@pytest.mark.parametrize(
    "names", ["tokens", "tokens_of_vectors_of_words", ["tokens_of_vectors", "tokens"]], ids=str
)
def test_a_name_that_matches_no_case_fails(hdl, sources, names):
    with pytest.raises((AssertionError, SystemExit)):
        hdl("argmax", sources, "cocotb_argmax", names, ENV)


def test_a_bench_that_fails_fails(hdl, sources):
    with pytest.raises(AssertionError, match="failed: "):
        hdl("argmax", sources, "cocotb_argmax", "tokens_of_vectors", {**ENV, "VOCAB_SIZE": 13})

"""--seq-len: the same integers, with a KV cache of fewer positions."""

import numpy as np
import pytest

from myllama import cli
from myllama.checkpoint import random_checkpoint
from myllama.config import PROFILES, ModelConfig
from myllama.errors import InputError
from myllama.llama import Llama
from myllama.model.decoder import Model
from myllama.quantize import quantize

CONFIG = ModelConfig(16, 16, 1, 4, 2, 32, 16, True)


@pytest.fixture(scope="module")
def checkpoint():
    return random_checkpoint(CONFIG, seed=4)


def test_the_text_is_the_same_as_far_as_it_goes(checkpoint):
    whole = quantize(checkpoint, PROFILES["compact"])
    short = whole.shortened(4)
    assert short.config.seq_len == 4
    assert short.config.shortened(4) == short.config
    assert [*Model(short).decode([1, 2], 4)] == [*Model(whole).decode([1, 2], 4)]
    llama = Llama(checkpoint, None, "compact", seq_len=4)
    assert np.array_equal(llama.image.w2.words, whole.w2.words)
    for engine in llama.reference, llama.model:
        assert engine.decoder.config.seq_len == 4


@pytest.mark.parametrize("seq_len", [0, -1, 17])
def test_positions_that_there_are_not(checkpoint, seq_len):
    with pytest.raises(InputError, match=f"seq_len is {seq_len}, but .* 1 to 16"):
        Llama(checkpoint, None, seq_len=seq_len)


def test_the_cache_is_as_deep_as_asked(checkpoint, tmp_path):
    Llama(checkpoint, None, "compact", lanes=4, seq_len=5).convert(tmp_path)
    depths = {path.read_text().count("mem [0:9];") for path in tmp_path.glob("ram_sdp*.v")}
    assert 1 in depths  # two words a position


@pytest.mark.parametrize("words", [["--seq-len", "many"], ["--seq-len", "1.5"]])
def test_what_is_no_number(words, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["convert", *words])
    assert ended.value.code == 2
    assert words[1] in capsys.readouterr().err

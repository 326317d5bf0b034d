"""myllama import: saved Llama models against their own arithmetic."""

from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from saved_llama import (
    SMALL,
    config_of,
    folder_of,
    noise_folder,
    stories,
    tensors_of,
    their_logits,
    trained,
)
from sentencepiece import SentencePieceProcessor

from myllama import cli, commands
from myllama.checkpoint import load, random_checkpoint, tensor_shapes
from myllama.huggingface import read
from myllama.reference import Reference
from myllama.tokenizer import Tokenizer

EMBEDDED = commands.embedded_checkpoint()
TOKENS = [1, 7, 29, 0, 3, 12, 5]


def our_logits(checkpoint, tokens):
    return Reference(checkpoint).forward_sequence(np.array([tokens]))[0]


@pytest.fixture(scope="module")
def embedded():
    return load(EMBEDDED)


@pytest.mark.parametrize("shards", [1, 3])
def test_the_embedded_model_comes_back(shards, embedded, tmp_path, capfd):
    """Grouped queries, a shared classifier: every weight, and the logits of both arithmetics."""
    tensors, config = tensors_of(embedded), config_of(embedded.config)
    folder = folder_of(tmp_path / "hf", tensors, config, shards=shards)
    output = tmp_path / "x.bin"
    assert cli.main(["import", str(folder), "-o", str(output)]) == 0
    out, err = capfd.readouterr()
    assert out == f"{output}\n" and "without its tokenizer" in err
    imported = load(output)
    assert imported.config == embedded.config
    for name in tensor_shapes(embedded.config):
        np.testing.assert_array_equal(getattr(imported, name), getattr(embedded, name), name)
    tokens = list(Reference(embedded).decode([1], 40))[:-1]
    expected = their_logits(tensors, config, [1, *tokens])
    np.testing.assert_allclose(our_logits(imported, [1, *tokens]), expected, atol=1e-4)


@pytest.mark.parametrize("kv_heads", [1, 2, 6])
@pytest.mark.parametrize("own_classifier", [False, True])
def test_other_shapes(kv_heads, own_classifier, tmp_path):
    config = replace(SMALL, n_kv_heads=kv_heads, shared_classifier=not own_classifier)
    model = random_checkpoint(config, 4)
    tensors, theirs = tensors_of(model), config_of(config)
    imported = read(folder_of(tmp_path / "hf", tensors, theirs))
    assert imported.config == config
    expected = their_logits(tensors, theirs, TOKENS)
    np.testing.assert_allclose(our_logits(imported, TOKENS), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_narrow_floats_keep_their_values(dtype, tmp_path):
    tensors = tensors_of(random_checkpoint(SMALL, 4))
    imported = read(folder_of(tmp_path / "hf", tensors, config_of(SMALL), dtype))
    rounded = {name: tensor.astype(dtype).astype(np.float32) for name, tensor in tensors.items()}
    np.testing.assert_array_equal(imported.wcls, rounded["lm_head.weight"])
    np.testing.assert_array_equal(imported.wo[1], rounded["model.layers.1.self_attn.o_proj.weight"])
    expected = their_logits(rounded, config_of(SMALL), TOKENS)
    np.testing.assert_allclose(our_logits(imported, TOKENS), expected, rtol=1e-4, atol=1e-4)


def test_what_may_be_left_out_or_said_twice(tmp_path):
    """Old and new spellings of the same model."""
    config = replace(SMALL, n_kv_heads=6, shared_classifier=True)
    model = random_checkpoint(config, 4)
    tensors, theirs = tensors_of(model), config_of(config)
    del theirs["num_key_value_heads"], theirs["rope_theta"], theirs["hidden_act"]
    theirs |= {"head_dim": 4, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}
    tensors["lm_head.weight"] = model.wcls
    tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = np.ones(2, np.float32)
    imported = read(folder_of(tmp_path / "hf", tensors, theirs))
    assert imported.config == config
    np.testing.assert_array_equal(imported.wq, model.wq)


def test_tokenizer_comes_with_its_model(tmp_path, capfd):
    folder = noise_folder(tmp_path / "hf")
    output = tmp_path / "x.bin"
    assert cli.main(["import", str(folder), "-o", str(output)]) == 0
    assert capfd.readouterr() == (f"{output}\n{tmp_path / 'tokenizer.bin'}\n", "")
    tokenizer = Tokenizer.load(tmp_path / "tokenizer.bin", 400)
    assert tokenizer.pieces[:5] == [b"<unk>", b"\n<s>\n", b"\n</s>\n", b"<0x00>", b"<0x01>"]
    theirs = SentencePieceProcessor(model_proto=trained())
    for text in [*stories()[:20], "Zoë  and\n\U0001f600 !"]:
        assert tokenizer.encode(text) == [1, *theirs.encode(text)]
    longest = max(map(len, tokenizer.pieces))
    assert (tmp_path / "tokenizer.bin").read_bytes()[:4] == longest.to_bytes(4, "little")
    # And it runs, without a flag.
    words = ["--engine", "reference", "-n", "4", "-i", "Once"]
    assert cli.main(["run", str(output), *words]) == 0


def test_another_models_tokenizer_is_kept(tmp_path, capfd):
    folder = noise_folder(tmp_path / "hf")
    (tmp_path / "tokenizer.bin").write_bytes(b"mine")
    words = ["import", str(folder), "-o", str(tmp_path / "x.bin")]
    assert cli.main(words) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1 and "another model's tokenizer" in err and "-z" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hf", "tokenizer.bin"]
    assert cli.main([*words, "-z", str(tmp_path / "t.bin")]) == 0
    assert (tmp_path / "tokenizer.bin").read_bytes() == b"mine"
    Tokenizer.load(tmp_path / "t.bin", 400)
    (tmp_path / "tokenizer.bin").unlink()
    assert cli.main(words) == 0 and cli.main(words) == 0

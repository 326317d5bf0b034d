"""What myllama import refuses: one sentence, and nothing left behind."""

import json
import sys

import numpy as np
import pytest
from saved_llama import SMALL, config_of, folder_of, noise_folder, tensors_of, trained, write

from myllama import cli
from myllama.checkpoint import random_checkpoint


@pytest.fixture
def folder(tmp_path):
    return noise_folder(tmp_path / "hf")


def refused(folder, tmp_path, capfd):
    """The sentence that an import ends with; nothing may be left behind."""
    before = sorted(tmp_path.iterdir())
    assert cli.main(["import", str(folder), "-o", str(tmp_path / "x.bin")]) == 2
    out, err = capfd.readouterr()
    assert out == "" and err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before
    return err


@pytest.mark.parametrize(
    "change, words",
    [
        ({"model_type": "mistral"}, "model_type is 'mistral'"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
        ({"attention_bias": True}, "attention_bias is True"),
        ({"mlp_bias": True}, "mlp_bias is True"),
        ({"rms_norm_eps": 1e-6}, "rms_norm_eps is 1e-06, but llama2.c's arithmetic has 1e-05"),
        ({"bos_token_id": 128000}, "bos_token_id is 128000"),
        ({"quantization_config": {"bits": 4}}, "quantization_config"),
        ({"rope_theta": 500000.0}, "RoPE is of kind 'default' with base 500000.0"),
        ({"rope_scaling": {"type": "linear", "factor": 2}}, "RoPE is of kind 'linear'"),
        ({"rope_parameters": {"rope_type": "llama3"}}, "RoPE is of kind 'llama3'"),
        ({"rope_scaling": "yarn"}, "RoPE is of kind 'yarn'"),
        ({"head_dim": 8}, "head_dim is 8"),
        ({"hidden_size": None}, "hidden_size is None"),
        ({"hidden_size": "64"}, "hidden_size is '64'"),
        ({"vocab_size": 0}, "vocab_size is 0"),
        ({"max_position_embeddings": 1 << 25}, "max_position_embeddings is 33554432"),
        ({"num_key_value_heads": 4}, "n_heads 6 is not a multiple of n_kv_heads 4"),
        ({"intermediate_size": 21}, "has shape (20, 24), but config.json asks for (21, 24)"),
        ({"num_hidden_layers": 2}, "model.layers.1.input_layernorm.weight in"),
        ({"tie_word_embeddings": False, "vocab_size": 401}, "embed_tokens.weight"),
    ],
)
def test_models_llama2c_cannot_compute(change, words, folder, tmp_path, capfd):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    assert words in refused(folder, tmp_path, capfd)


@pytest.mark.parametrize(
    "file, data, words",
    [
        ("config.json", None, "config.json does not exist"),
        ("config.json", b"{", "is no JSON"),
        ("config.json", b"\xff", "is no JSON"),
        ("config.json", b"[]", "holds no object"),
        ("model.safetensors", None, "has neither model.safetensors nor its index"),
        ("model.safetensors", b"\1" * 20, "is no complete safetensors file"),
        ("tokenizer.model", b"abc", "is no sentencepiece model"),
    ],
)
def test_damaged_files(file, data, words, folder, tmp_path, capfd):
    (folder / file).unlink()
    if data is not None:
        (folder / file).write_bytes(data)
    assert words in refused(folder, tmp_path, capfd)


def test_truncated_safetensors(folder, tmp_path, capfd):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert "is no complete safetensors file" in refused(folder, tmp_path, capfd)


def test_missing_shard(tmp_path, capfd):
    tensors = tensors_of(random_checkpoint(SMALL, 1))
    folder = folder_of(tmp_path / "hf", tensors, config_of(SMALL), shards=2)
    (folder / "model-00002-of-00002.safetensors").unlink()
    assert "model-00002-of-00002.safetensors, which is not there" in refused(
        folder, tmp_path, capfd
    )
    (folder / "model.safetensors.index.json").write_text('{"weight_map": [1]}')
    assert "does not tell which file" in refused(folder, tmp_path, capfd)


@pytest.mark.parametrize(
    "name, tensor, words",
    [
        ("model.layers.0.self_attn.q_proj.bias", np.ones(24, np.float32), "q_proj.bias in"),
        ("model.norm.weight", np.ones(24, np.int32), "has type I32, but only F32, F16, BF16"),
        ("lm_head.weight", np.full((30, 24), np.nan, np.float32), "wcls[0, 0] is nan"),
    ],
)
def test_tensors_llama2c_has_no_place_for(name, tensor, words, tmp_path, capfd):
    tensors = tensors_of(random_checkpoint(SMALL, 1))
    folder = folder_of(tmp_path / "hf", tensors, config_of(SMALL))
    part = {name: tensor}
    write(folder / "b.safetensors", part, tensor.dtype)
    rest = {key: value for key, value in tensors.items() if key != name}
    write(folder / "a.safetensors", rest, np.float32)
    (folder / "model.safetensors").unlink()
    where = dict.fromkeys(rest, "a.safetensors") | dict.fromkeys(part, "b.safetensors")
    index = {"weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert words in refused(folder, tmp_path, capfd)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"vocab_size": 399}, "has 399 pieces, but the model's vocabulary has 400"),
        ({"bos_id": 2, "eos_id": 1}, "begins and ends text with tokens 2 and 1"),
        ({"byte_fallback": False}, "does not have the 256 bytes"),
        ({"model_type": "unigram"}, "is a unigram model"),
    ],
)
def test_tokenizers_of_another_kind(options, words, folder, tmp_path, capfd):
    (folder / "tokenizer.model").write_bytes(trained(**options))
    assert words in refused(folder, tmp_path, capfd)


@pytest.mark.parametrize("package", ["safetensors", "sentencepiece", "ml_dtypes"])
def test_without_the_extra(package, folder, tmp_path, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, package, None)
    assert "make setup" in refused(folder, tmp_path, capfd)


def test_output_that_cannot_be_written(folder, tmp_path, capfd):
    words = ["import", str(folder), "-o", str(tmp_path / "absent" / "x.bin")]
    assert cli.main(words) == 2
    assert "cannot be written" in capfd.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["import", str(folder)])

"""Version 2 checkpoints: int8 weights and the scales of their groups."""

import struct
from dataclasses import replace

import numpy as np
import pytest

from myllama.checkpoint import load, random_checkpoint, tensor_shapes
from myllama.config import ModelConfig
from myllama.errors import InputError
from myllama.reference import Reference

SHARED = ModelConfig(
    dim=8,
    hidden_dim=10,
    n_layers=2,
    n_heads=4,
    n_kv_heads=2,
    vocab_size=14,
    seq_len=6,
    shared_classifier=True,
)
OWN = replace(SHARED, shared_classifier=False)
NORMS = ("rms_att_weight", "rms_ffn_weight", "rms_final_weight")
MATRICES = ("token_embedding_table", "wq", "wk", "wv", "wo", "w1", "w2", "w3", "wcls")
FIELDS = ("dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len")


def quantized(model, group):
    """The bytes of a version 2 file, and name -> the real numbers it stands for."""
    config = model.config
    head = struct.pack("<II", 0x616B3432, 2)
    head += struct.pack("<7i", *(getattr(config, name) for name in FIELDS))
    head += struct.pack("<B", config.shared_classifier) + struct.pack("<i", group)
    data = head.ljust(256, b"\0") + b"".join(getattr(model, name).tobytes() for name in NORMS)
    meant = {name: getattr(model, name) for name in NORMS}
    for name in MATRICES[: 8 if config.shared_classifier else 9]:
        tensor = getattr(model, name)
        meant[name] = np.zeros(tensor.shape)
        layers = [()] if tensor.ndim == 2 else range(len(tensor))
        for layer in layers:
            flat = tensor[layer].ravel()
            scales = [max(abs(flat[i : i + group])) / 127 for i in range(0, flat.size, group)]
            scales = np.array(scales, np.float32)
            words = [round(w / scales[i // group]) if w else 0 for i, w in enumerate(flat)]
            data += struct.pack(f"{flat.size}b", *words) + scales.tobytes()
            values = [word * float(scales[i // group]) for i, word in enumerate(words)]
            meant[name][layer] = np.reshape(values, tensor[layer].shape)
    return data, meant


@pytest.fixture
def file(tmp_path):
    """file(data): a file with these bytes."""

    def write(data):
        path = tmp_path / "m.bin"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("config", [SHARED, OWN], ids=["shared", "own"])
@pytest.mark.parametrize("group", [1, 2, 4, 8, 16])
def test_weights_are_words_times_scales(config, group, file):
    """Rows have 8 or 10 weights: groups of 4, 8 and 16 go over their ends."""
    if group > 4:
        config = replace(config, hidden_dim=20)
    if group > 8:
        config = replace(config, vocab_size=16, n_kv_heads=4)
    model = random_checkpoint(config, 5)
    data, meant = quantized(model, group)
    loaded = load(file(data))
    assert loaded.config == config
    for name, tensor in meant.items():
        np.testing.assert_allclose(getattr(loaded, name), tensor, rtol=1e-6, err_msg=name)
        assert not getattr(loaded, name).flags.writeable
    assert (loaded.wcls is loaded.token_embedding_table) == config.shared_classifier


def test_a_real_model_in_groups_that_go_over_rows(shared, file):
    """stories260K in groups of 8: W2's rows have 172 weights, which runq reads wrong."""
    path = shared("checkpoints/stories260K.bin")
    golden = np.load(shared("reference/llama2c_260K_logits.npz"))
    expected = golden[golden.files[0]]
    model = load(path)
    data, _ = quantized(model, 8)
    tokens = np.argmax(expected, axis=-1)[:-1]
    logits = [
        Reference(weights).forward_sequence(np.array([[1, *tokens]]))[0]
        for weights in (model, load(file(data)))
    ]
    assert 0.02 < np.sqrt(np.mean(np.square(logits[1] - logits[0]))) < 0.08


def put(data, at, value):
    return data[:at] + value + data[at + len(value) :]


FIRST_SCALE = 256 + 4 * (8 * 2 * 2 + 8) + 14 * 8


@pytest.mark.parametrize(
    "edit, words",
    [
        (lambda data: put(data, 37, struct.pack("<i", 0)), "the group size is 0, but must"),
        (lambda data: put(data, 37, struct.pack("<i", -4)), "the group size is -4"),
        (lambda data: put(data, 37, struct.pack("<i", 3)), "groups of 3 do not divide the 112"),
        (
            lambda data: put(data, 37, struct.pack("<i", 7)),
            "groups of 7 do not divide the 64 weights of wq",
        ),
        (lambda data: put(data, 37, struct.pack("<i", 1 << 30)), "do not divide"),
        (lambda data: data[:36], "its header takes 256 bytes, but it has 36"),
        (lambda data: data[:-1], "is truncated: its header calls for"),
        (lambda data: data + b"\0", "bytes, but its header calls for"),
        (lambda data: put(data, 36, b"\2"), "classifier flag is 2"),
        (lambda data: put(data, 36, b"\0"), "is truncated"),
        (lambda data: put(data, 4, b"\3"), "says version 3, but only 0, 1 and 2"),
        (lambda data: put(data, 256, struct.pack("<f", np.nan)), "rms_att_weight[0, 0] is nan"),
        (
            lambda data: put(data, FIRST_SCALE + 4, struct.pack("<f", np.nan)),
            "token_embedding_table[0, 4] is nan",
        ),
        (
            lambda data: put(data, FIRST_SCALE, struct.pack("<f", np.inf)),
            "token_embedding_table[0, 0] is",
        ),
    ],
)
def test_defects(edit, words, file):
    data, _ = quantized(random_checkpoint(SHARED, 1), 4)
    with pytest.raises(InputError) as caught:
        load(file(edit(data)))
    assert words in str(caught.value)


def test_every_tensor_is_in_its_place(file):
    """One scale doubled changes that tensor alone, wherever it lies."""
    data, meant = quantized(random_checkpoint(OWN, 2), 4)
    at = 256 + 4 * sum(meant[name].size for name in NORMS)
    for name in MATRICES:
        rows, columns = tensor_shapes(OWN)[name][-2:]
        scale = at + rows * columns
        doubled = struct.pack("<f", 2 * struct.unpack_from("<f", data, scale)[0])
        loaded = load(file(put(data, scale, doubled)))
        for other in MATRICES:
            expected = meant[other].copy()
            if other == name:
                expected.reshape(-1)[:4] *= 2
            np.testing.assert_allclose(getattr(loaded, other), expected, rtol=1e-6)
        at += 2 * meant[name].size  # a byte each, and four per group of four

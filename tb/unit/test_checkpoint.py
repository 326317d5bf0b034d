"""myllama.checkpoint: what it reads, what it writes, what it refuses."""

import struct
from dataclasses import replace

import numpy as np
import pytest

from myllama.checkpoint import Checkpoint, load, random_checkpoint, save, tensor_shapes
from myllama.config import ModelConfig
from myllama.errors import InputError

TIED = ModelConfig(
    dim=8,
    hidden_dim=12,
    n_layers=2,
    n_heads=4,
    n_kv_heads=2,
    vocab_size=10,
    seq_len=6,
    shared_classifier=True,
)
UNTIED = replace(TIED, shared_classifier=False)
HEADER = (8, 12, 2, 4, 2, 10, 6)


def v1_bytes(model):
    """A version 1 file, written here and not by the module under test."""
    head = struct.pack("<II", 0x616B3432, 1) + struct.pack("<7i", *HEADER)
    head += bytes([model.config.shared_classifier])
    parts = ["rms_att_weight", "rms_ffn_weight", "rms_final_weight", "token_embedding_table"]
    parts += ["wq", "wk", "wv", "wo", "w1", "w2", "w3"]
    parts += [] if model.config.shared_classifier else ["wcls"]
    return head.ljust(256, b"\0") + b"".join(getattr(model, name).tobytes() for name in parts)


def v0_file(path, header=HEADER, config=TIED, edit=lambda data: data):
    """A version 0 file of `config`, its header replaced and its bytes edited."""
    save(path, random_checkpoint(config, 1))
    data = struct.pack("<7i", *header) + path.read_bytes()[28:]
    path.write_bytes(edit(data))
    return path


def assert_equal(a, b):
    assert a.config == b.config
    for name in tensor_shapes(a.config):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), name)


def refusal(path):
    with pytest.raises(InputError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize("config", [TIED, UNTIED])
def test_both_versions_hold_the_same_model(config, tmp_path):
    model = random_checkpoint(config, 3)
    save(tmp_path / "v0.bin", model)
    (tmp_path / "v1.bin").write_bytes(v1_bytes(model))
    assert_equal(load(tmp_path / "v0.bin"), model)
    assert_equal(load(tmp_path / "v1.bin"), model)


def test_a_negative_vocab_size_brings_a_classifier_of_its_own(tmp_path):
    model = random_checkpoint(UNTIED, 3)
    save(tmp_path / "m.bin", model)
    data = (tmp_path / "m.bin").read_bytes()
    assert struct.unpack_from("<i", data, 20) == (-10,)
    assert data.endswith(model.wcls.tobytes())
    loaded = load(tmp_path / "m.bin")
    assert loaded.config.vocab_size == 10
    assert not np.array_equal(loaded.wcls, loaded.token_embedding_table)


def test_a_shared_classifier_is_the_embedding_itself(tmp_path):
    save(tmp_path / "m.bin", random_checkpoint(TIED, 3))
    loaded = load(tmp_path / "m.bin")
    assert loaded.wcls is loaded.token_embedding_table


def test_old_readers_find_their_rope_tables(tmp_path):
    save(tmp_path / "m.bin", random_checkpoint(TIED, 3))
    table = np.frombuffer((tmp_path / "m.bin").read_bytes()[-4 * 12 :], "<f4").reshape(2, 6, 1)
    np.testing.assert_allclose(table[0, :, 0], np.cos(np.arange(6)), rtol=1e-6)
    np.testing.assert_allclose(table[1, :, 0], np.sin(np.arange(6)), rtol=1e-6)


def test_loading_maps_and_does_not_copy(tmp_path):
    save(tmp_path / "m.bin", random_checkpoint(UNTIED, 3))
    model = load(tmp_path / "m.bin")
    for name in tensor_shapes(UNTIED):
        tensor = owner = getattr(model, name)
        assert tensor.dtype == np.float32
        assert not tensor.flags.writeable
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        assert isinstance(owner, np.memmap), name


def test_saving_leaves_no_part_behind(tmp_path):
    model = random_checkpoint(TIED, 3)
    save(tmp_path / "m.bin", model)
    with pytest.raises(InputError, match="cannot be written"):
        save(tmp_path / "absent" / "m.bin", model)
    assert [path.name for path in tmp_path.iterdir()] == ["m.bin"]


def test_a_model_that_cannot_be_saved_leaves_the_old_file(tmp_path):
    model = random_checkpoint(TIED, 3)
    save(tmp_path / "m.bin", model)
    wq = model.wq.copy()
    wq[1, 2, 3] = np.inf
    with pytest.raises(InputError, match=r"the model to save: wq\[1, 2, 3\] is inf"):
        save(tmp_path / "m.bin", replace(model, wq=wq))
    assert_equal(load(tmp_path / "m.bin"), model)


def test_random_models_follow_their_seed():
    assert_equal(random_checkpoint(UNTIED, 5), random_checkpoint(UNTIED, 5))
    assert not np.array_equal(random_checkpoint(TIED, 5).wq, random_checkpoint(TIED, 6).wq)


def test_stories260k(shared):
    path = shared("checkpoints/stories260K.bin")
    model = load(path)
    assert model.config == ModelConfig(64, 172, 5, 8, 4, 512, 512, True)
    # Counted from the end: the tables, the final norm, then w3.
    words = np.fromfile(path, "<f4")[: -2 * 512 * 4]
    np.testing.assert_array_equal(model.rms_final_weight, words[-64:])
    np.testing.assert_array_equal(model.w3.ravel(), words[-64 - model.w3.size : -64])


@pytest.mark.parametrize("name", tensor_shapes(UNTIED))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_must_be_finite(name, value, tmp_path):
    save(tmp_path / "m.bin", random_checkpoint(UNTIED, 1))
    good = load(tmp_path / "m.bin")
    data = bytearray((tmp_path / "m.bin").read_bytes())
    at = data.index(getattr(good, name).tobytes()) + 4 * (getattr(good, name).size - 1)
    data[at : at + 4] = struct.pack("<f", value)
    (tmp_path / "m.bin").write_bytes(data)
    index = ", ".join(str(n - 1) for n in tensor_shapes(UNTIED)[name])
    assert f"{name}[{index}] is {value}" in refusal(tmp_path / "m.bin")


@pytest.mark.parametrize(
    "header, words",
    [
        ((0, 12, 2, 4, 2, 10, 6), "dim is 0, but must be 1 to 16777216"),
        ((-8, 12, 2, 4, 2, 10, 6), "dim is -8"),
        ((8, -12, 2, 4, 2, 10, 6), "hidden_dim is -12"),
        ((8, 12, 0, 4, 2, 10, 6), "n_layers is 0"),
        ((8, 12, 2, 0, 2, 10, 6), "n_heads is 0"),
        ((8, 12, 2, 4, 0, 10, 6), "n_kv_heads is 0"),
        ((8, 12, 2, 4, 2, 0, 6), "vocab_size is 0"),
        ((8, 12, 2, 4, 2, -(2**31), 6), "vocab_size is 2147483648"),
        ((8, 12, 2, 4, 2, 10, 0), "seq_len is 0"),
        ((2**31 - 1, 12, 2, 4, 2, 10, 6), "dim is 2147483647"),
        ((0x46554747, 3, 0, 1, 0, 10, 6), "opens with 0x46554747"),
        ((9, 12, 2, 4, 2, 10, 6), "dim 9 is not a multiple of n_heads 4"),
        ((8, 12, 2, 4, 3, 10, 6), "n_heads 4 is not a multiple of n_kv_heads 3"),
        ((12, 12, 2, 4, 2, 10, 6), "head_dim 3 must be even"),
        ((1 << 24, 1 << 24, 1 << 24, 2, 2, 10, 6), "is truncated: its header calls for"),
        ((8, 12, 2, 4, 2, -10, 6), "but it has 4396"),
        ((8, 12, 1, 4, 2, 10, 6), "has 4396 bytes, but its header calls for"),
    ],
)
def test_sizes_that_cannot_be(header, words, tmp_path):
    assert words in refusal(v0_file(tmp_path / "m.bin", header))


@pytest.mark.parametrize(
    "edit, words",
    [
        (lambda data: b"", "its header takes 28 bytes, but it has 0"),
        (lambda data: data[:27], "its header takes 28 bytes, but it has 27"),
        (lambda data: data[:28], "calls for 4396 bytes, but it has 28"),
        (lambda data: data[:-1], "calls for 4396 bytes, but it has 4395"),
        (lambda data: data + b"\0", "has 4397 bytes, but its header calls for 4396"),
    ],
)
def test_files_of_the_wrong_length(edit, words, tmp_path):
    assert words in refusal(v0_file(tmp_path / "m.bin", edit=edit))


@pytest.mark.parametrize(
    "edit, words",
    [
        (lambda data: data[:4], "its header takes 256 bytes, but it has 4"),
        (lambda data: data[:255], "its header takes 256 bytes, but it has 255"),
        (lambda data: data[:-4], "is truncated"),
        (lambda data: data[:4] + b"\2" + data[5:], "the group size is 0"),
        (lambda data: data[:4] + b"\7" + data[5:], "says version 7, but only 0, 1 and 2"),
        (lambda data: data[:4] + bytes(4) + data[8:], "says version 0"),
        (lambda data: data[:36] + b"\5" + data[37:], "classifier flag is 5"),
        (lambda data: data[:28] + struct.pack("<i", -10) + data[32:], "vocab_size is -10"),
    ],
)
def test_bad_version_1_files(edit, words, tmp_path):
    (tmp_path / "m.bin").write_bytes(edit(v1_bytes(random_checkpoint(TIED, 1))))
    assert words in refusal(tmp_path / "m.bin")


def test_what_is_no_file(tmp_path):
    assert "does not exist" in refusal(tmp_path / "absent.bin")
    assert "is not a file" in refusal(tmp_path)


def test_arrays_must_fit_the_config():
    model = random_checkpoint(TIED, 1)
    with pytest.raises(InputError, match="wk has shape"):
        replace(model, wk=model.wq)
    with pytest.raises(InputError, match="classifier is shared"):
        replace(model, wcls=model.wcls.copy())
    with pytest.raises(InputError, match="wcls must be given"):
        fields = {name: getattr(model, name) for name in tensor_shapes(TIED) if name != "wcls"}
        Checkpoint(UNTIED, **fields)

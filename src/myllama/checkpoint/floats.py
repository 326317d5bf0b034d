"""Float checkpoints: versions 0 and 1 in by memory map, version 0 out."""

import math
from pathlib import Path

import numpy as np

from ..atomic import replacing
from ..errors import InputError
from .header import FIELDS, V0_HEADER
from .weights import Checkpoint, check_finite, tensor_shapes

V0_ORDER = (
    "token_embedding_table",
    "rms_att_weight",
    "wq",
    "wk",
    "wv",
    "wo",
    "rms_ffn_weight",
    "w1",
    "w2",
    "w3",
    "rms_final_weight",
    "rope",
    "wcls",
)
V1_ORDER = (
    "rms_att_weight",
    "rms_ffn_weight",
    "rms_final_weight",
    "token_embedding_table",
    "wq",
    "wk",
    "wv",
    "wo",
    "w1",
    "w2",
    "w3",
    "wcls",
)


def read(path, header):
    """The Checkpoint of a version 0 or 1 file; nothing is copied, everything is checked."""
    config = header.config
    shapes = tensor_shapes(config) | {"rope": (2, config.seq_len, config.head_dim // 2)}
    order = V1_ORDER if header.version == 1 else V0_ORDER
    names = [name for name in order if name != "wcls" or not config.shared_classifier]
    header.check_size(path, header.start + 4 * sum(math.prod(shapes[name]) for name in names))
    words = np.memmap(path, "<f4", "r", offset=header.start).view(np.ndarray)
    tensors = {}
    for name in names:
        count = math.prod(shapes[name])
        tensors[name], words = words[:count].reshape(shapes[name]), words[count:]
    tensors.pop("rope", None)  # the angles are computed, as llama2.c does
    for name, tensor in tensors.items():
        check_finite(f"checkpoint {path}", name, tensor)
    return Checkpoint(config, **tensors)


def save(path, checkpoint):
    """Write a version 0 file: complete or not at all."""
    path = Path(path)
    config = checkpoint.config
    fields = {name: getattr(config, name) for name in FIELDS}
    if not config.shared_classifier:
        fields["vocab_size"] = -config.vocab_size
    for name in tensor_shapes(config):
        check_finite("the model to save", name, getattr(checkpoint, name))
    try:
        with replacing(path) as file:
            file.write(V0_HEADER.pack(*fields.values()))
            for name in V0_ORDER:
                if name == "rope":
                    tensor = _rope_tables(config)
                elif name == "wcls" and config.shared_classifier:
                    continue
                else:
                    tensor = getattr(checkpoint, name)
                file.write(np.ascontiguousarray(tensor, "<f4").data)
    except OSError as error:
        raise InputError(f"checkpoint {path} cannot be written: {error.strerror}") from error


def _rope_tables(config):
    """Cosines, then sines, [2, seq_len, head_dim / 2]: old readers of version 0 want them."""
    freq = 10000.0 ** -(np.arange(0, config.head_dim, 2) / config.head_dim)
    angle = np.outer(np.arange(config.seq_len), freq)
    return np.stack([np.cos(angle), np.sin(angle)])

"""llama2.c's float checkpoints: versions 0 and 1 in by memory map, version 0 out."""

import math
import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .config import ModelConfig
from .errors import InputError

MAGIC = 0x616B3432  # "ak42" opens every version but 0, which opens with dim
FIELDS = ("dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len")
FIELD_LIMIT = 1 << 24  # beyond any model; what is no checkpoint usually fails here
V0_HEADER = struct.Struct("<7i")
V1_HEADER = struct.Struct("<Ii7iB")
V1_HEADER_BYTES = 256  # zero padded

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


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model: its sizes, and its weights as read-only float32 arrays, [output, input].

    Names are llama2.c's, shapes those of `tensor_shapes`. With a shared classifier
    `wcls` is the embedding table itself and need not be given.
    """

    config: ModelConfig
    token_embedding_table: np.ndarray
    rms_att_weight: np.ndarray
    wq: np.ndarray
    wk: np.ndarray
    wv: np.ndarray
    wo: np.ndarray
    rms_ffn_weight: np.ndarray
    w1: np.ndarray
    w2: np.ndarray
    w3: np.ndarray
    rms_final_weight: np.ndarray
    wcls: np.ndarray | None = None

    def __post_init__(self):
        if self.config.shared_classifier:
            if self.wcls is not None and self.wcls is not self.token_embedding_table:
                raise InputError(
                    "the classifier is shared, but wcls is an array of its own;"
                    " leave wcls out or set shared_classifier to False"
                )
        elif self.wcls is None:
            raise InputError("the classifier is not shared, so wcls must be given")
        for name, shape in tensor_shapes(self.config).items():
            if name == "wcls" and self.config.shared_classifier:
                object.__setattr__(self, name, self.token_embedding_table)
                continue
            tensor = np.asarray(getattr(self, name), np.float32).view()
            if tensor.shape != shape:
                raise InputError(
                    f"{name} has shape {tensor.shape}, but the config asks for {shape}"
                )
            tensor.flags.writeable = False
            object.__setattr__(self, name, tensor)


def tensor_shapes(config):
    """Name -> shape of every weight, in the order of a version 0 file."""
    dim, hidden, layers = config.dim, config.hidden_dim, config.n_layers
    return {
        "token_embedding_table": (config.vocab_size, dim),
        "rms_att_weight": (layers, dim),
        "wq": (layers, dim, dim),
        "wk": (layers, config.kv_dim, dim),
        "wv": (layers, config.kv_dim, dim),
        "wo": (layers, dim, dim),
        "rms_ffn_weight": (layers, dim),
        "w1": (layers, hidden, dim),
        "w2": (layers, dim, hidden),
        "w3": (layers, hidden, dim),
        "rms_final_weight": (dim,),
        "wcls": (config.vocab_size, dim),
    }


def load(path):
    """Map a version 0 or 1 file; nothing is copied, everything is checked."""
    path = Path(path)
    head, size = _read_head(path)
    config, start, order = _parse_header(path, head)
    shapes = tensor_shapes(config) | {"rope": (2, config.seq_len, config.head_dim // 2)}
    names = [name for name in order if name != "wcls" or not config.shared_classifier]
    expected = start + 4 * sum(math.prod(shapes[name]) for name in names)
    if size < expected:
        raise InputError(
            f"checkpoint {path} is truncated: its header calls for {expected} bytes,"
            f" but it has {size}; copy or download it again"
        )
    if size > expected:
        raise InputError(
            f"checkpoint {path} has {size} bytes, but its header calls for {expected};"
            " export it again as version 0 or 1, or get the file its header belongs to"
        )
    words = np.memmap(path, "<f4", "r", offset=start).view(np.ndarray)
    tensors = {}
    for name in names:
        count = math.prod(shapes[name])
        tensors[name], words = words[:count].reshape(shapes[name]), words[count:]
    tensors.pop("rope", None)  # the angles are computed, as llama2.c does
    for name, tensor in tensors.items():
        _check_finite(f"checkpoint {path}", name, tensor)
    return Checkpoint(config, **tensors)


def save(path, checkpoint):
    """Write a version 0 file: complete or not at all."""
    path = Path(path)
    config = checkpoint.config
    fields = {name: getattr(config, name) for name in FIELDS}
    if not config.shared_classifier:
        fields["vocab_size"] = -config.vocab_size
    for name in tensor_shapes(config):
        _check_finite("the model to save", name, getattr(checkpoint, name))
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            file.write(V0_HEADER.pack(*fields.values()))
            for name in V0_ORDER:
                if name == "rope":
                    tensor = _rope_tables(config)
                elif name == "wcls" and config.shared_classifier:
                    continue
                else:
                    tensor = getattr(checkpoint, name)
                file.write(np.ascontiguousarray(tensor, "<f4").data)
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"checkpoint {path} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def random_checkpoint(config, seed):
    """A model of noise whose activations keep the size of a trained model's.

    Matrices keep the variance of a normalised input, those that feed the residual
    stream share it among themselves; norm weights scatter around one.
    """
    rng = np.random.default_rng(seed)
    residual = 1 / math.sqrt(2 * config.n_layers)
    gain = {"token_embedding_table": 2, "wcls": 2, "wo": residual, "w2": residual}
    tensors = {}
    for name, shape in tensor_shapes(config).items():
        if name == "wcls" and config.shared_classifier:
            continue
        noise = rng.standard_normal(shape, np.float32)
        if name.startswith("rms"):
            tensors[name] = 1 + noise / 8
        else:
            tensors[name] = noise * np.float32(gain.get(name, 1) / math.sqrt(shape[-1]))
    return Checkpoint(config, **tensors)


def _read_head(path):
    """The longest possible header and the size of the file."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise InputError(f"checkpoint {path} is not a file; give a llama2.c model file")
        with open(path, "rb") as file:
            return file.read(V1_HEADER_BYTES), os.fstat(file.fileno()).st_size
    except FileNotFoundError as error:
        raise InputError(
            f"checkpoint {path} does not exist; give the path of a llama2.c model file"
        ) from error
    except OSError as error:
        raise InputError(f"checkpoint {path} cannot be read: {error.strerror}") from error


def _parse_header(path, head):
    """The config, the offset of the first tensor, and the order of the tensors."""
    versioned = head[:4] == MAGIC.to_bytes(4, "little")
    need = V1_HEADER_BYTES if versioned else V0_HEADER.size
    if versioned and len(head) >= 8:
        _check_version(path, int.from_bytes(head[4:8], "little", signed=True))
    if len(head) < need:
        raise InputError(
            f"checkpoint {path} is truncated: its header takes {need} bytes,"
            f" but it has {len(head)}; copy or download it again"
        )
    if versioned:
        *values, shared = V1_HEADER.unpack_from(head)[2:]
        if shared > 1:
            raise InputError(
                f"checkpoint {path}: the shared classifier flag is {shared},"
                " but must be 0 or 1; export the model again"
            )
    else:
        values = V0_HEADER.unpack_from(head)
    fields = dict(zip(FIELDS, values, strict=True))
    if not versioned:
        # Version 0 tells a classifier of its own by the sign of vocab_size.
        shared = fields["vocab_size"] > 0
        fields["vocab_size"] = abs(fields["vocab_size"])
    for name, value in fields.items():
        if not 1 <= value <= FIELD_LIMIT:
            raise InputError(
                f"checkpoint {path}: {name} is {value}, but must be 1 to {FIELD_LIMIT};"
                f" a file that opens with 0x{int.from_bytes(head[:4], 'little'):08x}"
                " may be no llama2.c checkpoint, so export the model as version 0 or 1"
            )
    try:
        config = ModelConfig(**fields, shared_classifier=bool(shared))
    except InputError as error:
        raise InputError(f"checkpoint {path}: {error}; export the model again") from error
    return config, need, V1_ORDER if versioned else V0_ORDER


def _check_version(path, version):
    if version == 2:
        raise InputError(
            f"checkpoint {path} is version 2 (int8 weights), which this loader does not"
            " support; export the model as version 0 or 1"
        )
    if version != 1:
        raise InputError(
            f"checkpoint {path} says version {version}, but only 0 and 1 are known;"
            " export the model as version 0 or 1"
        )


def _check_finite(owner, name, tensor):
    """Piecewise, so that a huge tensor needs no huge mask."""
    flat, step = tensor.reshape(-1), 1 << 22
    for first in range(0, flat.size, step):
        finite = np.isfinite(flat[first : first + step])
        if not finite.all():
            where = first + int(np.argmin(finite))
            index = ", ".join(str(i) for i in np.unravel_index(where, tensor.shape))
            raise InputError(
                f"{owner}: {name}[{index}] is {flat[where]}, but weights must be finite;"
                " train or export the model again"
            )


def _rope_tables(config):
    """Cosines, then sines, [2, seq_len, head_dim / 2]: old readers of version 0 want them."""
    freq = 10000.0 ** -(np.arange(0, config.head_dim, 2) / config.head_dim)
    angle = np.outer(np.arange(config.seq_len), freq)
    return np.stack([np.cos(angle), np.sin(angle)])

"""What stands before the weights in a llama2.c checkpoint of any version."""

import os
import stat
import struct
from dataclasses import dataclass

from ..config import ModelConfig
from ..errors import InputError

MAGIC = 0x616B3432  # "ak42" opens every version but 0, which opens with dim
FIELDS = ("dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len")
FIELD_LIMIT = 1 << 24  # beyond any model; what is no checkpoint usually fails here
V0_HEADER = struct.Struct("<7i")
V1_HEADER = struct.Struct("<Ii7iB")
GROUP_SIZE = struct.Struct("<i")  # of version 2, unaligned behind what version 1 has
VERSIONED_BYTES = 256  # zero padded
EXPORT_AGAIN = "export the model as version 0, 1 or 2"


@dataclass(frozen=True)
class Header:
    """`start` is the offset of the weights in bytes, `size` that of the whole file.

    group_size  weights that share a scale, in version 2 alone, else None
    """

    version: int
    config: ModelConfig
    start: int
    size: int
    group_size: int | None = None

    def check_size(self, path, expected):
        """The file must have as many bytes as its header calls for."""
        if self.size < expected:
            raise InputError(
                f"checkpoint {path} is truncated: its header calls for {expected} bytes,"
                f" but it has {self.size}; copy or download it again"
            )
        if self.size > expected:
            raise InputError(
                f"checkpoint {path} has {self.size} bytes, but its header calls for {expected};"
                f" {EXPORT_AGAIN}, or get the file its header belongs to"
            )


def read_header(path):
    """The Header of a file that is there, can be read, and begins like a checkpoint."""
    head, size = _read_head(path)
    versioned = head[:4] == MAGIC.to_bytes(4, "little")
    start = VERSIONED_BYTES if versioned else V0_HEADER.size
    version = int.from_bytes(head[4:8], "little", signed=True) if versioned else 0
    if versioned and len(head) >= 8 and version not in (1, 2):
        raise InputError(
            f"checkpoint {path} says version {version}, but only 0, 1 and 2 are known;"
            f" {EXPORT_AGAIN}"
        )
    if len(head) < start:
        raise InputError(
            f"checkpoint {path} is truncated: its header takes {start} bytes,"
            f" but it has {len(head)}; copy or download it again"
        )
    config = _config(path, head, versioned)
    group_size = GROUP_SIZE.unpack_from(head, V1_HEADER.size)[0] if version == 2 else None
    return Header(version, config, start, size, group_size)


def _read_head(path):
    """The longest possible header and the size of the file."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise InputError(f"checkpoint {path} is not a file; give a llama2.c model file")
        with open(path, "rb") as file:
            return file.read(VERSIONED_BYTES), os.fstat(file.fileno()).st_size
    except FileNotFoundError as error:
        raise InputError(
            f"checkpoint {path} does not exist; give the path of a llama2.c model file"
        ) from error
    except OSError as error:
        raise InputError(f"checkpoint {path} cannot be read: {error.strerror}") from error


def _config(path, head, versioned):
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
                f" may be no llama2.c checkpoint, so {EXPORT_AGAIN}"
            )
    try:
        return ModelConfig(**fields, shared_classifier=bool(shared))
    except InputError as error:
        raise InputError(f"checkpoint {path}: {error}; export the model again") from error

"""Where converted and compiled decoders are kept, by the content they were made of."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np

PACKAGE = Path(__file__).resolve().parent.parent
# What a decoder is made of, beside its image.
SOURCES = (
    "hdl",
    "rtl",
    "sim",
    "config.py",
    "fixed.py",
    "geometry.py",
    "image.py",
    "layout.py",
    "tables.py",
    "xorshift.py",
)


def home():
    """The user's cache folder for this program."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "myllama"


def feed(digest, value):
    """Add a value to a hash: numbers, texts, arrays, and tuples and dataclasses of them."""
    if is_dataclass(value):
        for field in fields(value):
            digest.update(field.name.encode())
            feed(digest, getattr(value, field.name))
    elif isinstance(value, tuple | list):
        digest.update(f"[{len(value)}".encode())
        for item in value:
            feed(digest, item)
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    else:
        digest.update(f"{value!r};".encode())


def key(*values):
    """Hash of values and of the sources a decoder is made of."""
    digest = hashlib.sha256()
    feed(digest, values)
    for name in SOURCES:
        root = PACKAGE / name
        files = [root] if root.is_file() else sorted(root.rglob("*"))
        for path in files:
            if path.suffix in (".py", ".cpp", ".v", ".vlt"):
                digest.update(str(path.relative_to(PACKAGE)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def folder(name, make):
    """Folder `name` of the cache; if it is not there, `make(path)` fills it first."""
    path = home() / name
    if not path.exists():
        home().mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="partial-", dir=home()))
        try:
            make(partial)
            partial.rename(path)
        except OSError:
            # Another process was faster.
            if not path.exists():
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return path

"""A llama2.c checkpoint of any version."""

from pathlib import Path

from . import floats, int8
from .header import read_header


def load(path):
    """The Checkpoint in a file: float weights are mapped, int8 weights become floats."""
    path = Path(path)
    header = read_header(path)
    return (int8 if header.version == 2 else floats).read(path, header)

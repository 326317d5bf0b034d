"""Fixtures every test may use."""

import os
from pathlib import Path

import pytest

# Before NumPy is first imported: on small matrices OpenBLAS's threads mostly wait for each
# other, and on a busy machine that made the reference 2 to 40 times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared():
    """shared("checkpoints/stories260K.bin"): the path of a test file kept outside the repository.

    They are looked for in $MYLLAMA_SHARED, or in `shared` next to the repository.
    """
    folder = Path(os.environ.get("MYLLAMA_SHARED", ROOT.parent / "shared"))

    def find(name):
        path = folder / name
        if not path.exists():
            pytest.skip(f"{path} is absent; point MYLLAMA_SHARED at the folder with {name}")
        return path

    return find

"""The same design gives the same bytes, whatever Python's hash seed and version."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import myhdl
import pytest

import myllama

HERE = Path(__file__).resolve().parent
SCRIPT = """
import sys
from hdl_blocks import machine, ports
from myllama.hdl.convert import convert
convert(machine(**ports()), sys.argv[1], "machine")
if len(sys.argv) > 2:
    convert(machine(**ports()), sys.argv[2], "machine")
"""


def other_python(version):
    """An interpreter of that version, on the PATH or kept by pyenv; None if there is none."""
    kept = Path.home() / ".pyenv" / "versions"
    for path in sorted(kept.glob(f"{version}.*/bin/python{version}")):
        return str(path)
    return shutil.which(f"python{version}")


def converted(folder, seed, python=sys.executable, *more):
    """{file name: bytes} of the design, converted in a process of its own."""
    packages = folder / "packages"
    packages.mkdir()
    # Only MyHDL: what else this environment holds is built for this Python.
    (packages / "myhdl").symlink_to(Path(myhdl.__file__).parent)
    source = Path(myllama.__file__).parent.parent
    environment = {
        **os.environ,
        "PYTHONHASHSEED": str(seed),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(map(str, (source, HERE, packages))),
    }
    out = folder / "out"
    subprocess.run([python, "-c", SCRIPT, out, *more], env=environment, check=True)
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return converted(tmp_path_factory.mktemp("reference"), 0)


def test_reference_is_complete(reference):
    assert {"machine.v", "control.v", "weights.hex"} <= set(reference)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hash_seed_changes_nothing(seed, reference, tmp_path):
    assert converted(tmp_path, seed) == reference


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_python_version_changes_nothing(version, reference, tmp_path):
    python = other_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    assert converted(tmp_path, 5, python) == reference


def test_second_conversion_in_one_process_changes_nothing(reference, tmp_path):
    again = tmp_path / "again"
    converted(tmp_path, 0, sys.executable, again)
    assert {path.name: path.read_bytes() for path in again.iterdir()} == reference


def test_nothing_in_the_files_tells_the_time(reference):
    assert not any(
        b"20%02d" % year in text for text in reference.values() for year in range(24, 40)
    )

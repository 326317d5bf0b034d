"""Every classic bug is caught, by the check named for it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from decoder_cases import without_initial_values
from faults import FAULTS

import myllama

# The changed file comes before the package's own; the others are not even compiled again.
CONVERT = """
import importlib, sys
from pathlib import Path
file, changed, case, folder = sys.argv[1:]
path, package = Path(changed, file), "myllama"
for part in (*Path(file).parent.parts, None):
    importlib.import_module(package).__path__.insert(0, str(changed))
    if part:
        changed, package = Path(changed, part), f"{package}.{part}"
from decoder_cases import STORIES, image_of
from myllama.rtl.build import convert
used = sys.modules[f"{package}.{path.stem}"].__file__
assert Path(used) == path, f"{used} was converted"
convert(image_of(case), STORIES[case][2], Path(folder))
"""


@pytest.mark.parametrize("name", FAULTS)
def test_is_caught(hdl, tmp_path, name):
    fault = FAULTS[name]
    package, folder = Path(myllama.__file__).parent, tmp_path / "verilog"
    folder.mkdir()
    text = (package / fault.file).read_text()
    for old, new in fault.changes:
        assert text.count(old) == 1, f"{fault.file} has {text.count(old)} times: {old}"
        text = text.replace(old, new)
    path = tmp_path / "changed" / fault.file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    paths = [str(package.parent), str(Path(__file__).parent)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", CONVERT, fault.file, tmp_path / "changed", fault.case, folder]
    subprocess.run(command, env=env, check=True)
    if fault.bench == "nothing_unknown_gets_out":
        without_initial_values(folder)
    with pytest.raises(AssertionError, match=rf"failed: {re.escape(fault.check)}: ") as caught:
        hdl(
            "decoder",
            sorted(folder.glob("*.v")),
            "cocotb_decoder",
            fault.bench,
            {"CASE": fault.case},
            work_dir=str(folder),
        )
    seen = re.search(r"position (\d+)", str(caught.value))
    assert not seen or int(seen[1]) < 4

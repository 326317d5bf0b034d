"""Every classic bug is caught, by the check named for it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from faults import FAULTS

import myllama

CONVERT = """
import sys
from pathlib import Path
import myllama
from decoder_cases import STORIES, image_of
from myllama.rtl.build import convert
case, package, folder = sys.argv[1:]
assert Path(myllama.__file__).parent == Path(package), "another package was converted"
convert(image_of(case), STORIES[case][2], Path(folder))
"""


@pytest.mark.parametrize("name", FAULTS)
def test_is_caught(hdl, tmp_path, name):
    fault = FAULTS[name]
    package, folder = tmp_path / "src/myllama", tmp_path / "verilog"
    shutil.copytree(Path(myllama.__file__).parent, package)
    folder.mkdir()
    path = package / fault.file
    text = path.read_text()
    for old, new in fault.changes:
        assert text.count(old) == 1, f"{fault.file} has {text.count(old)} times: {old}"
        text = text.replace(old, new)
    path.write_text(text)
    paths = [str(package.parent), str(Path(__file__).parent)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", CONVERT, fault.case, package, folder]
    subprocess.run(command, env=env, check=True)
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

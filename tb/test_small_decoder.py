"""The smallest decoders: full caches, restarts, resets, and power-up with nothing known."""

import shutil

import pytest
from decoder_cases import SMALL, image_of, without_initial_values

from myllama.rtl.build import convert


@pytest.fixture(scope="module")
def verilog(tmp_path_factory):
    """Folder with the Verilog of a case."""
    folders = {name: tmp_path_factory.mktemp(name) for name in SMALL}
    for name, folder in folders.items():
        convert(image_of(name), SMALL[name][2], folder)
    return folders


@pytest.mark.parametrize(
    "name, bench",
    [
        # The controls of test_faults.
        ("small", "every_tap_equals_the_model"),
        ("small_compact", "every_tap_equals_the_model"),
        ("small", "a_second_story_starts_clean"),
        ("small", "a_start_while_busy_is_told_of"),
        ("small_compact", "a_reset_in_any_state_starts_clean"),
    ],
)
def test_stories(hdl, verilog, name, bench):
    folder = verilog[name]
    sources = sorted(folder.glob("*.v"))
    hdl("decoder", sources, "cocotb_decoder", bench, {"CASE": name}, work_dir=str(folder))


@pytest.mark.parametrize("name", SMALL)
def test_power_up(hdl, verilog, tmp_path, name):
    folder = tmp_path / "unknown"
    shutil.copytree(verilog[name], folder)
    without_initial_values(folder)
    sources = sorted(folder.glob("*.v"))
    bench = "nothing_unknown_gets_out"
    hdl("decoder", sources, "cocotb_decoder", bench, {"CASE": name}, work_dir=str(folder))

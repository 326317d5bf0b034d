"""The whole decoder: every tap in Icarus, every token in both simulators."""

import pytest
from decoder_cases import CASES, image_of

from myllama.model.decoder import Model
from myllama.rtl.build import convert
from myllama.sim import Rtl

# Cycles from start to the token after each of the first two positions.
CYCLES = {
    "grouped": [1433, 2872],
    "wide": [3880, 7955],
    "odd": [2042, 4100],
    "grouped_compact": [1440, 2989],
    "odd_compact": [2052, 4229],
}


@pytest.fixture(scope="module")
def verilog(tmp_path_factory):
    """Folder with the Verilog of a case."""
    made = {}

    def folder(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            convert(image_of(name), CASES[name][2], made[name])
        return made[name]

    return folder


@pytest.mark.parametrize("name", CASES)
def test_taps(hdl, verilog, name):
    sources = sorted(verilog(name).glob("*.v"))
    # $readmemh looks in the working directory.
    env, folder = {"CASE": name}, str(verilog(name))
    hdl("decoder", sources, "cocotb_decoder", "every_tap_equals_the_model", env, work_dir=folder)


@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
@pytest.mark.parametrize("name", CASES)
def test_tokens(verilog, name, simulator):
    config, _, lanes, prompt, _ = CASES[name]
    image = image_of(name)
    rtl = Rtl(image, lanes, simulator, folder=verilog(name))
    expected = [*Model(image).decode(prompt, config.seq_len)]
    assert [*rtl.decode(prompt, config.seq_len)] == expected
    seen = [(token, rtl.cycles) for token in rtl.decode(prompt, 2)]
    assert seen == [*zip(expected, CYCLES[name], strict=False)]
    rtl.close()

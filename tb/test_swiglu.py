"""rtl.swiglu: generated Verilog against the model, and against its MyHDL source."""

import pytest
from myhdl import ResetSignal
from stimulus import random_stimulus, side_by_side

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.stream import VectorStream, bits, flag
from myllama.rtl.swiglu import swiglu
from myllama.tables import ROW_WIDTH

# width of z, fraction bits of h1
SHAPES = [(16, 10), (16, 16), (12, 7)]


def ports(width, ways):
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "din": VectorStream(ROW_WIDTH, ways),
        "z_shift": bits(5),
        "dout": VectorStream(width, 1),
    }


@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("width, frac", SHAPES)
def test_swiglu(hdl, tmp_path, width, frac, ways):
    sources = convert(swiglu(**ports(width, ways), h1_frac=frac), tmp_path, "swiglu")
    env = {"WIDTH": width, "FRAC": frac, "WAYS": ways}
    hdl("swiglu", sources, "cocotb_swiglu", "matches_model", env)


@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("width, frac", SHAPES)
def test_swiglu_in_myhdl_equals_verilog(tmp_path, width, frac, ways):
    inputs = ["din_data", "din_valid", "z_shift"]
    choices = {"din_data": side_by_side(ROW_WIDTH, ways)}
    stimulus = random_stimulus(ports(width, ways), inputs, 2000, choices=choices)
    check(swiglu, ports(width, ways), stimulus, tmp_path, "swiglu", {"h1_frac": frac})

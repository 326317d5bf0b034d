"""rtl.exp2: generated Verilog against the model, and against its MyHDL source."""

import pytest
from filled import filled
from myhdl import ResetSignal
from stimulus import random_stimulus

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.exp2 import LATENCY, exp2
from myllama.rtl.stream import bits, flag, word
from myllama.tables import P_FRAC

WIDTHS = [13, 16, 17, 21]


def ports(width):
    return {"clk": flag(), "enable": flag(), "d": bits(width), "p": word(P_FRAC + 2)}


@pytest.mark.parametrize("width", WIDTHS)
def test_exp2(hdl, tmp_path, width):
    sources = convert(exp2(**ports(width)), tmp_path, "exp2")
    hdl("exp2", sources, "cocotb_exp2", "matches_model")


@pytest.mark.parametrize("width", WIDTHS)
def test_exp2_in_myhdl_equals_verilog(tmp_path, width):
    around = {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "enable": flag(),
        "x": bits(width),
        "y": word(P_FRAC + 2),
        "y_valid": flag(),
    }
    stimulus = random_stimulus(around, ["enable", "x"], 1500)
    parameters = {"unit": exp2, "latency": LATENCY}
    check(filled, around, stimulus, tmp_path, "filled", parameters)

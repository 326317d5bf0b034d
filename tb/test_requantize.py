"""rtl.requantize: generated Verilog against the model, and against its MyHDL source."""

import pytest
from myhdl import ResetSignal
from stimulus import random_stimulus, side_by_side

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.requantize import requantize
from myllama.rtl.stream import Norm, RowStream, VectorStream, flag
from myllama.tables import ROW_WIDTH

# acc_width, scale_width, shift_width
WIDTHS = [(38, 16, 6), (24, 8, 6), (43, 0, 6), (24, 0, 5)]


def ports(acc_width, scale_width, shift_width, ways):
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "din": RowStream(acc_width, scale_width, shift_width, ways),
        "norm": Norm(),
        "use_norm": flag(),
        "dout": VectorStream(ROW_WIDTH, ways),
    }


@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_requantize(hdl, tmp_path, ways, widths):
    dut = requantize(**ports(*widths, ways), scale_width=widths[1])
    sources = convert(dut, tmp_path, "requantize")
    names = ("ACC_WIDTH", "SCALE_WIDTH", "SHIFT_WIDTH")
    env = dict(zip(names, widths, strict=True), WAYS=ways)
    cases = ["rows_without_a_norm", "rows_with_norms"]
    hdl("requantize", sources, "cocotb_requantize", cases, env)


@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_requantize_in_myhdl_equals_verilog(tmp_path, ways, widths):
    inputs = ["din_data", "din_scale", "din_shift", "din_valid", "dout_ready", "use_norm"]
    inputs += ["norm_mant", "norm_shift", "norm_valid"]
    choices = {"din_data": side_by_side(widths[0], ways)}
    stimulus = random_stimulus(ports(*widths, ways), inputs, 1500, choices=choices)
    parameters = {"scale_width": widths[1]}
    check(requantize, ports(*widths, ways), stimulus, tmp_path, "requantize", parameters)

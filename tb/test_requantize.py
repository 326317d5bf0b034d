"""rtl.requantize: generated Verilog against the model, and against its MyHDL source."""

import pytest
from myhdl import ResetSignal
from stimulus import random_stimulus

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.requantize import requantize
from myllama.rtl.stream import Norm, RowStream, Stream, flag
from myllama.tables import ROW_WIDTH

# acc_width, scale_width, shift_width
WIDTHS = [(38, 16, 6), (24, 8, 6), (43, 0, 6), (24, 0, 5)]


def ports(acc_width, scale_width, shift_width):
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "din": RowStream(acc_width, scale_width, shift_width, 1),
        "norm": Norm(),
        "use_norm": flag(),
        "dout": Stream(ROW_WIDTH),
    }


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
@pytest.mark.parametrize("idle, stall", [(0, 0), (0.3, 0.6)])
@pytest.mark.parametrize("case", ["rows_without_a_norm", "rows_with_norms"])
def test_requantize(hdl, tmp_path, widths, idle, stall, case):
    dut = requantize(**ports(*widths), scale_width=widths[1])
    sources = convert(dut, tmp_path, "requantize")
    names = ("ACC_WIDTH", "SCALE_WIDTH", "SHIFT_WIDTH")
    env = dict(zip(names, widths, strict=True), IDLE=idle, STALL=stall)
    hdl("requantize", sources, "cocotb_requantize", case, env)


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_requantize_in_myhdl_equals_verilog(tmp_path, widths):
    inputs = ["din_data", "din_scale", "din_shift", "din_valid", "dout_ready", "use_norm"]
    inputs += ["norm_mant", "norm_shift", "norm_valid"]
    stimulus = random_stimulus(ports(*widths), inputs, 1500)
    parameters = {"scale_width": widths[1]}
    check(requantize, ports(*widths), stimulus, tmp_path, "requantize", parameters)

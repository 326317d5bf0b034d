"""rtl.interpolate: generated Verilog against the model, and against its MyHDL source."""

import pytest
from filled import filled
from myhdl import ResetSignal
from stimulus import random_stimulus

from myllama import tables
from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.interpolate import LATENCY, interpolate
from myllama.rtl.stream import bits, flag, word

TABLES = ["EXP2", "LOG2", "RECIPROCAL", "RSQRT"]


def ports(table):
    return {"clk": flag(), "enable": flag(), "u": bits(table.u_bits), "y": word(18)}


@pytest.mark.parametrize("name", TABLES)
def test_interpolate(hdl, tmp_path, name):
    table = getattr(tables, name)
    sources = convert(interpolate(**ports(table), table=table), tmp_path, "interpolate")
    hdl("interpolate", sources, "cocotb_interpolate", "matches_model", {"TABLE": name})


@pytest.mark.parametrize("name", TABLES)
def test_interpolate_in_myhdl_equals_verilog(tmp_path, name):
    table = getattr(tables, name)
    around = {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "enable": flag(),
        "x": bits(table.u_bits),
        "y": word(18),
        "y_valid": flag(),
    }
    stimulus = random_stimulus(around, ["enable", "x"], 1500)
    parameters = {"unit": interpolate, "latency": LATENCY, "constants": (table,)}
    check(filled, around, stimulus, tmp_path, "filled", parameters)

"""rtl.rmsnorm: generated Verilog against the model, and against its MyHDL source."""

import pytest
from myhdl import ResetSignal
from stimulus import random_stimulus, side_by_side

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.rmsnorm import rmsnorm
from myllama.rtl.stream import Norm, VectorStream, bits, flag

# residual width, dim, eps width, base, ways
SHAPES = [(24, 64, 12, 9, 1), (20, 12, 8, 0, 1), (26, 8, 12, 15, 1), (8, 8, 6, 20, 1)]
SHAPES += [(24, 64, 12, 9, 2), (26, 8, 12, 15, 2), (8, 6, 6, 20, 2)]


def ports(width, eps_width, ways):
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "din": VectorStream(width, ways),
        "eps": bits(eps_width),
        "base": bits(5),
        "norm": Norm(),
    }


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rmsnorm(hdl, tmp_path, shape):
    width, dim, eps_width, base, ways = shape
    sources = convert(rmsnorm(**ports(width, eps_width, ways), dim=dim), tmp_path, "rmsnorm")
    env = {"WIDTH": width, "DIM": dim, "EPS_WIDTH": eps_width, "BASE": base}
    env["WAYS"] = ways
    hdl("rmsnorm", sources, "cocotb_rmsnorm", "norms_of_vectors", env)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rmsnorm_in_myhdl_equals_verilog(tmp_path, shape):
    width, dim, eps_width, base, ways = shape
    choices = {"eps": [1, (1 << eps_width) - 1], "base": [base]}
    choices["din_data"] = side_by_side(width, ways)
    inputs = ["din_data", "din_valid", "eps", "base"]
    stimulus = random_stimulus(ports(width, eps_width, ways), inputs, 1500, choices=choices)
    check(rmsnorm, ports(width, eps_width, ways), stimulus, tmp_path, "rmsnorm", {"dim": dim})

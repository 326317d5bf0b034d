"""rtl.rmsnorm: generated Verilog against the model, and against its MyHDL source."""

import pytest
from myhdl import ResetSignal
from stimulus import random_stimulus

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.rmsnorm import rmsnorm
from myllama.rtl.stream import Norm, Stream, bits, flag

# residual width, dim, eps width, base
SHAPES = [(24, 64, 12, 9), (20, 12, 8, 0), (26, 8, 12, 15), (8, 8, 6, 20)]


def ports(width, eps_width):
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "din": Stream(width),
        "eps": bits(eps_width),
        "base": bits(5),
        "norm": Norm(),
    }


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("idle", [0, 0.5])
def test_rmsnorm(hdl, tmp_path, shape, idle):
    width, dim, eps_width, base = shape
    sources = convert(rmsnorm(**ports(width, eps_width), dim=dim), tmp_path, "rmsnorm")
    env = {"WIDTH": width, "DIM": dim, "EPS_WIDTH": eps_width, "BASE": base, "IDLE": idle}
    hdl("rmsnorm", sources, "cocotb_rmsnorm", "norms_of_vectors", env)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rmsnorm_in_myhdl_equals_verilog(tmp_path, shape):
    width, dim, eps_width, base = shape
    choices = {"eps": [1, (1 << eps_width) - 1], "base": [base]}
    inputs = ["din_data", "din_valid", "eps", "base"]
    stimulus = random_stimulus(ports(width, eps_width), inputs, 1500, choices=choices)
    check(rmsnorm, ports(width, eps_width), stimulus, tmp_path, "rmsnorm", {"dim": dim})

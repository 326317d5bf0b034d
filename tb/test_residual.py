"""rtl.residual: generated Verilog against the model, and against its MyHDL source."""

import json
import random

import pytest
from myhdl import ResetSignal
from stimulus import random_stimulus, side_by_side

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.residual import residual
from myllama.rtl.stream import VectorStream, bits, flag, up_to

NORMS = 3
# dim, residual width, act width, ways
SHAPES = [(64, 24, 16, 1), (12, 20, 8, 1), (8, 30, 12, 1), (4, 24, 16, 1)]
SHAPES += [(64, 24, 16, 2), (18, 20, 8, 2), (8, 30, 12, 2)]


def ports(width, act_width, ways):
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "first": flag(),
        "norm_index": up_to(NORMS - 1),
        "act_shift": bits(6),
        "din": VectorStream(32, ways),
        "acts": VectorStream(act_width, ways),
        "x": VectorStream(width, ways),
    }


def parameters(dim):
    rng = random.Random(dim)
    words = [0, 1, 0x7FFF, 0x8000, 0xFFFF]
    gains = tuple((words + [rng.getrandbits(16) for _ in range(NORMS * dim)])[: NORMS * dim])
    return {"gains": gains, "initfile": "gains.hex", "dim": dim}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_residual(hdl, tmp_path, shape):
    dim, *widths, ways = shape
    given = parameters(dim)
    sources = convert(residual(**ports(*widths, ways), **given), tmp_path, "residual")
    gains = tmp_path / "gains.json"
    gains.write_text(json.dumps(given["gains"]))
    env = {"DIM": dim, "WIDTH": widths[0], "ACT_WIDTH": widths[1], "WAYS": ways}
    env["GAINS"] = gains
    hdl("residual", sources, "cocotb_residual", "sums_and_activations", env, work_dir=str(tmp_path))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_residual_in_myhdl_equals_verilog(tmp_path, shape):
    dim, *widths, ways = shape
    inputs = ["first", "norm_index", "act_shift", "din_data", "din_valid"]
    choices = {"din_data": side_by_side(32, ways)}
    stimulus = random_stimulus(ports(*widths, ways), inputs, 1500, choices=choices)
    # x is unknown until a first vector has been written whole.
    for values in stimulus[: 8 * dim + 40]:
        values["first"] = 1
    check(residual, ports(*widths, ways), stimulus, tmp_path, "residual", parameters(dim))

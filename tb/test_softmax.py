"""rtl.softmax: generated Verilog against the model, and against its MyHDL source."""

import pytest
from myhdl import ResetSignal
from stimulus import random_stimulus

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.softmax import WEIGHT_WIDTH, softmax
from myllama.rtl.stream import ScoreStream, SlotStream, flag
from myllama.tables import SCORE_WIDTH

# slots, seq_len, parts, ways
SHAPES = [
    (1, 8, 3, 1), (2, 8, 1, 1), (2, 40, 3, 1), (8, 40, 1, 1), (1, 1, 1, 1),
    (1, 8, 1, 2), (2, 9, 3, 2), (8, 40, 1, 2), (1, 1, 1, 2),
]  # fmt: skip


def ports(shape):
    slots, _, _, ways = shape
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "scores": ScoreStream(slots, SCORE_WIDTH, ways),
        "weights": SlotStream(ways * slots, WEIGHT_WIDTH),
    }


def parameters(shape):
    return dict(zip(("slots", "seq_len", "parts", "ways"), shape, strict=True))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    "case",
    ["matches_model", pytest.param("matches_model_at_one_sided_paces", marks=pytest.mark.sweep)],
)
def test_softmax(hdl, tmp_path, shape, case):
    sources = convert(softmax(**ports(shape), **parameters(shape)), tmp_path, "softmax")
    env = {name.upper(): value for name, value in parameters(shape).items()}
    hdl("softmax", sources, "cocotb_softmax", case, env)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_softmax_in_myhdl_equals_verilog(tmp_path, shape):
    # Beside the first slot any other is one more; in MyHDL eight take ten times as long as two.
    shape = min(shape[0], 3), *shape[1:]
    inputs = ["scores_data", "scores_valid", "scores_last", "weights_ready"]
    words = -(-shape[1] // shape[3])
    # Which words are taken is not known here: once in 100,000 a sequence would outgrow seq_len.
    rates = {"scores_last": 1 - 1e-5 ** (1 / words) if words > 1 else 1}
    if shape[3] > 1:
        inputs, rates = [*inputs, "scores_single"], rates | {"scores_single": 0.5}
    stimulus = random_stimulus(ports(shape), inputs, 2000, rates=rates)
    check(softmax, ports(shape), stimulus, tmp_path, "softmax", parameters(shape))

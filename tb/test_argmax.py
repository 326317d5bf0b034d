"""rtl.argmax: generated Verilog against the model, and against its MyHDL source."""

import pytest
from myhdl import ResetSignal
from stimulus import random_stimulus, side_by_side

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.argmax import argmax
from myllama.rtl.stream import Stream, VectorStream, flag, word

# vocab_size, ways
SHAPES = [(2, 1), (12, 1), (512, 1), (2, 2), (3, 2), (13, 2), (512, 2)]


def ports(vocab_size, ways=1):
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "din": VectorStream(32, ways),
        "token": Stream((vocab_size - 1).bit_length()),
        "largest": word(32),
    }


@pytest.mark.parametrize("vocab_size, ways", SHAPES)
def test_argmax(hdl, tmp_path, vocab_size, ways):
    sources = convert(argmax(**ports(vocab_size, ways), vocab_size=vocab_size), tmp_path, "argmax")
    env = {"VOCAB_SIZE": vocab_size, "WAYS": ways}
    hdl("argmax", sources, "cocotb_argmax", "tokens_of_vectors", env)


@pytest.mark.parametrize("vocab_size, ways", SHAPES)
def test_argmax_in_myhdl_equals_verilog(tmp_path, vocab_size, ways):
    inputs, choices = ["din_data", "din_valid", "token_ready"], {}
    if ways > 1:
        choices["din_data"] = side_by_side(32, ways)
    stimulus = random_stimulus(ports(vocab_size, ways), inputs, 2000, choices=choices)
    parameters = {"vocab_size": vocab_size}
    check(argmax, ports(vocab_size, ways), stimulus, tmp_path, "argmax", parameters)

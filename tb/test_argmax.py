"""rtl.argmax: generated Verilog against the model, and against its MyHDL source."""

import pytest
from myhdl import ResetSignal
from stimulus import random_stimulus

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.argmax import argmax
from myllama.rtl.stream import Stream, VectorStream, flag

VOCABULARIES = [2, 12, 512]


def ports(vocab_size):
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "din": VectorStream(32, 1),
        "token": Stream((vocab_size - 1).bit_length(), signed=False),
    }


@pytest.mark.parametrize("vocab_size", VOCABULARIES)
@pytest.mark.parametrize("idle, stall", [(0, 0), (0.3, 0.6)])
def test_argmax(hdl, tmp_path, vocab_size, idle, stall):
    sources = convert(argmax(**ports(vocab_size), vocab_size=vocab_size), tmp_path, "argmax")
    env = {"VOCAB_SIZE": vocab_size, "IDLE": idle, "STALL": stall}
    hdl("argmax", sources, "cocotb_argmax", "tokens_of_vectors", env)


@pytest.mark.parametrize("vocab_size", VOCABULARIES)
def test_argmax_in_myhdl_equals_verilog(tmp_path, vocab_size):
    stimulus = random_stimulus(ports(vocab_size), ["din_data", "din_valid", "token_ready"], 2000)
    parameters = {"vocab_size": vocab_size}
    check(argmax, ports(vocab_size), stimulus, tmp_path, "argmax", parameters)

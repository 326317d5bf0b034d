"""rtl.sampler and rtl.xorshift: generated Verilog against their models."""

import pytest
from myhdl import ResetSignal

from myllama.hdl.convert import convert
from myllama.rtl.sampler import TEMPERATURE_WIDTH, sampler
from myllama.rtl.stream import Stream, bits, flag
from myllama.rtl.xorshift import xorshift
from myllama.tables import TOPP_FRAC


def reset():
    return ResetSignal(0, active=1, isasync=False)


@pytest.mark.parametrize("vocab_size", [2, 13, 100])
@pytest.mark.parametrize("idle, stall", [(0, 0), (0.3, 0.6)])
def test_sampler(hdl, tmp_path, vocab_size, idle, stall):
    token = Stream((vocab_size - 1).bit_length(), signed=False)
    dut = sampler(
        flag(), reset(), flag(), bits(TEMPERATURE_WIDTH), bits(TOPP_FRAC), bits(64),
        Stream(32), token, vocab_size,
    )  # fmt: skip
    env = {"VOCAB_SIZE": vocab_size, "IDLE": idle, "STALL": stall}
    hdl("sampler", convert(dut, tmp_path, "sampler"), "cocotb_sampler", "tokens_of_vectors", env)


@pytest.mark.parametrize("stall", [0, 0.9])
def test_xorshift(hdl, tmp_path, stall):
    dut = xorshift(flag(), reset(), flag(), bits(64), Stream(24, signed=False))
    files = convert(dut, tmp_path, "xorshift")
    hdl("xorshift", files, "cocotb_sampler", "coins_of_seeds", {"STALL": stall})

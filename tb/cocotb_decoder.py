"""Every tap and probe of the decoder, at every position and layer, against the integer model."""

import os

import cocotb
from bench import start
from decoder_cases import CASES
from decoder_story import Expected, tell


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def every_tap_equals_the_model(dut):
    name = os.environ["CASE"]
    *_, prompt, steps = CASES[name]
    expected = Expected(name, prompt, steps)
    dut.start.value = 0
    await start(dut)
    assert await tell(dut, expected)

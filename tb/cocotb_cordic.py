"""rtl.cordic against model.cordic, bit for bit."""

import random

import cocotb
from bench import cycle, start
from cocotb.triggers import ClockCycles, RisingEdge

from myllama.model.cordic import cordic as model
from myllama.rtl.cordic import LATENCY
from myllama.tables import PHASE_WIDTH


def phases(count):
    """Around every eighth of a turn first, then random ones."""
    turn = 1 << PHASE_WIDTH
    near = [(eighth * turn // 8 + off) % turn for eighth in range(8) for off in (-1, 0, 1)]
    return near + [random.randrange(turn) for _ in range(count)]


def same(dut, phase):
    got = dut.cosine.value.to_signed(), dut.sine.value.to_signed()
    assert got == model(phase), f"phase {phase}: {got}, model {model(phase)}"


@cocotb.test()
async def cosines_and_sines(dut):
    """Two phases a call, back to back and with pauses; the second result stays."""
    dut.start.value = 0
    await start(dut)
    given = phases(100)
    others = random.sample(given, len(given))
    for number, (phase, other) in enumerate(zip(given, others, strict=True)):
        dut.start.value, dut.phase.value = 1, phase
        await RisingEdge(dut.clk)
        began = cycle()
        dut.start.value, dut.phase.value = 0, other
        await RisingEdge(dut.clk)
        dut.phase.value = random.getrandbits(PHASE_WIDTH)
        while dut.done.value != 1:
            await RisingEdge(dut.clk)
            assert cycle() <= began + LATENCY, "late"
        assert cycle() == began + LATENCY
        same(dut, phase)
        await RisingEdge(dut.clk)
        assert dut.done.value == 1
        for _ in range(number % 3):
            await ClockCycles(dut.clk, 1)
            assert dut.done.value == 0
        same(dut, other)

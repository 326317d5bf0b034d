"""rtl.uart against frames bit by bit."""

import os
import random
from itertools import pairwise

import cocotb
from bench import StreamBench, cycle, start
from cocotb.triggers import ClockCycles, RisingEdge
from serial_line import FRAME, Line, frame

from myllama.rtl.uart import LATENCY

DIVISOR = int(os.environ.get("DIVISOR", 0))
CORNERS = [0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80, 0xFE, 0x7F]


def some_bytes(count):
    return CORNERS + [random.randrange(256) for _ in range(count)]


class Heard:
    """What the receiver says, and the cycle of it: bytes, and None for broken."""

    def __init__(self, dut):
        self.dut, self.said, self.cycles = dut, [], []

    async def run(self):
        while True:
            await RisingEdge(self.dut.clk)
            valid, broken = int(self.dut.received_valid.value), int(self.dut.received_broken.value)
            assert not (valid and broken)
            if valid or broken:
                self.said.append(int(self.dut.received_data.value) if valid else None)
                self.cycles.append(cycle())


async def begin(dut):
    dut.line.value = 1
    await start(dut)
    heard = Heard(dut)
    cocotb.start_soon(heard.run())
    await ClockCycles(dut.clk, 5)
    return Line(dut.line, DIVISOR), heard


async def hears(line, heard, sent):
    await line.bits(1)
    assert heard.said == sent
    heard.said.clear()
    heard.cycles.clear()


@cocotb.test()
async def bytes_of_frames(dut):
    line, heard = await begin(dut)
    await RisingEdge(dut.clk)
    fell = cycle() + 1  # the next edge is the first to see it
    await line.send([0xA5])
    await line.bits(1)
    assert heard.cycles == [fell + 9 * DIVISOR + DIVISOR // 2 + LATENCY]
    await hears(line, heard, [0xA5])
    # In any phase of the clock; the line falls as soon as the stop bit is over.
    for off in (0.97, 1, 1.03):
        sent = some_bytes(30)
        await Line(dut.line, DIVISOR, off).send(sent)
        await hears(line, heard, sent)
    sent = some_bytes(20)
    for byte in sent:
        await line.bits(random.uniform(0, 3))
        await line.send([byte])
    await hears(line, heard, sent)


@cocotb.test()
async def what_is_no_byte(dut):
    line, heard = await begin(dut)
    # Glitches: low for less than half a bit, right after a stop bit and before a byte.
    sent = some_bytes(12)
    for byte in sent:
        await line.send([byte])
        await line.hold(0, random.uniform(0.02, 0.48))
        await line.bits(random.uniform(1, 3))
    await hears(line, heard, sent)
    # Breaks, however long, and bytes without a stop bit: each is heard once.
    for length in (FRAME, FRAME + 0.7, 2 * FRAME, 5.3 * FRAME):
        await line.hold(0, length)
        await line.bits(random.uniform(0.5, 2))
        byte = random.randrange(256)
        await line.levels(frame(byte, stop=0))
        await line.levels([0] * random.randint(0, 3) + [1])
        await line.send([byte])
        await hears(line, heard, [None, None, byte])
    # Resets. What is left of a byte may look like another one.
    for length in (0.3, 4.5, 9.2):
        sending = cocotb.start_soon(line.send([0xFF]))
        await line.bits(length)
        dut.rst.value = 1
        await ClockCycles(dut.clk, 2)
        dut.rst.value = 0
        await sending
        await line.bits(1)
        heard.said.clear()
        await line.send([0x96])
        await hears(line, heard, [0x96])


@cocotb.test()
async def frames_of_bytes(dut):
    """The line in every cycle, from the transfers' cycles; as fast as can be, and with idling."""
    bench = StreamBench(dut, idle=float(os.environ["IDLE"]))
    sent, levels = some_bytes(8), {}
    bench.feed("din", sent, signed=False)
    taken = bench.monitors["din"].cycles

    async def watch():
        while True:
            await RisingEdge(dut.clk)
            levels[cycle()] = int(dut.line.value)

    bench.also(watch())
    over = FRAME * DIVISOR + 5
    await bench.run(until=lambda: len(taken) == len(sent) and cycle() > taken[-1] + over)
    expected = dict.fromkeys(levels, 1)
    for transfer, byte in zip(taken, sent, strict=True):
        for i, level in enumerate(frame(byte)):
            first = transfer + 1 + i * DIVISOR
            expected.update(dict.fromkeys(range(first, first + DIVISOR), level))
    assert levels == expected
    if not bench.idle:
        apart = {late - soon for soon, late in pairwise(taken)}
        assert apart == {FRAME * DIVISOR}

"""rtl.orders, rtl.answers and rtl.chip against what docs/fpga.md says of the bytes."""

import json
import os
import random

import cocotb
from bench import StreamDriver, StreamMonitor, StreamSink, cycle, run_clock, start
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge
from decoder_cases import STORIES, image_of, model_of
from serial_line import ENDS, GREEDY, Line, order_bytes, words_of

from myllama.rtl.admission import POSITION_RANGE, START_BUSY, START_RANGE
from myllama.rtl.answers import LINE, NUMBER_RANGE
from myllama.rtl.orders import LATENCY
from myllama.sampling import Sampling

EVERY = 8  # cycles from a byte to the next at least, as rtl.orders says


class Received:
    """A receiver's outputs: bytes into the block."""

    def __init__(self, dut):
        self.dut = dut
        dut.received_valid.value = dut.received_broken.value = 0

    async def send(self, data, most_cycles):
        """Bytes at random times; returns the edges that take the first and the last."""
        edges = []
        for byte in data:
            self.dut.received_data.value, self.dut.received_valid.value = byte, 1
            await RisingEdge(self.dut.clk)
            edges.append(cycle())
            self.dut.received_valid.value = 0
            await ClockCycles(self.dut.clk, random.randint(EVERY - 1, most_cycles))
        return edges[0], edges[-1]


@cocotb.test()
async def orders_become_starts(dut):
    """Numbers and tokens of every size, whole and too large; early orders change nothing."""
    widths, places = json.loads(os.environ["WIDTHS"]), int(os.environ["PLACES"])
    token_width = len(dut.prompt_data)
    words = {name: -(-width // 16) for name, width in widths.items()}
    said, tokens = [], []

    async def watch():
        while True:
            await RisingEdge(dut.clk)
            for name in ("start", "refused", "late"):
                if getattr(dut, name).value == 1:
                    said.append((name, cycle()))
            if dut.prompt_valid.value == 1 and dut.prompt_ready.value == 1:
                tokens.append(int(dut.prompt_data.value))

    received, sink = Received(dut), StreamSink(dut, "prompt", stall=0.6)
    dut.running.value = 0
    await start(dut)
    for part in (watch(), sink.run()):
        cocotb.start_soon(part)

    def order(prompt_len):
        numbers = {name: random.getrandbits(width) for name, width in widths.items()}
        numbers["prompt_len"] = prompt_len
        return numbers, [random.getrandbits(token_width) for _ in range(prompt_len)]

    cases = [(*order(n), "start") for n in (1, 0, 2, places, places + 1, places + 3, 3)]
    for name in widths:
        numbers, prompt = order(2)
        numbers[name] = (1 << widths[name]) - 1 if name != "prompt_len" else 2
        cases.append((numbers, prompt, "start"))
        if widths[name] < 16 * words[name]:
            numbers = dict(numbers) | {name: 1 << random.randrange(widths[name], 16 * words[name])}
            if name == "prompt_len":
                # So many tokens come then.
                numbers[name] = 1 << widths[name]
                prompt = order(numbers[name])[1]
            cases.append((numbers, prompt, "refused"))
    for at in (0, 2, places):
        numbers, prompt = order(places + 1)
        prompt[at] = 1 << random.randrange(token_width, 16)
        cases.append((numbers, prompt, "refused"))
    # The first ones again: nothing of a refused order is left.
    cases += cases[:2]
    for numbers, prompt, expected in cases:
        data = order_bytes([(numbers[name], words[name]) for name in widths], prompt)
        said.clear()
        tokens.clear()
        _, last = await received.send(data, random.choice((EVERY, 20)))
        await ClockCycles(dut.clk, 5)
        assert said == [(expected, last + LATENCY)]
        if expected == "refused":
            # Its tokens go, too: some may leave in the cycle that sees the next order begin.
            await ClockCycles(dut.clk, 8 * places)
            continue
        assert {name: int(getattr(dut, f"order_{name}").value) for name in widths} == numbers
        # While it runs, another order comes.
        dut.running.value, early = 1, order(random.choice((0, 3)))
        data = order_bytes([(early[0][name], words[name]) for name in widths], early[1])
        first, _ = await received.send(data, EVERY)
        assert said[1:] == [("late", first + 1)]
        await ClockCycles(dut.clk, 8 * places)
        assert tokens == prompt[:places] and len(said) == 2
        dut.running.value = 0
        await ClockCycles(dut.clk, 2)


class Pulses:
    """Inputs that are high at one rising edge."""

    def __init__(self, dut, *names):
        self.dut = dut
        for name in names:
            getattr(dut, name).value = 0

    async def give(self, name):
        await FallingEdge(self.dut.clk)
        getattr(self.dut, name).value = 1
        await FallingEdge(self.dut.clk)
        getattr(self.dut, name).value = 0

    async def late(self):
        """An early order, as long as it is one."""
        await FallingEdge(self.dut.clk)
        runs = self.dut.running.value == 1
        self.dut.late.value = int(runs)
        await FallingEdge(self.dut.clk)
        self.dut.late.value = 0
        return runs


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.7])
async def answers_of_stories(dut, stall):
    """Tokens, then how the story ended, whenever early orders and breaks come."""
    pulses = Pulses(dut, "started", "refused", "late", "broken", "done")
    driver, sink = (
        StreamDriver(dut, "token", idle=0.5, signed=False),
        StreamSink(dut, "dout", stall),
    )
    dut.status.value = 0
    heard, edges, taken = [], [], StreamMonitor(dut, "token", signed=False)

    async def watch():
        while True:
            await RisingEdge(dut.clk)
            if dut.dout_valid.value == 1 and dut.dout_ready.value == 1:
                heard.append(int(dut.dout_data.value))
                edges.append(cycle())

    await start(dut)
    for part in (watch(), taken.run(), sink.run()):
        cocotb.start_soon(part)

    # A token's first byte leaves a cycle after it came, and the next token takes the next byte's.
    driver.idle = 0
    await pulses.give("started")
    await driver.send(range(9))
    await pulses.give("done")
    await ClockCycles(dut.clk, 60)
    assert len(taken.cycles) == 9
    if not stall:
        assert edges[0] == taken.cycles[0] + 1
        assert edges[:18] == [*range(edges[0], edges[0] + 18)]
    driver.idle = 0.5

    async def rest():
        while dut.running.value != 0 or dut.dout_valid.value != 0:
            await RisingEdge(dut.clk)

    for number in range(24):
        heard.clear()
        tokens = [random.getrandbits(len(dut.token_data)) for _ in range(random.randint(0, 5))]
        status = random.choice((0, 0, 1 << START_RANGE, 1 << POSITION_RANGE))
        if number % 6 == 4:
            await pulses.give("refused")
            expected = [ENDS | 1 << NUMBER_RANGE]
        elif number % 6 == 5:
            await pulses.give("broken")
            expected = [ENDS | 1 << LINE]
        else:
            await pulses.give("started")
            busy = number % 3 == 0 and await pulses.late()
            await driver.send(tokens)
            dut.status.value = status
            await pulses.give("done")
            dut.status.value = 0
            if number % 3 == 1:
                await ClockCycles(dut.clk, random.randrange(4))
                busy = await pulses.late()
            expected = [*tokens, ENDS | status | busy << START_BUSY]
        await rest()
        assert words_of(heard) == expected, number
    # A break in the middle, and one while the last word waits.
    for count in (0, 3):
        heard.clear()
        await pulses.give("started")
        tokens = [random.getrandbits(len(dut.token_data)) for _ in range(count)]
        await driver.send(tokens)
        await pulses.give("broken")
        await rest()
        assert words_of(heard) == [*tokens, ENDS | 1 << LINE]
        heard.clear()
        sink.stall = 1
        await ClockCycles(dut.clk, 2)
        # Two words are on their way.
        await pulses.give("started")
        await driver.send([1, 2])
        await pulses.give("done")
        await pulses.give("broken")
        sink.stall = stall
        await rest()
        assert words_of(heard) == [1, 2, ENDS | 1 << LINE]


class Host:
    """The program at the other end of a chip's lines."""

    def __init__(self, dut, divisor):
        self.dut, self.heard = dut, []
        self.out, self.in_ = Line(dut.rxd, divisor), Line(dut.txd, divisor)
        dut.rxd.value, dut.rst.value = 1, 0

    async def order(self, start_pos, prompt, steps, sampling=GREEDY):
        numbers = [(start_pos, 1), (len(prompt), 1), (steps, 1), *sampling]
        await self.out.send(order_bytes(numbers, prompt))

    async def answer(self):
        """(tokens, status) up to the word that ends a story."""
        while True:
            words = words_of(self.heard)
            if words and words[-1] & ENDS and len(self.heard) == 2 * len(words):
                self.heard.clear()
                return words[:-1], words[-1] ^ ENDS
            await self.out.bits(1)

    async def story(self, *order):
        await self.order(*order)
        return await self.answer()


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def a_decoder_on_a_line(dut):
    name = os.environ["CASE"]
    config, *_, prompt, _ = STORIES[name]
    full = config.seq_len
    story = [*model_of(name).decode(prompt, full)]
    host = Host(dut, int(os.environ["DIVISOR"]))
    # As it wakes up, without a reset.
    run_clock(dut.clk)
    await ClockCycles(dut.clk, 3)
    cocotb.start_soon(host.in_.hear(host.heard))

    # Two orders at once, of which the second is read over; then the rest of the story.
    await host.order(0, prompt, 2)
    await host.order(0, [5, 6], 1)
    assert await host.answer() == (story[:2], 1 << START_BUSY)
    assert await host.story(2, [story[1]], full + 1) == (story[2:], 1 << POSITION_RANGE)

    # The beginning of an order, before a reset, which is silent, and before a break.
    await host.out.send([1, 2, 3])
    dut.rst.value = 1
    await ClockCycles(dut.clk, 5)
    dut.rst.value = 0
    assert await host.story(0, [1, 0x8001], 2) == ([], 1 << NUMBER_RANGE)
    await host.out.send([4, 5, 6])
    await host.out.hold(0, 12)
    assert await host.answer() == ([], 1 << LINE)

    # A break in a story: the cache is empty then.
    await host.order(0, prompt, full)
    while len(host.heard) < 2:
        await host.out.bits(1)
    await host.out.hold(0, 12)
    assert await host.answer() == (story[:1], 1 << LINE)
    assert await host.story(1, [5], 2) == ([], 1 << START_RANGE)

    # Drawn tokens.
    sampling, model = Sampling.of(1.2, 0.9, 7), model_of(name)
    drawn = [*model.decode([1], 3, model.sampler(sampling))]
    assert drawn != [*model.decode([1], 3)]
    words = zip(sampling.words(image_of(name).formats.logits), (2, 2, 4), strict=True)
    assert await host.story(0, [1], 3, [*words]) == (drawn, 0)

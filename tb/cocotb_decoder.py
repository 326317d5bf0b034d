"""Every tap and probe of the decoder, at every position and layer, against the integer model."""

import itertools
import os
import random

import cocotb
from bench import start, violated
from cocotb.handle import LogicObject
from cocotb.triggers import ClockCycles, RisingEdge
from decoder_cases import STORIES
from decoder_story import Expected, tell

from myllama.rtl.admission import START_BUSY
from myllama.rtl.sequencer import State


async def begin(dut):
    """The case's story, and the decoder fresh from a reset."""
    name = os.environ["CASE"]
    *_, prompt, steps = STORIES[name]
    dut.start.value = 0
    dut.trace_enable.value = dut.trace_layer.value = dut.trace_pos.value = 0
    await start(dut)
    return name, Expected(name, prompt, steps)


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def every_tap_equals_the_model(dut):
    _, expected = await begin(dut)
    assert await tell(dut, expected)


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def a_second_story_starts_clean(dut):
    """After any number of tokens, and without a reset in between."""
    name, expected = await begin(dut)
    for steps in (1, 3, 2):
        await tell(dut, Expected(name, [1, *random.sample(range(2, 9), 2)], steps))
        await ClockCycles(dut.clk, random.randint(1, 4))
    assert await tell(dut, expected)


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def a_start_while_busy_is_told_of(dut):
    """It is not heard, whatever it asks for: the story goes on as it was, but for its status."""
    _, expected = await begin(dut)
    expected.status |= 1 << START_BUSY
    starts, cycles = random.sample(range(1000), 3), itertools.count()

    def interrupt():
        dut.start.value = next(cycles) in starts
        for port in (dut.start_pos, dut.prompt_len, dut.steps):
            port.value = random.randint(1, 3)
        return False

    assert await tell(dut, expected, interrupt)


async def reset(dut):
    """Reset for a cycle or more; nothing is heard of the former story."""
    dut.rst.value, dut.prompt_valid.value = 1, 0
    await ClockCycles(dut.clk, random.randint(1, 3))
    dut.rst.value = 0
    for _ in range(random.randint(1, 30)):
        await RisingEdge(dut.clk)
        for net in (dut.busy, dut.done, dut.token_valid):
            if net.value != 0:
                violated("reset", f"{net._name} 0", net.value)


class Interruption:
    """True at some visit to a state, `delay` cycles later."""

    def __init__(self, dut, state, visit, delay):
        self.net, self.state, self.visit, self.delay = dut.control.state, state, visit, delay
        self.was = 0

    def __call__(self):
        now = int(self.net.value)
        self.visit -= now == self.state and self.was != self.state
        self.was = now
        if self.visit > 0:
            return False
        self.delay -= 1
        return self.delay < 0


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def a_reset_in_any_state_starts_clean(dut):
    """In every state of the sequencer, and in any cycle, before a story that is then told."""
    name, expected = await begin(dut)
    short = Expected(name, [1], 1)
    states = State._names
    once = [states.index(state) for state in ("COMPARE", "JUDGE", "TAKE", "TAKEN", "FINISH")]
    moments = [
        Interruption(dut, state, 1 if state in once else random.randint(1, 2), 0)
        for state in range(1, len(states))
    ]
    wait = states.index("WAIT_K")
    # While K and V come, one element in two cycles: in every phase of a pair.
    moments += [Interruption(dut, wait, 1, delay) for delay in range(64, 88, 5)]
    take = states.index("TAKE")
    moments += [Interruption(dut, take, 1, random.randint(1, 1500)) for _ in range(4)]
    for moment in random.sample(moments, len(moments)):
        ended = await tell(dut, expected, moment)
        assert not ended, f"state {moment.state} was not met"
        await reset(dut)
        await tell(dut, short)


# Known from the first word on, which comes with its valid.
WITH_DATA = ("hot", "turns", "turns_d1", "turns_d2", "turns_d3", "takes", "back")
# Known from the first start on, which sets them, as a reset does not.
STARTED = (
    "decoder.angles.coming",
    "decoder.angles.pair",
    "decoder.angles.u_table.waddr",
    "decoder.angles.odd",
    "decoder.angles.u_cordic.second",
)


def control_nets(scope):
    """Every net of one bit, and every state, from here down."""
    for child in scope:
        if not hasattr(child, "value"):
            yield from control_nets(child)
        elif isinstance(child, LogicObject) or child._name == "state":
            yield child


async def stay_known(dut, nets, known):
    while True:
        await RisingEdge(dut.clk)
        for net in nets:
            if net.value.is_resolvable:
                known.add(net)
            elif net._name == "scores_last" and dut.scores_valid.value == 0:
                # An empty FIFO shows a place that may never have been written.
                continue
            elif net in known or (net._name not in WITH_DATA and net._path not in STARTED):
                violated("unknown", f"{net._path} known", net.value)


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def nothing_unknown_gets_out(dut):
    """From reset on, with memories, and registers, that power up unknown."""
    name, expected = await begin(dut)
    nets, known = [*control_nets(dut)], set()
    dut.token_ready.value, dut.prompt_valid.value = 1, 0
    cocotb.start_soon(stay_known(dut, nets, known))
    assert await tell(dut, Expected(name, expected.prompt, 2))
    assert len(known) == len(nets) > 500

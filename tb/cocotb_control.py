"""What the sequencer commands, and where vectors are placed, against the word geometry."""

import json
import os
import random
from itertools import pairwise

import cocotb
from bench import StreamDriver, start
from cocotb.triggers import ClockCycles, RisingEdge
from test_control import commands, geometry, story_of, vectors

from myllama.rtl.admission import START_BUSY, TOKEN_RANGE
from myllama.rtl.command import VALUES
from myllama.rtl.plan import Plan
from myllama.rtl.progress import TO_ROPE

STORIES = json.loads(os.environ.get("STORIES", "{}"))
FIELDS = ("mode", "act_base", "words", "rows", "weight_addr", "row_addr", "kv_addr", "kv_word")


async def pulse(signal, clk):
    await ClockCycles(clk, random.randint(1, 9))
    signal.value = 1
    await RisingEdge(clk)
    signal.value = 0


async def values_later(dut):
    """No VALUES before they are there."""
    for _ in range(random.randint(1, 20)):
        await RisingEdge(dut.clk)
        assert dut.command_valid.value == 0 or int(dut.command_mode.value) != VALUES
    await pulse(dut.written_kv, dut.clk)


async def engine(dut, log, choices):
    """Take commands, and report the real end that each one leads to."""
    while True:
        dut.command_ready.value = random.random() < 0.5
        await RisingEdge(dut.clk)
        if dut.command_valid.value != 1 or dut.command_ready.value != 1:
            continue
        log.append([int(getattr(dut, f"command_{field}").value) for field in FIELDS])
        dut.command_ready.value = 0
        await RisingEdge(dut.clk)
        await RisingEdge(dut.clk)
        mode, to = log[-1][0], int(dut.progress_to.value)
        if mode in (0, 1) and to < 3:
            ends = (dut.written_x, dut.written_k, dut.written_z)
            await pulse(ends[to], dut.clk)
            if to == TO_ROPE:
                # The values come later, while the scores are in work or waited for.
                cocotb.start_soon(values_later(dut))
        elif mode == 1:
            dut.chosen_data.value = choices.pop(0)
            dut.chosen_valid.value = 1
            await RisingEdge(dut.clk)
            while dut.chosen_ready.value != 1:
                await RisingEdge(dut.clk)
            dut.chosen_valid.value = 0


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(story=[*STORIES])
async def commands_follow_the_story(dut, story):
    g, starts = geometry(os.environ["SHAPE"]), STORIES[story]
    for name in ("start", "written_x", "written_k", "written_kv", "written_z", "chosen_valid"):
        getattr(dut, name).value = 0
    for name, value in vars(Plan(g)).items():
        getattr(dut, f"plan_{name}").value = int(value)
    await start(dut)
    kept = 0
    for start_pos, prompt, chosen, steps, temperature in starts * 2:
        log, said = [], []
        parts = [cocotb.start_soon(engine(dut, log, [*chosen]))]
        parts.append(cocotb.start_soon(StreamDriver(dut, "prompt", signed=False).send(prompt)))
        dut.start_pos.value, dut.prompt_len.value = start_pos, len(prompt)
        dut.steps.value, dut.temperature.value, dut.start.value = steps, temperature, 1
        await RisingEdge(dut.clk)
        dut.start.value = 0
        asked = start_pos, prompt, chosen, steps, temperature
        walk, status, kept = story_of(g, kept, *asked)
        begins = bool(walk) or status == 1 << TOKEN_RANGE
        expected = commands(g, walk)
        if walk and random.random() < 0.5:
            # While busy, a start is not heard, but told of.
            parts.append(cocotb.start_soon(pulse(dut.start, dut.clk)))
            status |= 1 << START_BUSY
        begun = 0
        while dut.done.value != 1:
            dut.token_ready.value = random.random() < 0.5
            await RisingEdge(dut.clk)
            begun += int(dut.progress_story_start.value)
            if dut.token_valid.value == 1 and dut.token_ready.value == 1:
                said.append(int(dut.token_data.value))
        assert begun == begins
        assert said == [following for _, following, _ in walk if following is not None]
        assert int(dut.status.value) == status
        assert len(log) == len(expected)
        for number, (got, want) in enumerate(zip(log, expected, strict=True)):
            for field, value in want.items():
                seen = got[FIELDS.index(field)]
                assert seen == value, f"command {number}, {field}: {seen}, expected {value}"
        for part in parts:
            part.cancel()
        await ClockCycles(dut.clk, 3)


def paced(transfers, pace):
    """Each transfer after up to `pace` pauses, which are None."""
    for index in transfers:
        yield from [None] * random.randint(0, pace)
        yield index


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(vector=["x", "q", "z", "odd"], ways=[1, 2])
async def every_element_has_its_place(dut, vector, ways):
    places = vectors(geometry(os.environ["SHAPE"]))[vector]
    dut = getattr(dut, f"u_place_{vector}_{ways}")
    width = len(dut.din_data) // ways
    transfers = range(0, len(places), ways)

    def word_of(index):
        elements = [(index + way) * 7919 % (1 << width) for way in range(ways)]
        return sum(element << way * width for way, element in enumerate(elements))

    dut.din_valid.value = 0
    await start(dut)
    # Whole vectors one right after the other, then one with pauses.
    moves = [index for pace in (0, 0, 2) for index in paced(transfers, pace)]
    for before, index in pairwise([None, *moves, None]):
        dut.din_valid.value = index is not None
        if index is not None:
            dut.din_data.value = word_of(index)
        await RisingEdge(dut.clk)
        assert dut.din_ready.value == 1
        assert dut.write_enable.value == (before is not None)
        assert dut.written.value == (before == transfers[-1])
        if before is None:
            continue
        word, lane = int(dut.write_word.value), int(dut.write_lane.value)
        assert int(dut.write_data.value) == word_of(before)
        # What fills up an odd vector has a lane of its own.
        assert lane % ways == 0
        for way, place in enumerate(places[before : before + ways]):
            assert place == (word, lane + way), f"element {before + way}: {word}, {lane + way}"

"""Bench of a block that has an argument, a result and an enable, and no stream."""

import random

from bench import run_clock
from cocotb.triggers import FallingEdge


async def follow(dut, argument, result, words, expected, latency, idle):
    """Every word's result after `latency` enabled cycles, and none moves without enable."""
    run_clock(dut.clk)
    entered, held = 0, None
    words = [*words, *words[: latency - 1]]
    await FallingEdge(dut.clk)
    while entered < len(words):
        enable = random.random() >= idle
        dut.enable.value = enable
        argument.value = int(words[entered])
        await FallingEdge(dut.clk)
        entered += enable
        if entered < latency:
            continue
        value = result.value.to_signed()
        index = entered - latency
        if enable:
            assert value == expected[index], f"{words[index]}: {value}, not {expected[index]}"
        else:
            assert held is None or value == held, "moved without enable"
        held = value

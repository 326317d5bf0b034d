"""Registers that move into memories and multipliers, and those that stay."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from myllama.fpga.absorb import absorb


def cell(kind, parameters, **connections):
    outputs = ("Q", "Y")
    return {
        "type": kind,
        "parameters": {name: f"{value:b}" for name, value in parameters.items()},
        "connections": connections,
        "port_directions": {
            port: "output" if port in outputs or port[0] == "P" or port[:2] == "DO" else "input"
            for port in connections
        },
    }


def register(d, q, enable=None):
    if enable is None:
        return cell("$dff", {"CLK_POLARITY": 1, "WIDTH": len(d)}, CLK=[2], D=d, Q=q)
    parameters = {"CLK_POLARITY": 1, "EN_POLARITY": 1, "WIDTH": len(d)}
    return cell("$dffe", parameters, CLK=[2], D=d, Q=q, EN=[enable])


def module(outputs, initial=(), **cells):
    """A module whose clock is bit 2; initial: bits that start at one."""
    names = {f"n{bit}": {"bits": [bit], "attributes": {"init": "1"}} for bit in initial}
    return {
        "ports": {"y": {"direction": "output", "bits": outputs}},
        "cells": cells,
        "netnames": names,
    }


def memory(bit):
    return cell("DP16KD", {"DATA_WIDTH_A": 18, "DATA_WIDTH_B": 18}, DOA0=[bit], CLKA=[2])


def test_a_register_goes_through_the_multiplexer():
    mux = cell("$mux", {"WIDTH": 1}, A=[10], B=[11], S=[12], Y=[13])
    found = module([14], a=memory(10), b=memory(11), m=mux, r=register([13], [14], enable=3))
    assert absorb(found)["DP16KD"] == 2
    cells = found["cells"]
    assert "r" not in cells and cells["m"]["connections"]["Y"] == [14]
    for name in "ab":
        assert cells[name]["parameters"]["REGMODE_A"] == "OUTREG"
        assert cells[name]["connections"]["OCEA"] == [3]
    (late,) = (c for c in cells.values() if c["type"] == "$dffe")
    assert late["connections"]["D"] == [12] and late["connections"]["EN"] == [3]
    assert cells["m"]["connections"]["S"] == late["connections"]["Q"]


@pytest.mark.parametrize(
    "outputs, second",
    [
        ([14, 10], register([11], [15])),  # the memory's word is used without the register
        ([14, 15], register([10], [15])),  # by two registers
    ],
    ids=["outside", "two"],
)
def test_a_memory_that_is_read_elsewhere_stays(outputs, second):
    found = module(outputs, a=memory(10), r=register([10], [14]), s=second)
    before = json.dumps(found)
    assert absorb(found)["DP16KD"] == 0
    assert json.dumps(found) == before


def multiplier(a, b, p):
    pins = {f"A{i}": [bit] for i, bit in enumerate(a + ["0"] * (18 - len(a)))}
    pins |= {f"B{i}": [bit] for i, bit in enumerate(b + ["0"] * (18 - len(b)))}
    return cell("MULT18X18D", {}, **pins, **{f"P{i}": [bit] for i, bit in enumerate(p)})


def test_a_multiplier_with_registers_at_both_ends():
    """A register between two of them becomes the first one's output, and is not counted twice."""
    found = module(
        [40, 20],
        x=register([10], [20]),
        y=register([11], [21]),
        m=multiplier([20], [21], [30]),
        r=register([30], [31]),
        n=multiplier([31], [21], [32]),
        s=register([32], [40], enable=3),
    )
    done = absorb(found)
    assert done["MULT18X18D outputs"] == 2 and done["MULT18X18D inputs"] == 1
    m, n = found["cells"]["m"], found["cells"]["n"]
    assert m["connections"]["A0"] == [10] and m["connections"]["B0"] == [11]
    assert found["cells"]["x"]["connections"]["Q"] == [20]  # read outside
    assert m["connections"]["P0"] == n["connections"]["A0"] == [31]
    assert "REG_INPUTA_CLK" not in n["parameters"]
    assert n["connections"]["P0"] == [40] and n["connections"]["CE0"] == [3]


def test_a_register_that_starts_at_one_stays():
    found = module(
        [31],
        initial=[20],
        x=register([10], [20]),
        y=register([11], [21]),
        m=multiplier([20], [21], [30]),
        r=register([30], [31]),
    )
    done = absorb(found)
    assert done["MULT18X18D inputs"] == 0 and done["MULT18X18D outputs"] == 1


def five_memories():
    """One register behind four multiplexers, each with a select of its own."""
    cells = {f"memory {i}": memory(10 + i) for i in range(5)}
    for i in range(4):
        cells[f"mux {i}"] = cell(
            "$mux", {"WIDTH": 1}, A=[20 + i if i else 10], B=[11 + i], S=[30 + i], Y=[21 + i]
        )
    return module([40], **cells, r=register([24], [40]))


def test_every_run_does_the_same():
    """In which order a set of names comes is another one in every run of Python."""
    code = (
        "import json; from test_absorb import absorb, five_memories; found = five_memories();"
        " assert absorb(found)['DP16KD'] == 5; print(json.dumps(found))"
    )
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=env | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(found) == 1

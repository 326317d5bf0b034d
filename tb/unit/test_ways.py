"""The estimate of a netlist's longest ways, on netlists that are counted by hand."""

import json

import pytest

from myllama.fpga.ways import longest


def cell(kind, outputs, parameters=None, **ports):
    return {
        "type": kind,
        "parameters": parameters or {},
        "connections": {port: [bit] for port, bit in ports.items()},
        "port_directions": {port: "output" if port in outputs else "input" for port in ports},
    }


def write(path, cells):
    bits = {bit for c in cells.values() for net in c["connections"].values() for bit in net}
    names = {f"net_{bit}": {"bits": [bit]} for bit in bits if isinstance(bit, int)}
    module = {"ports": {}, "cells": cells, "netnames": names}
    path.write_text(json.dumps({"modules": {"top": module}}))
    return path


def flip_flop(d, q, **others):
    return cell("TRELLIS_FF", "Q", CLK=2, DI=d, Q=q, **others)


def test_a_sum_behind_a_lut(tmp_path):
    """Two LUTs, a carry, and a register in the slice of the sum."""
    cells = {
        "from": flip_flop("0", 10),
        "lut": cell("LUT4", "Z", A=10, B="0", C="1", D="x", Z=11),
        "low": cell("CCU2C", ("COUT",), A0=11, B0="0", CIN="0", COUT=12),
        "high": cell("CCU2C", ("S0", "S1"), A0="0", CIN=12, S0=13, S1=14),
        "to": flip_flop(13, 15),
    }
    way, *_ = longest(write(tmp_path / "n.json", cells), "top", 1)
    wire = 1.0 + 0.008
    assert way.ns == pytest.approx(0.52 + wire + 0.24 + wire + 0.45 + 0.45 + 0.1)
    assert (way.luts, way.count, way.start, way.end) == (2, 1, "net_#", "net_# DI")


def test_an_enable_with_many_readers(tmp_path):
    """Each reader makes the wire longer, up to a limit; ends of one name are one way."""
    cells = {"from": flip_flop("0", 10)}
    cells |= {f"to_{i}": flip_flop("0", 100 + i, CE=10) for i in range(300)}
    found = longest(write(tmp_path / "n.json", cells), "top", 9)
    assert found[0].ns == pytest.approx(0.52 + 1.0 + 2.0 + 0.1)
    assert (found[0].luts, found[0].count) == (0, 300)


@pytest.mark.parametrize("mode, clocked", [("NOREG", 5.6), ("OUTREG", 0.96)])
def test_a_memory_and_its_register(tmp_path, mode, clocked):
    memory = cell("DP16KD", ("DOA0",), {"REGMODE_A": mode}, ADA0=11, CLKA=2, DOA0=10)
    cells = {"memory": memory, "to": flip_flop(10, 12), "from": flip_flop("0", 11)}
    found = longest(write(tmp_path / "n.json", cells), "top", 2)
    assert found[0].ns == pytest.approx(max(clocked, 0.52) + 1.008 + 0.1)
    assert found[1].ns == pytest.approx(0.52 + 1.008 + 0.1)


@pytest.mark.parametrize(
    "registers, ns",
    [
        ({"REG_INPUTA_CLK": "CLK0", "REG_OUTPUT_CLK": "CLK0"}, 0.9 + 1.008 + 0.1),
        ({"REG_OUTPUT_CLK": "CLK0"}, 0.52 + 1.008 + 3.93 + 0.1),
        ({}, 0.52 + 1.008 + 3.93 + 1.008 + 0.1),
    ],
)
def test_a_product_with_registers_or_without(tmp_path, registers, ns):
    product = cell("MULT18X18D", ("P0",), registers, A0=10, CLK0=2, P0=11)
    cells = {"from": flip_flop("0", 10), "product": product, "to": flip_flop(11, 12)}
    assert longest(write(tmp_path / "n.json", cells), "top", 1)[0].ns == pytest.approx(ns)

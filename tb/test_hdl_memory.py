"""The memories: what they do, what they refuse, and what synthesis makes of them."""

import json
import random
import re
import shutil
import subprocess

import pytest
from hdl_blocks import bit, bits, number
from myhdl import StopSimulation, block, delay, instance

from myllama.hdl.convert import convert
from myllama.hdl.cosim import Mismatch, check
from myllama.hdl.memory import (
    Collision,
    deep_rom,
    ram_at_once,
    ram_lanes,
    ram_sdp,
    ram_tdp,
    rom,
    tail_of,
)

WORDS = tuple(random.Random(2).randrange(1 << 16) for _ in range(32))


def sdp_ports(width=16, address=5, port=bits):
    return {
        "clk": bit(),
        "we": bit(),
        "waddr": bits(address),
        "din": port(width),
        "re": bit(),
        "raddr": bits(address),
        "dout": port(width),
    }


def traffic(rng, ports, depth, write_values, cycles=300):
    """Fill the memory, then write and read at random, never one word at once."""
    low, high = ports["din"].min, ports["din"].max
    for addr in range(depth):
        yield {"we": max(write_values), "waddr": addr, "din": rng.randrange(low, high), "re": 0}
    for _ in range(cycles):
        waddr, raddr = rng.sample(range(depth), 2)
        yield {
            "we": rng.choice(write_values),
            "waddr": waddr,
            "din": rng.randrange(low, high),
            "re": rng.randrange(2),
            "raddr": raddr,
        }


@pytest.mark.parametrize("port", [bits, number], ids=["unsigned", "signed"])
@pytest.mark.parametrize("style", ["block", "distributed"])
def test_ram_sdp(port, style, tmp_path):
    ports = sdp_ports(port=port)
    vectors = list(traffic(random.Random(3), ports, 32, (0, 1)))
    parameters = {"depth": 32, "style": style}
    check(ram_sdp, ports, vectors, tmp_path, "ram", parameters, unread=["dout"])
    assert f'ram_style = "{style}", no_rw_check' in (tmp_path / "ram.v").read_text()


@pytest.mark.parametrize("port", [bits, number], ids=["unsigned", "signed"])
def test_ram_at_once(port, tmp_path):
    """The word that is written is read too: the old one before the clock's edge, then the new."""
    ports = sdp_ports(port=port)
    del ports["re"]
    rng, vectors = random.Random(9), []
    low, high = ports["din"].min, ports["din"].max
    for cycle in range(300):
        waddr = cycle if cycle < 32 else rng.randrange(32)
        vectors.append({"we": cycle < 32 or rng.randrange(2), "waddr": waddr})
        vectors[-1]["raddr"] = rng.choice((waddr, rng.randrange(32))) if cycle >= 32 else 0
        vectors[-1]["din"] = rng.randrange(low, high)
    check(ram_at_once, ports, vectors, tmp_path, "ram", {"depth": 32}, unread=["dout"])


@pytest.mark.parametrize("port", [bits, number], ids=["unsigned", "signed"])
@pytest.mark.parametrize("depth, style", [(16, "distributed"), (32, "block")])
def test_ram_lanes(port, depth, style, tmp_path):
    ports = {**sdp_ports(32, port=port), "we": bits(4)}
    vectors = list(traffic(random.Random(4), ports, depth, (0, 1, 2, 5, 8, 12, 15)))
    parameters = {"depth": depth, "lanes": 4}
    check(ram_lanes, ports, vectors, tmp_path, "ram", parameters, unread=["dout"])
    assert f'ram_style = "{style}", no_rw_check' in (tmp_path / "ram.v").read_text()


@pytest.mark.parametrize("port", [bits, number], ids=["unsigned", "signed"])
def test_ram_tdp(port, tmp_path):
    ports = {"clk": bit()}
    for side in "ab":
        ports |= {f"we_{side}": bit(), f"addr_{side}": bits(5)}
        ports |= {f"din_{side}": port(16), f"dout_{side}": port(16)}
    rng, vectors = random.Random(5), []
    low, high = ports["din_a"].min, ports["din_a"].max
    for cycle in range(300):
        a, b = rng.sample(range(32), 2) if cycle >= 16 else (cycle, 31 - cycle)
        vectors.append({"addr_a": a, "addr_b": b})
        for side in "ab":
            vectors[-1][f"we_{side}"] = 1 if cycle < 16 else rng.randrange(2)
            vectors[-1][f"din_{side}"] = rng.randrange(low, high)
    check(ram_tdp, ports, vectors, tmp_path, "ram", {"depth": 32}, unread=["dout_a", "dout_b"])


@pytest.mark.parametrize("port", [bits, number], ids=["unsigned", "signed"])
def test_rom(port, tmp_path):
    ports = {"clk": bit(), "re": bit(), "addr": bits(5), "dout": port(16)}
    rng = random.Random(6)
    vectors = [{"re": rng.randrange(2), "addr": rng.randrange(32)} for _ in range(200)]
    parameters = {"words": WORDS, "initfile": "words.hex"}
    check(rom, ports, vectors, tmp_path, "lookup", parameters, unread=["dout"])
    assert [int(line, 16) for line in (tmp_path / "words.hex").read_text().split()] == list(WORDS)


@pytest.mark.parametrize("depth, tail", [(56, 0), (512, 0), (513, 1), (576, 64), (577, 0)])
def test_tail_of_a_rom(depth, tail):
    assert tail_of(depth) == tail


@pytest.mark.parametrize("depth", [513, 1080, 1537])
def test_deep_rom(depth, tmp_path):
    """The words around the border, on every way across it."""
    words = tuple(random.Random(7).randrange(1 << 16) for _ in range(depth))
    ports = {"clk": bit(), "addr": bits(depth.bit_length()), "dout": bits(16)}
    border, rng = depth - tail_of(depth), random.Random(8)
    near = [0, border - 1, border, depth - 1]
    vectors = [{"addr": a} for first in near for second in near for a in (first, second)]
    vectors += [{"addr": rng.randrange(depth)} for _ in range(200)]
    parameters = {"words": words, "initfile": "head.hex", "tail_initfile": "tail.hex"}
    check(deep_rom, ports, vectors, tmp_path, "lookup", parameters, unread=["dout"])
    written = "".join((tmp_path / f"{name}.hex").read_text() for name in ("head", "tail"))
    assert [int(line, 16) for line in written.split()] == list(words)


def simulate(function, ports, values, **parameters):
    """One clock edge with these values at the ports."""

    @block
    def bench():
        dut = function(**ports, **parameters)

        @instance
        def drive():
            for name, value in values.items():
                ports[name].next = value
            yield delay(1)
            ports["clk"].next = 1
            yield delay(1)
            raise StopSimulation

        return dut, drive

    simulation = bench()
    try:
        simulation.run_sim(quiet=1)
    finally:
        simulation.quit_sim()


def test_reading_what_is_written_stops_the_simulation():
    busy = {"we": 1, "re": 1, "waddr": 7, "raddr": 7}
    with pytest.raises(Collision, match="ram_sdp: address 7 "):
        simulate(ram_sdp, sdp_ports(), busy, depth=32)
    with pytest.raises(Collision, match="ram_lanes: address 7 "):
        simulate(ram_lanes, {**sdp_ports(32), "we": bits(4)}, {**busy, "we": 2}, depth=32, lanes=4)
    simulate(ram_sdp, sdp_ports(), {**busy, "re": 0}, depth=32)
    simulate(ram_sdp, sdp_ports(), {**busy, "raddr": 6}, depth=32)


def test_two_ports_at_one_word_stop_the_simulation():
    ports = {"clk": bit()}
    for side in "ab":
        ports |= {f"we_{side}": bit(), f"addr_{side}": bits(5)}
        ports |= {f"din_{side}": bits(16), f"dout_{side}": bits(16)}
    with pytest.raises(Collision, match="ram_tdp: address 3 "):
        simulate(ram_tdp, ports, {"addr_a": 3, "addr_b": 3, "we_b": 1}, depth=32)
    simulate(ram_tdp, ports, {"addr_a": 3, "addr_b": 3}, depth=32)


def test_contents_are_unknown_at_power_up(tmp_path):
    vectors = [
        {"we": 1, "waddr": 3, "din": 7},
        {"we": 0, "re": 1, "raddr": 3},
        {"raddr": 4},
        {"re": 0},
    ]
    with pytest.raises(Mismatch, match="cycle 3, dout: .* " + "x" * 16):
        check(ram_sdp, sdp_ports(), vectors, tmp_path, "ram", {"depth": 32}, unread=["dout"])


def instances():
    """Memories of the sizes that an accelerator has."""
    lanes = {**sdp_ports(64, 9), "we": bits(8)}
    at_once = sdp_ports(8, 4)
    del at_once["re"]
    tdp = {"clk": bit()}
    for side in "ab":
        tdp |= {f"we_{side}": bit(), f"addr_{side}": bits(10)}
        tdp |= {f"din_{side}": bits(16), f"dout_{side}": bits(16)}
    reader = {"clk": bit(), "re": bit(), "addr": bits(10), "dout": bits(16)}
    words = tuple((i * 40503) % 65536 for i in range(1024))
    return {
        "sdp": ram_sdp(**sdp_ports(16, 10), depth=1024),
        "lut_ram": ram_sdp(**sdp_ports(8, 4), depth=16, style="distributed"),
        "at_once": ram_at_once(**at_once, depth=16),
        "lanes": ram_lanes(**lanes, depth=512, lanes=8),
        "tdp": ram_tdp(**tdp, depth=1024),
        "lookup": rom(**reader, words=words, initfile="lookup.hex"),
    }


@pytest.mark.parametrize("name", ["sdp", "lut_ram", "at_once", "lanes", "tdp", "lookup"])
def test_tools_have_nothing_to_say(name, tmp_path):
    [path] = convert(instances()[name], tmp_path, name)
    commands = [["iverilog", "-g2005", "-Wall", "-t", "null", path.name]]
    if shutil.which("verilator"):
        commands.append(["verilator", "--lint-only", "-Wall", path.name])
    for command in commands:
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout + ran.stderr) == (0, ""), command


@pytest.mark.synth
@pytest.mark.timeout(600)
def test_memories_map_to_memory_cells(yosys, tmp_path):
    """Block RAM for "block", LUT RAM for "distributed", and not one flip-flop for contents."""
    script = []
    for name, instance_of in instances().items():
        convert(instance_of, tmp_path, name)
        script += ["design -reset", f"read_verilog {name}.v", f"synth_ecp5 -top {name}"]
        script.append(f"tee -q -o {name}.json stat -json")
    subprocess.run([yosys, "-q", "-p", "; ".join(script)], cwd=tmp_path, check=True, timeout=500)
    cells = {}
    for name in instances():
        stat = json.loads((tmp_path / f"{name}.json").read_text())
        cells[name] = stat["design"]["num_cells_by_type"]
    print(cells)
    for name in ("sdp", "lanes", "tdp", "lookup"):
        kinds = set(cells[name])
        assert "DP16KD" in kinds, cells[name]
        assert not [k for k in kinds if re.match(r"TRELLIS_FF|LUT4|PFUMX|TRELLIS_DPR", k)], kinds
    assert cells["sdp"]["DP16KD"] == cells["tdp"]["DP16KD"] == cells["lookup"]["DP16KD"] == 1
    assert "TRELLIS_DPR16X4" in cells["lut_ram"]
    assert "DP16KD" not in cells["lut_ram"]
    assert cells["lut_ram"].get("TRELLIS_FF", 0) <= 8  # the output register
    assert set(cells["at_once"]) == {"TRELLIS_DPR16X4"}

"""rtl.kv_cache against model.kv_cache: every word of every shape, on the generated Verilog."""

import random

import pytest
from kv_asks import FIELDS, enables
from kv_reads import cache_of
from myhdl import ResetSignal
from shapes import SHAPES

from myllama.config import PROFILES
from myllama.geometry import Geometry
from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.command import KvRead
from myllama.rtl.kv_cache import kv_cache
from myllama.rtl.stream import VectorStream, flag, up_to


def make(geometry):
    base, pos = up_to(geometry.kv_depth - 1), up_to(geometry.config.seq_len - 1)
    din, read = VectorStream(geometry.profile.act_width, geometry.ways), KvRead(geometry)
    return kv_cache(
        flag(), ResetSignal(0, 1, False), din, base, pos, read, flag(), flag(), geometry
    )


# shape, lanes; a transfer of the pair is a whole word
POINTS = [
    ("mha", 4), ("mha", 64), ("gqa", 8), ("gqa", 16), ("mqa", 4), ("mqa", 64), ("three", 16),
    ("long", 8), ("long", 16), ("260K", 64), ("pair", 8), ("three", 64), ("260K", 128),
]  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("shape, lanes", POINTS)
def test_kv_cache(hdl, tmp_path, shape, lanes, profile):
    geometry = Geometry(SHAPES[shape], PROFILES[profile], lanes)
    files = convert(make(geometry), tmp_path, "kv_cache")
    env = {"SHAPE": shape, "LANES": lanes, "PROFILE": profile}
    hdl("kv_cache", files, "cocotb_kv_cache", "reads_back_what_the_model_stores", env)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("shape, lanes", [("three", 16), ("mqa", 4), ("mha", 32)])
def test_overlap(hdl, tmp_path, shape, lanes, profile):
    geometry = Geometry(SHAPES[shape], PROFILES[profile], lanes)
    files = convert(make(geometry), tmp_path, "kv_cache")
    env = {"SHAPE": shape, "LANES": lanes, "PROFILE": profile}
    hdl("kv_cache", files, "cocotb_kv_cache", "no_offset_of_the_reads_changes_a_result", env)


def stimulus(g, rng):
    """Positions of every layer written with pauses, each read back, fresh and old."""
    none = dict.fromkeys(FIELDS, 0)
    c, cycles = g.config, [{"rst": 1, "din_valid": 0, **none}] * 2
    top, old = 1 << g.profile.act_width - 1, []
    for pos in range(3):
        for layer in range(c.n_layers):
            base = layer * g.kv_words * g.kv_rows
            place = {"rst": 0, "base": base, "pos": pos, **none}
            for _ in range(2 * c.kv_dim // g.ways):
                # Slow enough that no transfer waits for a bank.
                data = 0
                for _ in range(g.ways):
                    x = rng.randrange(-top, top) >> rng.randrange(g.profile.act_width)
                    data = data << g.profile.act_width | x & 2 * top - 1
                cycles.append({**place, "din_valid": 1, "din_data": data})
                pause = 2 + g.parts * g.kv_chan * g.kv_per_group // c.head_dim
                cycles += [{"din_valid": 0}] * pause
            cycles += [{"din_valid": 0}] * (2 * g.kv_words * g.kv_chan * g.kv_per_group + 12)
            for i in range(g.kv_words):
                for value in (0, 1):
                    addr = base + i * g.kv_rows + pos // g.ways
                    asked = {"value": value, "addr": addr, "kv_word": i}
                    cycles.append({**asked, **enables(g.ways, pos % 2, value, 1)})
                    # Not before every way's memory has it.
                    if pos % g.ways == g.ways - 1:
                        old.append({**asked, **enables(g.ways, pos % 2, value, 0)})
            rng.shuffle(old)
            cycles += [*old, *[none] * 6]
    return cycles


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "shape, lanes", [("three", 16), ("mqa", 4), ("mha", 16), ("mha", 32), ("pair", 8)]
)
def test_kv_cache_in_myhdl_equals_verilog(tmp_path, shape, lanes, profile):
    g = Geometry(SHAPES[shape], PROFILES[profile], lanes)
    read = KvRead(g)
    ports = {
        "clk": flag(),
        "rst": ResetSignal(0, 1, False),
        "din": VectorStream(g.profile.act_width, g.ways),
        "base": up_to(g.kv_depth - 1),
        "pos": up_to(g.config.seq_len - 1),
        **{name: getattr(read, name) for name in FIELDS},
        "value": read.value,
        "addr": read.addr,
        "kv_word": read.kv_word,
        "k_done": flag(),
        "done": flag(),
        "data": read.data,
    }
    check(cache_of, ports, stimulus(g, random.Random(1)), tmp_path, "cache_of", {"geometry": g})

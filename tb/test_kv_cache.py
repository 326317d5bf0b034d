"""rtl.kv_cache against model.kv_cache: every word of every shape, on the generated Verilog."""

import pytest
from myhdl import ResetSignal
from shapes import SHAPES

from myllama.config import PROFILES
from myllama.geometry import Geometry
from myllama.hdl.convert import convert
from myllama.rtl.command import KvRead
from myllama.rtl.kv_cache import kv_cache
from myllama.rtl.stream import Stream, flag, up_to


def make(geometry):
    base, pos = up_to(geometry.kv_depth - 1), up_to(geometry.config.seq_len - 1)
    din, read = Stream(geometry.profile.act_width), KvRead(geometry)
    return kv_cache(flag(), ResetSignal(0, 1, False), din, base, pos, read, flag(), geometry)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("lanes", [4, 8, 16, 64])
@pytest.mark.parametrize("shape", SHAPES)
def test_kv_cache(hdl, tmp_path, shape, lanes, profile):
    geometry = Geometry(SHAPES[shape], PROFILES[profile], lanes)
    files = convert(make(geometry), tmp_path, "kv_cache")
    env = {"SHAPE": shape, "LANES": lanes, "PROFILE": profile}
    hdl("kv_cache", files, "cocotb_kv_cache", "reads_back_what_the_model_stores", env)

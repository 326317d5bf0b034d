"""rtl.engine against integers: every mode, shape and lane count, on the generated Verilog."""

import pytest
from myhdl import ResetSignal
from shapes import SHAPES, random_image

from myllama.config import PROFILES
from myllama.hdl.convert import convert
from myllama.layout import Layout
from myllama.rtl.command import ActWrite, Command, KvRead
from myllama.rtl.engine import engine
from myllama.rtl.stream import RowStream, SlotStream, flag

CASES = ["idle_and_stall", "keeps_its_rate"]


def make(layout, image, reset):
    p = image.profile
    command = Command(layout, len(layout.weights), len(layout.rows))
    rows = RowStream(layout.acc_width, p.scale_width, 6)
    streams = SlotStream(layout.slots, 18), SlotStream(layout.slots, 18)
    return engine(
        flag(), reset, command, ActWrite(layout), KvRead(layout), streams[0], rows, streams[1],
        flag(), layout, layout.weights, layout.rows, image.score_shift, image.embed_shift,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "shape, lanes",
    [("mha", 4), ("mha", 16), ("gqa", 8), ("gqa", 16), ("mqa", 4), ("mqa", 16), ("three", 8),
     ("three", 16), ("long", 8), ("long", 16), ("260K", 64)],
)  # fmt: skip
def test_engine(hdl, tmp_path, shape, lanes, profile, case):
    image = random_image(SHAPES[shape], PROFILES[profile])
    layout = Layout(image, lanes)
    files = convert(make(layout, image, ResetSignal(0, 1, False)), tmp_path, "engine")
    env = {"SHAPE": shape, "LANES": lanes, "PROFILE": profile, "HEX": tmp_path}
    hdl("engine", files, "cocotb_engine", case, env)

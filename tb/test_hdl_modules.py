"""The modules that conversion writes: hierarchy, names, initial values, and what they do."""

import random
import re
import shutil
import subprocess

import pytest
from hdl_blocks import bit, bits, machine, number, ports, rounded
from myhdl import Signal, _simulator, always, always_comb, block, intbv

from myllama.hdl.convert import convert
from myllama.hdl.cosim import Mismatch, check
from myllama.hdl.elaborate import insts
from myllama.hdl.memory import ram_sdp

RNG = random.Random(1)


@pytest.fixture(scope="module")
def verilog(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    return {path.stem: path for path in convert(machine(**ports()), folder, "machine")}


def text(verilog, name):
    return verilog[name].read_text()


def test_one_module_per_kind_of_block(verilog):
    kinds = ["control", "lane", "machine", "ram_sdp", "rom", "rounded", "rounded_2"]
    assert sorted(verilog) == kinds
    assert list(verilog)[-1] == "machine"
    for name in verilog:
        assert len(re.findall(r"(?m)^module ", text(verilog, name))) == 1
        assert f"module {name} (" in text(verilog, name)


def test_instances_have_the_names_of_their_variables(verilog):
    top = text(verilog, "machine")
    for instance in ("control u_control", "lane u_lane_0", "lane u_lane_1", "rom u_weights"):
        assert f"{instance} (" in top
    assert ".w(word[7:0])" in top
    assert ".w(word[15:8])" in top


def test_later_simulations_have_nothing_of_a_conversion_or_a_check(tmp_path):
    """MyHDL visits every signal it keeps, at both ends of every simulation."""
    design, signals = machine(**ports()), ports()
    kept = len(_simulator._signals)
    convert(design, tmp_path, "machine")
    check(machine, signals, [{"rst": 1}, {"rst": 0}], tmp_path, "machine", unread=("held",))
    assert len(_simulator._signals) == kept


def test_states_are_localparams(verilog):
    control = text(verilog, "control")
    for state, code in (("IDLE", "00"), ("RUN", "01"), ("FLUSH", "10")):
        assert re.search(rf"\b{state} = 2'b{code}", control)
    assert "state <= RUN;" in control


def test_unused_members_are_not_ports(verilog):
    assert "spare" not in "".join(text(verilog, name) for name in verilog)


def test_fixed_signals_are_constants_above_and_ports_below(verilog):
    assert re.search(r"plan_rows = 4'd9;", text(verilog, "machine"))
    assert re.search(r"input  wire \[3:0\] plan_rows", text(verilog, "control"))


def test_docstrings_are_comments(verilog):
    assert "// acc <- 0 on clear" in text(verilog, "lane")


def test_rom_contents_are_written(verilog):
    lines = (verilog["machine"].parent / "weights.hex").read_text().split()
    assert lines[:2] == ["000b", "0030"]
    assert len(lines) == 16


def test_machine_equals_its_verilog(tmp_path):
    vectors = [{"rst": 1}, {"rst": 0}]
    for _ in range(400):
        vectors.append(
            {
                "start": int(RNG.random() < 0.3),
                "din_data": RNG.randrange(256),
                "din_valid": 0,
            }
        )
    cycles = check(machine, ports(), vectors, tmp_path, "machine", unread=["held", "y"])
    assert cycles == len(vectors) - 1


@block
def registers(clk, a, y):
    """Starts at 5, without a reset; y also depends on a register that never changes."""
    q, frozen = Signal(intbv(5)[8:]), Signal(intbv(3)[4:])

    @always(clk.posedge)
    def step():
        q.next = (q + a) & 255
        frozen.next = frozen

    @always_comb
    def choose():
        if frozen == 3:
            y.next = q
        else:
            y.next = 0

    return insts()


def test_registers_start_with_their_initial_values(tmp_path):
    vectors = [{"a": 0}] + [{"a": RNG.randrange(256)} for _ in range(20)]
    sample = {"clk": bit(), "a": bits(8), "y": bits(8)}
    assert check(registers, sample, vectors, tmp_path, "registers") == 21


@pytest.mark.parametrize("generation", ["2005", "2012"])
def test_combinational_blocks_run_at_time_zero(generation, tmp_path):
    files = convert(registers(bit(), bits(8), bits(8)), tmp_path, "registers")
    bench = tmp_path / "bench.v"
    bench.write_text(
        "module bench; wire [7:0] y; registers dut (.clk(1'b0), .a(8'd0), .y(y));"
        ' initial begin #1 $write("%b", y); end endmodule\n'
    )
    program = tmp_path / "bench.vvp"
    subprocess.run(["iverilog", f"-g{generation}", "-o", program, bench, *files], check=True)
    ran = subprocess.run(["vvp", "-n", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "00000101"


@block
def beyond(clk, a, i, y):
    """Reads bits that may lie above the word."""
    six, s = bits(6), number(6)

    @always_comb
    def words():
        six.next = a[6:]
        s.next = a[6:].signed()

    @always_comb
    def read():
        y.next[0] = six[i]
        y.next[1] = s[i]
        y.next[4:2] = six[i + 2 : i]
        y.next[8:4] = s[i + 4 : i]

    return insts()


def test_bits_above_the_word_are_those_of_python(tmp_path):
    vectors = [{"a": a, "i": i} for a in (0, 37, 63, 26) for i in range(16)]
    sample = {"clk": bit(), "a": bits(8), "i": bits(4), "y": bits(8)}
    assert check(beyond, sample, vectors, tmp_path, "beyond") == 64


def test_check_reports_the_first_difference(tmp_path, monkeypatch):
    def broken(*args):
        files = convert(*args)
        path = next(file for file in files if file.stem == "registers")
        path.write_text(path.read_text().replace("q <= (q + a)", "q <= (q - a)"))
        return files

    monkeypatch.setattr("myllama.hdl.cosim.convert", broken)
    vectors = [{"a": 0}, {"a": 1}, {"a": 0}]
    sample = {"clk": bit(), "a": bits(8), "y": bits(8)}
    with pytest.raises(Mismatch, match="registers: cycle 2, y: MyHDL 00000110"):
        check(registers, sample, vectors, tmp_path, "registers")


def run_quietly(*command):
    ran = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout + ran.stderr == ""


def test_icarus_has_nothing_to_say(verilog):
    run_quietly("iverilog", "-g2005", "-Wall", "-t", "null", *verilog.values())


@pytest.mark.skipif(not shutil.which("verilator"), reason="verilator is not installed")
def test_verilator_has_nothing_to_say(verilog):
    folder = verilog["machine"].parent
    run_quietly(
        "verilator",
        "--lint-only",
        "-Wall",
        "--top-module",
        "machine",
        "-y",
        folder,
        verilog["machine"],
    )


@pytest.mark.parametrize("word", ["logic", "always_comb", "always_ff", "disable", "`timescale"])
def test_no_systemverilog(verilog, word):
    # Attributes have strings, and rom_style may be "logic".
    code = [re.sub(r'"[^"]*"', "", text(verilog, name)) for name in verilog]
    assert not any(re.search(rf"{word}\b", module) for module in code)


def test_a_cast_is_not_systemverilog(verilog):
    assert not any(re.search(r"\d'\(", text(verilog, name)) for name in verilog)


@block
def stored(clk, we, addr, value, found):
    """`value` leaves, and a memory inside reads it."""
    u_memory = ram_sdp(clk, we, addr, value, we, addr, found, 16)

    @always_comb
    def show():
        value.next = addr

    return insts()


@block
def half_heard(clk, we, addr, found):
    value = bits(8)
    u_stored = stored(clk, we, addr, value, found)
    return insts()


def test_an_output_that_only_its_own_block_reads_is_unheard(tmp_path):
    top = half_heard(bit(), bit(), bits(4), bits(8))
    files = convert(top, tmp_path, "half_heard")
    assert re.search(r"nothing listens to.\n.*\nwire \[7:0\] value;", files[-1].read_text())


@block
def many(clk, wide, out):
    """64 lanes on one word of 2048 bits."""
    results = [number(8) for _ in range(64)]
    parts = [wide(32 * (i + 1), 32 * i) for i in range(64)]
    words = [number(32) for _ in range(64)]
    u_word = [register(clk, parts[i], words[i]) for i in range(64)]
    u_rounded = [rounded(words[i], results[i], 9) for i in range(64)]

    @always(clk.posedge)
    def last():
        out.next = results[63]

    return insts()


@block
def register(clk, d, q):
    @always(clk.posedge)
    def load():
        q.next = d.signed()

    return insts()


@pytest.mark.timeout(60)
def test_128_instances_convert(tmp_path):
    files = convert(many(bit(), bits(2048), number(8)), tmp_path, "many")
    assert [file.stem for file in files] == ["register", "rounded", "many"]
    assert files[-1].read_text().count(") u_") + files[-1].read_text().count(" u_") >= 128

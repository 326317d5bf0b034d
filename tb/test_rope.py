"""rtl.rope_table and rtl.rope: generated Verilog against the model and the MyHDL source."""

import pytest
from myhdl import ResetSignal, always_seq, block
from stimulus import random_stimulus, side_by_side

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.rope import rope
from myllama.rtl.rope_table import TRIG_WIDTH, fill_cycles, rope_table
from myllama.rtl.stream import VectorStream, flag, up_to, word
from myllama.tables import TRIG_FRAC

# dim, kv_dim, head_dim, act_width
SHAPES = [(64, 32, 8, 16), (12, 4, 4, 12), (8, 4, 2, 8), (96, 48, 48, 16)]
# head_dim, positions
TABLES = [(2, 5), (4, 64), (8, 512), (48, 1024)]


def common(head_dim):
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "re": flag(),
        "raddr": up_to(max(head_dim // 2 - 1, 1)),
        "cosine": word(TRIG_WIDTH),
        "sine": word(TRIG_WIDTH),
    }


def table_ports(head_dim, positions):
    own = {"start": flag(), "pos": up_to(positions - 1), "valid": flag()}
    return {**common(head_dim), **own}


@block
def read_table(
    clk, rst, start, pos, valid, re, raddr, entry_valid, entry_cosine, entry_sine, head_dim
):
    """A rope_table whose answer is unknown, and not compared, before a read."""
    table = rope_table(clk, rst, start, pos, valid, re, raddr, entry_cosine, entry_sine, head_dim)

    @always_seq(clk.posedge, reset=rst)
    def answer():
        entry_valid.next = re

    return table, answer


def ports(shape, ways):
    own = {"din": VectorStream(32, ways), "dout": VectorStream(shape[3], ways)}
    return {**common(shape[2]), **own, "table_valid": flag()}


def parameters(shape):
    return dict(zip(("dim", "kv_dim", "head_dim"), shape, strict=False))


@pytest.mark.parametrize("head_dim, positions", TABLES)
def test_rope_table(hdl, tmp_path, head_dim, positions):
    dut = rope_table(**table_ports(head_dim, positions), head_dim=head_dim)
    sources = convert(dut, tmp_path, "rope_table")
    env = {"HEAD_DIM": head_dim, "POSITIONS": positions}
    hdl("rope_table", sources, "cocotb_rope", "entries_of_positions", env)


@pytest.mark.parametrize("head_dim, positions", TABLES[:3])
def test_rope_table_in_myhdl_equals_verilog(tmp_path, head_dim, positions):
    period = fill_cycles(head_dim) + 10
    stimulus = []
    for pos in (0, positions - 1, positions // 3):
        stimulus.append({"rst": not stimulus, "start": 0, "re": 0, "raddr": 0, "pos": pos})
        stimulus += [{"rst": 0, "start": 1}, {"start": 0}, *[{}] * (period - 2)]
        for pair in range(head_dim // 2):
            stimulus.append({"re": 1, "raddr": pair})
    made = table_ports(head_dim, positions)
    made |= {f"entry_{name}": made.pop(name) for name in ("cosine", "sine")}
    made["entry_valid"] = flag()
    check(read_table, made, stimulus, tmp_path, "read_table", {"head_dim": head_dim})


@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rope(hdl, tmp_path, shape, ways):
    sources = convert(rope(**ports(shape, ways), **parameters(shape)), tmp_path, "rope")
    names = ("DIM", "KV_DIM", "HEAD_DIM", "ACT_WIDTH")
    env = dict(zip(names, shape, strict=True), WAYS=ways)
    hdl("rope", sources, "cocotb_rope", "rows_of_positions", env)


@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rope_in_myhdl_equals_verilog(tmp_path, shape, ways):
    inputs = ["cosine", "sine", "din_data", "din_valid", "table_valid", "dout_ready"]
    one = 1 << TRIG_FRAC
    factors = (0, one, -one, 46341, -46341, 12345)
    choices = {"cosine": factors, "sine": factors, "din_data": side_by_side(32, ways)}
    stimulus = random_stimulus(ports(shape, ways), inputs, 1500, choices=choices)
    check(rope, ports(shape, ways), stimulus, tmp_path, "rope", parameters(shape))

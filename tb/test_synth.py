"""The whole decoder through Yosys: every memory and every product in the cells meant for it."""

import json

import pytest
from synth_area import LANES, TABLE, cells, small_decoder

from myllama.synth import synthesize

pytestmark = pytest.mark.synth

AREA = json.loads(TABLE.read_text())
TOLERANCE = 0.05  # of the LUTs and flip-flops, per block; the rest is exact
LOGIC = {"LUT4", "CCU2C", "FF"}
BLOCK_RAM = {
    "dot_products.weight_memory.memory",
    "dot_products.row_memory",
    "cache.keys.memory_0",
    "cache.vals.memory_0",
    "attention_weights.u_scores",
    "stream.u_gains",
    "stream.u_x",
    "choose.u_weigh.kept",
}
LUT_RAM = {
    "dot_products.act_memory",
    "dot_products.row_fifo.store",
    "dot_products.score_fifo.store",
    "attention_weights.u_fifo.store",
    "cache.packer.store",
    "cache.keys.row",
    "cache.vals.row",
    "angles.u_table",
    "choose.u_draw.first.u_sums",
    "choose.u_draw.deep.u_sums",
}


@pytest.fixture(scope="module")
def area(yosys, tmp_path_factory):
    result = small_decoder(tmp_path_factory.mktemp("decoder"))
    print(*result.lines(), sep="\n")
    return result


def test_every_memory_is_in_memory_cells(area):
    assert area.registers == ()
    kinds = {name: set(cells) for name, cells in area.memories.items()}
    expected = {name: {"DP16KD"} for name in BLOCK_RAM}
    assert kinds == expected | {name: {"TRELLIS_DPR16X4"} for name in LUT_RAM}


def test_every_lane_has_a_multiplier(area):
    """One each, and no more: the engine multiplies nothing else."""
    assert area.blocks["dot_products"]["MULT18X18D"] == LANES


def test_cells_of_each_block(area):
    """A change of cost is a change of area.json, which make area writes."""
    found = cells(area)
    assert found.keys() == AREA.keys()
    for name, row in found.items():
        for column, count in row.items():
            told = AREA[name][column]
            expected = pytest.approx(told, rel=TOLERANCE) if column in LOGIC else told
            assert count == expected, (name, column)


@pytest.mark.parametrize(
    "writes, name",
    [
        ("begin mem[a] <= c[0]; mem[b] <= c[1]; end", "block.mem"),  # two at once
        ("for (i = 0; i < 4; i = i + 1) mem[i] <= c[0];", "mem"),  # a reset, say
    ],
    ids=["ports", "loop"],
)
def test_a_memory_in_flip_flops_is_reported(yosys, tmp_path, writes, name):
    (tmp_path / "decoder.v").write_text(f"""\
module decoder (input wire clk, input wire we, input wire [1:0] a, b, c, output wire y);
    block u_block (.clk(clk), .we(we), .a(a), .b(b), .c(c), .y(y));
endmodule

module block (input wire clk, input wire we, input wire [1:0] a, b, c, output reg y);
reg mem [0:3];
integer i;

always @(posedge clk) begin
    if (we) {writes}
    y <= mem[a];
end

endmodule
""")
    result = synthesize([tmp_path / "decoder.v"], progress=print)
    assert result.registers == (name,)
    assert [*result.lines()][-1].split() == [name, "flip-flops"]
    assert not result.memories
    assert 2 <= result.total["TRELLIS_FF"] <= 5

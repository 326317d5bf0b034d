"""The whole decoder through Yosys: every memory and every product in the cells meant for it."""

import pytest

from myllama.checkpoint import random_checkpoint
from myllama.config import PROFILES, ModelConfig
from myllama.quantize import quantize
from myllama.rtl.build import convert
from myllama.synth import CELLS, synthesize

pytestmark = pytest.mark.synth

CONFIG, PROFILE, LANES = ModelConfig(16, 16, 1, 4, 2, 32, 16, True), "compact", 4
# instance: flip-flops, DP16KD, DPR16X4, MULT18X18D
AREA = {
    "control": [83, 0, 0, 1],
    "dot_products": [1215, 2, 37, 4],
    "attention_weights": [529, 1, 0, 2],
    "scale_rows": [330, 0, 0, 4],
    "distribute": [0, 0, 0, 0],
    "stream": [233, 2, 0, 2],
    "root_mean_square": [422, 0, 0, 5],
    "angles": [214, 0, 9, 2],
    "turn": [176, 0, 0, 2],
    "part_queries": [6, 0, 0, 0],
    "cache": [606, 3, 27, 0],
    "gate": [1043, 0, 0, 5],
    "choose": [43, 0, 0, 0],
    "place_x": [18, 0, 0, 0],
    "place_q": [16, 0, 0, 0],
    "place_z": [18, 0, 0, 0],
    "merged": [0, 0, 0, 0],
    "decoder": [0, 0, 0, 0],
}
TOLERANCE = 0.05  # of the flip-flops, per block; the rest is exact
BLOCK_RAM = {
    "dot_products.weight_memory",
    "dot_products.row_memory",
    "cache.keys.memory_0",
    "cache.vals.memory_0",
    "attention_weights.u_scores",
    "stream.u_gains",
    "stream.u_x",
}
LUT_RAM = {
    "dot_products.act_memory",
    "dot_products.row_fifo.store",
    "dot_products.score_fifo.store",
    "cache.packer.store",
    "cache.keys.row",
    "cache.vals.row",
    "angles.u_table",
}


@pytest.fixture(scope="module")
def area(yosys, tmp_path_factory):
    image = quantize(random_checkpoint(CONFIG, seed=4), PROFILES[PROFILE])
    sources = convert(image, LANES, tmp_path_factory.mktemp("decoder"))
    result = synthesize(sources, progress=print)
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
    columns = [CELLS[column] for column in ("FF", "DP16KD", "DPR16X4", "MULT18X18D")]
    found = {name: [cells[kind] for kind in columns] for name, cells in area.blocks.items()}
    assert {name: cells[1:] for name, cells in found.items()} == {
        name: cells[1:] for name, cells in AREA.items()
    }
    flip_flops = {name: cells[0] for name, cells in found.items()}
    assert flip_flops == {n: pytest.approx(cells[0], rel=TOLERANCE) for n, cells in AREA.items()}


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

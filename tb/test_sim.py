"""The simulation back ends, on a small top with the decoder's ports."""

from types import SimpleNamespace

import pytest

from myllama.config import PROFILES, ModelConfig
from myllama.errors import InputError
from myllama.sim import Rtl

# The next token is the table entry of the last one; 100 cycles each.
TOP = """
module decoder (clk, rst, start, start_pos, prompt_len, steps,
                temperature, topp, seed, prompt_data, prompt_valid, prompt_ready,
                token_data, token_valid, token_ready, busy, done, status,
                trace_enable, trace_layer, trace_pos, trace_valid, trace_tap, trace_index,
                trace_value, trace_busy, trace_lost);
    input clk, rst, start, prompt_valid, token_ready;
    input [4:0] start_pos, prompt_len, steps;
    input [22:0] temperature;
    input [23:0] topp;
    input [63:0] seed;
    input [3:0] prompt_data;
    output prompt_ready;
    output reg token_valid, busy, done;
    output reg [3:0] token_data;
    output reg [5:0] status;
    input trace_enable, trace_layer;
    input [3:0] trace_pos;
    output trace_valid, trace_busy, trace_lost;
    output [3:0] trace_tap, trace_index;
    output [31:0] trace_value;
    assign {trace_valid, trace_busy, trace_lost, trace_tap, trace_index, trace_value} = 0;
    kv_cache cache ();
    reg [3:0] table_ [0:15];
    initial $readmemh("table.hex", table_);
    reg [6:0] wait_;
    reg [4:0] pos;
    reg first;
    assign prompt_ready = busy && wait_ == 0 && !token_valid;
    wire forced = pos < prompt_len;
    always @(posedge clk) begin
        done <= 0;
        if (rst) begin busy <= 0; token_valid <= 0; status <= 0; end
        else if (start) begin busy <= 1; pos <= 0; wait_ <= 0; first <= 1; end
        else if (busy && wait_ != 0) wait_ <= wait_ - 1;
        else if (token_valid) begin
            if (token_ready) begin
                token_valid <= 0;
                if (pos > steps || pos > 16 || token_data == 1) begin
                    busy <= 0; done <= 1; status <= pos > 16 ? 2 : 0;
                end else wait_ <= 98;
            end
        end else if (busy && pos == steps + 1) begin busy <= 0; done <= 1; end
        else if (busy && !forced) begin
            token_data <= table_[token_data]; token_valid <= 1; pos <= pos + 1;
        end else if (busy && prompt_valid) begin
            token_data <= prompt_data; pos <= pos + 1; token_valid <= !first; first <= 0;
        end
    end
endmodule

module kv_cache;
    kv_store keys ();
    kv_store vals ();
endmodule

module kv_store;
    ram_sdp memory_0 ();
endmodule

module ram_sdp;
    reg [7:0] mem [0:15];
    initial mem[0] = 0;
endmodule
"""


@pytest.fixture(params=["verilator", "icarus"])
def rtl(request, tmp_path):
    (tmp_path / "decoder.v").write_text(TOP)
    table = [(3 * i + 2) % 16 for i in range(16)]
    (tmp_path / "table.hex").write_text("\n".join(f"{word:x}" for word in table))
    config = ModelConfig(2, 2, 1, 1, 1, vocab_size=12, seq_len=16, shared_classifier=True)
    machine = Rtl(
        SimpleNamespace(config=config, profile=PROFILES["exact"]), 2, request.param, folder=tmp_path
    )
    yield machine
    machine.close()


def test_forces_the_prompt_then_streams(rtl):
    tokens = rtl.decode([1, 5, 9], 5)
    assert next(tokens) == 5
    first = rtl.cycles
    assert [*tokens] == [9, 13, 9, 13]
    assert rtl.cycles - first == 4 * 100, "those of done belong to no token"
    assert [*rtl.decode([1, 4], 3)] == [4, 14, 12], "the second run starts anew"


def test_stops_at_the_beginning_of_text(rtl):
    assert [*rtl.decode([1, 3, 5, 1, 2], 9)] == [3, 5, 1]


def test_reports_a_position_beyond_the_cache(rtl):
    with pytest.raises(InputError, match="17 steps were asked for"):
        rtl.decode([1, 4], 17)


def test_refuses_tokens_no_port_can_carry(rtl):
    for prompt in ([], [1, 16], [-1]):
        with pytest.raises(InputError):
            list(rtl.decode(prompt, 1))


def test_names_a_missing_tool(rtl, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match="apt install"):
        Rtl(SimpleNamespace(config=rtl.config, profile=PROFILES["exact"]), 2, rtl.simulator)

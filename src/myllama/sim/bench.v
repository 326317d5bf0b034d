// Runs the decoder in Icarus: the prompt comes from a file, tokens leave line by line. At the
// end the KV cache goes to files, one of keys and one of values for each way's memory.
`timescale 1ns / 1ps
module bench;
    reg clk = 0, rst = 1, start = 0;
    reg prompt_valid = 0, over = 0;
    integer trace_enable = 0, trace_layer = 0, trace_pos = 0;
    integer prompt_data = 0, prompt_len = 0, steps = 0, cycles = 0;
    wire prompt_ready, token_valid, busy, done;
    wire [`TOKEN_BITS-1:0] token_data;
    wire [`STATUS_BITS-1:0] status;
    wire trace_valid, trace_busy, trace_lost;
    wire [`TAP_BITS-1:0] trace_tap;
    wire [`INDEX_BITS-1:0] trace_index;
    wire signed [`VALUE_BITS-1:0] trace_value;

    `TOP dut (
        .clk(clk), .rst(rst), .start(start),
        .prompt_len(prompt_len[`STEPS_BITS-1:0]), .steps(steps[`STEPS_BITS-1:0]),
        .prompt_data(prompt_data[`TOKEN_BITS-1:0]),
        .prompt_valid(prompt_valid), .prompt_ready(prompt_ready),
        .token_data(token_data), .token_valid(token_valid), .token_ready(1'b1),
        .busy(busy), .done(done), .status(status),
        .trace_enable(trace_enable[0]), .trace_layer(trace_layer[`LAYER_BITS-1:0]),
        .trace_pos(trace_pos[`POS_BITS-1:0]), .trace_valid(trace_valid), .trace_tap(trace_tap),
        .trace_index(trace_index), .trace_value(trace_value), .trace_busy(trace_busy),
        .trace_lost(trace_lost)
    );

    integer file, got, word;
    reg [8*1024-1:0] name, keys, values;
    initial begin
        got = $value$plusargs("prompt_len=%d", prompt_len);
        got = $value$plusargs("steps=%d", steps);
        got = $value$plusargs("trace_enable=%d", trace_enable);
        got = $value$plusargs("trace_layer=%d", trace_layer);
        got = $value$plusargs("trace_pos=%d", trace_pos);
        got = $value$plusargs("prompt=%s", name);
        got = $value$plusargs("keys=%s", keys);
        got = $value$plusargs("values=%s", values);
        file = $fopen(name, "r");
        got = $fscanf(file, "%d", prompt_data);
        prompt_valid = got == 1;
        repeat (2) begin #5 clk = 1; #5 clk = 0; end
        rst = 0;
        start = 1;
        forever begin #5 clk = 1; #5 clk = 0; start = 0; end
    end

    // Reads are of the values before the edge.
    always @(posedge clk) if (!rst) begin
        cycles <= cycles + 1;
        if (prompt_valid && prompt_ready) begin
            got = $fscanf(file, "%d", word);
            prompt_data <= word;
            prompt_valid <= got == 1;
        end
        if (token_valid) begin
            $display("token %0d %0d %0d", token_data, cycles + 1, status);
            $fflush;
        end
        if (trace_valid) $display("trace %0d %0d %0d", trace_tap, trace_index, trace_value);
        if (done) $display("done 0 %0d %0d", cycles + 1, status);
        if (done) over <= 1;
        if ((done || over) && !trace_busy) begin
            $fflush;
            if (keys) $writememh({keys, "_0"}, dut.cache.keys.memory_0.mem);
            if (values) $writememh({values, "_0"}, dut.cache.vals.memory_0.mem);
`ifdef TWO_WAYS
            if (keys) $writememh({keys, "_1"}, dut.cache.keys.memory_1.mem);
            if (values) $writememh({values, "_1"}, dut.cache.vals.memory_1.mem);
`endif
            $finish;
        end
    end
endmodule

// Runs the decoder in Icarus as orders on standard input say; tokens leave line by line.
//   start_pos N, steps N, temperature N, topp N, trace_enable N, trace_layer N, trace_pos N
//   seed HEX
//   prompt LENGTH TOKENS    the tokens from start_pos on
//   run                     to the end: lines of tokens and of trace words, then `end`
//   rows                    the KV cache goes to the files +keys and +values with _0, and _1
//                           for the second way's memory; then `end`
`timescale 1ns / 1ps
module bench;
    localparam STDIN = 32'h8000_0000;
    reg clk = 0, rst = 1, start = 0;
    reg prompt_valid = 0, over = 0;
    integer trace_enable = 0, trace_layer = 0, trace_pos = 0;
    integer start_pos = 0, prompt_len = 0, steps = 0, temperature = 0, topp = 0, cycles = 0;
    reg [63:0] seed = 0;
    integer prompt [0:(1 << `STEPS_BITS) - 1];
    integer taken = 0;
    wire prompt_ready, token_valid, busy, done;
    wire [`TOKEN_BITS-1:0] token_data;
    wire [`STATUS_BITS-1:0] status;
    wire trace_valid, trace_busy, trace_lost;
    wire [`TAP_BITS-1:0] trace_tap;
    wire [`INDEX_BITS-1:0] trace_index;
    wire signed [`VALUE_BITS-1:0] trace_value;

    `TOP dut (
        .clk(clk), .rst(rst), .start(start), .start_pos(start_pos[`STEPS_BITS-1:0]),
        .prompt_len(prompt_len[`STEPS_BITS-1:0]), .steps(steps[`STEPS_BITS-1:0]),
        .temperature(temperature[`TEMPERATURE_BITS-1:0]), .topp(topp[`TOPP_BITS-1:0]), .seed(seed),
        .prompt_data(prompt[taken][`TOKEN_BITS-1:0]),
        .prompt_valid(prompt_valid), .prompt_ready(prompt_ready),
        .token_data(token_data), .token_valid(token_valid), .token_ready(1'b1),
        .busy(busy), .done(done), .status(status),
        .trace_enable(trace_enable[0]), .trace_layer(trace_layer[`LAYER_BITS-1:0]),
        .trace_pos(trace_pos[`POS_BITS-1:0]), .trace_valid(trace_valid), .trace_tap(trace_tap),
        .trace_index(trace_index), .trace_value(trace_value), .trace_busy(trace_busy),
        .trace_lost(trace_lost)
    );

    integer got, i;
    reg [8*16-1:0] order;
    reg [8*1024-1:0] keys, values;
    initial begin
        got = $value$plusargs("keys=%s", keys);
        got = $value$plusargs("values=%s", values);
        for (i = 0; i < 1 << `STEPS_BITS; i = i + 1) prompt[i] = 0;
        repeat (2) begin #5 clk = 1; #5 clk = 0; end
        rst = 0;
        while ($fscanf(STDIN, "%s", order) == 1) begin
            case (order)
                "start_pos": got = $fscanf(STDIN, "%d", start_pos);
                "steps": got = $fscanf(STDIN, "%d", steps);
                "temperature": got = $fscanf(STDIN, "%d", temperature);
                "topp": got = $fscanf(STDIN, "%d", topp);
                "seed": got = $fscanf(STDIN, "%h", seed);
                "trace_enable": got = $fscanf(STDIN, "%d", trace_enable);
                "trace_layer": got = $fscanf(STDIN, "%d", trace_layer);
                "trace_pos": got = $fscanf(STDIN, "%d", trace_pos);
                "prompt": begin
                    got = $fscanf(STDIN, "%d", prompt_len);
                    for (i = 0; i < prompt_len; i = i + 1)
                        got = $fscanf(STDIN, "%d", prompt[i]);
                end
                "run": begin
                    cycles = 0;
                    taken = 0;
                    over = 0;
                    prompt_valid = prompt_len != 0;
                    start = 1;
                    while (!over || trace_busy) begin #5 clk = 1; #5 clk = 0; start = 0; end
                    $display("end");
                end
                "rows": begin
                    $writememh({keys, "_0"}, dut.cache.keys.memory_0.mem);
                    $writememh({values, "_0"}, dut.cache.vals.memory_0.mem);
`ifdef TWO_WAYS
                    $writememh({keys, "_1"}, dut.cache.keys.memory_1.mem);
                    $writememh({values, "_1"}, dut.cache.vals.memory_1.mem);
`endif
                    $display("end");
                end
            endcase
            $fflush;
        end
        $finish;
    end

    // Reads are of the values before the edge.
    always @(posedge clk) if (!rst) begin
        cycles <= cycles + 1;
        if (prompt_valid && prompt_ready) begin
            taken <= taken + 1;
            prompt_valid <= taken + 1 < prompt_len;
        end
        if (token_valid) begin
            $display("token %0d %0d %0d", token_data, cycles + 1, status);
            $fflush;
        end
        if (trace_valid) $display("trace %0d %0d %0d", trace_tap, trace_index, trace_value);
        if (done) $display("done %0d", status);
        if (done) over <= 1;
    end
endmodule

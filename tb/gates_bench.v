// Runs the netlist of a decoder from BOS and a second token on, and prints every token.
module gates_bench;

parameter COUNT_WIDTH = 1, TOKEN_WIDTH = 1, SECOND = 1, STEPS = 1, CYCLES = 1;
parameter TEMPERATURE = 0, TOPP = 0, SEED = 0;

reg clk = 0, rst = 1, start = 0, second = 0;
wire prompt_ready, token_valid, busy, done;
wire [TOKEN_WIDTH-1:0] token_data;
wire [5:0] status;
integer cycle = 0;

decoder dut (
    .clk(clk),
    .rst(rst),
    .start(start),
    .start_pos({COUNT_WIDTH{1'b0}}),
    .prompt_len({{COUNT_WIDTH-2{1'b0}}, 2'd2}),
    .steps(STEPS[COUNT_WIDTH-1:0]),
    .temperature(TEMPERATURE[22:0]),
    .topp(TOPP[23:0]),
    .seed({32'd0, SEED[31:0]}),
    .prompt_data(second ? SECOND[TOKEN_WIDTH-1:0] : {{TOKEN_WIDTH-1{1'b0}}, 1'b1}),
    .prompt_valid(1'b1),
    .prompt_ready(prompt_ready),
    .token_data(token_data),
    .token_valid(token_valid),
    .token_ready(1'b1),
    .busy(busy),
    .done(done),
    .status(status)
);

always #5 clk = !clk;

always @(posedge clk) if (prompt_ready) second <= 1;

always @(negedge clk) begin
    cycle = cycle + 1;
    rst = cycle < 4;
    start = cycle == 8;
    if (cycle > 8 && token_valid) $display("token %0d", token_data);
    if (cycle > 8 && done) begin
        $display("status %0d", status);
        $finish;
    end
    if (cycle == CYCLES) $fatal(1, "no end in %0d cycles", CYCLES);
end

endmodule

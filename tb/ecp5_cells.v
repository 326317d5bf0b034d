// What a DP16KD and a MULT18X18D of an ECP5 do, as far as a decoder uses them: the models that come
// with Yosys are empty. One clock; no resets.

module DP16KD #(
    parameter DATA_WIDTH_A = 18,
    parameter DATA_WIDTH_B = 18,
    parameter REGMODE_A = "NOREG",
    parameter REGMODE_B = "NOREG",
    parameter RESETMODE = "SYNC",
    parameter ASYNC_RESET_RELEASE = "SYNC",
    parameter CSDECODE_A = "0b000",
    parameter CSDECODE_B = "0b000",
    parameter WRITEMODE_A = "NORMAL",
    parameter WRITEMODE_B = "NORMAL",
    parameter CLKAMUX = "CLKA",
    parameter CLKBMUX = "CLKB",
    parameter GSR = "AUTO",
    parameter INIT_DATA = "STATIC",
    parameter WID = 0,
    parameter [319:0] INITVAL_00 = 320'd0,
    parameter [319:0] INITVAL_01 = 320'd0,
    parameter [319:0] INITVAL_02 = 320'd0,
    parameter [319:0] INITVAL_03 = 320'd0,
    parameter [319:0] INITVAL_04 = 320'd0,
    parameter [319:0] INITVAL_05 = 320'd0,
    parameter [319:0] INITVAL_06 = 320'd0,
    parameter [319:0] INITVAL_07 = 320'd0,
    parameter [319:0] INITVAL_08 = 320'd0,
    parameter [319:0] INITVAL_09 = 320'd0,
    parameter [319:0] INITVAL_0A = 320'd0,
    parameter [319:0] INITVAL_0B = 320'd0,
    parameter [319:0] INITVAL_0C = 320'd0,
    parameter [319:0] INITVAL_0D = 320'd0,
    parameter [319:0] INITVAL_0E = 320'd0,
    parameter [319:0] INITVAL_0F = 320'd0,
    parameter [319:0] INITVAL_10 = 320'd0,
    parameter [319:0] INITVAL_11 = 320'd0,
    parameter [319:0] INITVAL_12 = 320'd0,
    parameter [319:0] INITVAL_13 = 320'd0,
    parameter [319:0] INITVAL_14 = 320'd0,
    parameter [319:0] INITVAL_15 = 320'd0,
    parameter [319:0] INITVAL_16 = 320'd0,
    parameter [319:0] INITVAL_17 = 320'd0,
    parameter [319:0] INITVAL_18 = 320'd0,
    parameter [319:0] INITVAL_19 = 320'd0,
    parameter [319:0] INITVAL_1A = 320'd0,
    parameter [319:0] INITVAL_1B = 320'd0,
    parameter [319:0] INITVAL_1C = 320'd0,
    parameter [319:0] INITVAL_1D = 320'd0,
    parameter [319:0] INITVAL_1E = 320'd0,
    parameter [319:0] INITVAL_1F = 320'd0,
    parameter [319:0] INITVAL_20 = 320'd0,
    parameter [319:0] INITVAL_21 = 320'd0,
    parameter [319:0] INITVAL_22 = 320'd0,
    parameter [319:0] INITVAL_23 = 320'd0,
    parameter [319:0] INITVAL_24 = 320'd0,
    parameter [319:0] INITVAL_25 = 320'd0,
    parameter [319:0] INITVAL_26 = 320'd0,
    parameter [319:0] INITVAL_27 = 320'd0,
    parameter [319:0] INITVAL_28 = 320'd0,
    parameter [319:0] INITVAL_29 = 320'd0,
    parameter [319:0] INITVAL_2A = 320'd0,
    parameter [319:0] INITVAL_2B = 320'd0,
    parameter [319:0] INITVAL_2C = 320'd0,
    parameter [319:0] INITVAL_2D = 320'd0,
    parameter [319:0] INITVAL_2E = 320'd0,
    parameter [319:0] INITVAL_2F = 320'd0,
    parameter [319:0] INITVAL_30 = 320'd0,
    parameter [319:0] INITVAL_31 = 320'd0,
    parameter [319:0] INITVAL_32 = 320'd0,
    parameter [319:0] INITVAL_33 = 320'd0,
    parameter [319:0] INITVAL_34 = 320'd0,
    parameter [319:0] INITVAL_35 = 320'd0,
    parameter [319:0] INITVAL_36 = 320'd0,
    parameter [319:0] INITVAL_37 = 320'd0,
    parameter [319:0] INITVAL_38 = 320'd0,
    parameter [319:0] INITVAL_39 = 320'd0,
    parameter [319:0] INITVAL_3A = 320'd0,
    parameter [319:0] INITVAL_3B = 320'd0,
    parameter [319:0] INITVAL_3C = 320'd0,
    parameter [319:0] INITVAL_3D = 320'd0,
    parameter [319:0] INITVAL_3E = 320'd0,
    parameter [319:0] INITVAL_3F = 320'd0
) (
    input wire DIA0, DIA1, DIA2, DIA3, DIA4, DIA5, DIA6, DIA7, DIA8,
    input wire DIA9, DIA10, DIA11, DIA12, DIA13, DIA14, DIA15, DIA16, DIA17,
    input wire ADA0, ADA1, ADA2, ADA3, ADA4, ADA5, ADA6, ADA7, ADA8,
    input wire ADA9, ADA10, ADA11, ADA12, ADA13,
    input wire CEA, OCEA, CLKA, WEA, RSTA, CSA0, CSA1, CSA2,
    output wire DOA0, DOA1, DOA2, DOA3, DOA4, DOA5, DOA6, DOA7, DOA8,
    output wire DOA9, DOA10, DOA11, DOA12, DOA13, DOA14, DOA15, DOA16, DOA17,
    input wire DIB0, DIB1, DIB2, DIB3, DIB4, DIB5, DIB6, DIB7, DIB8,
    input wire DIB9, DIB10, DIB11, DIB12, DIB13, DIB14, DIB15, DIB16, DIB17,
    input wire ADB0, ADB1, ADB2, ADB3, ADB4, ADB5, ADB6, ADB7, ADB8,
    input wire ADB9, ADB10, ADB11, ADB12, ADB13,
    input wire CEB, OCEB, CLKB, WEB, RSTB, CSB0, CSB1, CSB2,
    output wire DOB0, DOB1, DOB2, DOB3, DOB4, DOB5, DOB6, DOB7, DOB8,
    output wire DOB9, DOB10, DOB11, DOB12, DOB13, DOB14, DOB15, DOB16, DOB17
);

// Bytes of nine bits. A line of INITVAL has sixteen pairs of them, 20 bits apart.
reg [8:0] mem [0:2047];
integer i;
task fill(input integer line, input [319:0] value);
    for (i = 0; i < 16; i = i + 1)
        {mem[32 * line + 2 * i + 1], mem[32 * line + 2 * i]} = value[20 * i +: 18];
endtask
initial begin
    fill(0, INITVAL_00);
    fill(1, INITVAL_01);
    fill(2, INITVAL_02);
    fill(3, INITVAL_03);
    fill(4, INITVAL_04);
    fill(5, INITVAL_05);
    fill(6, INITVAL_06);
    fill(7, INITVAL_07);
    fill(8, INITVAL_08);
    fill(9, INITVAL_09);
    fill(10, INITVAL_0A);
    fill(11, INITVAL_0B);
    fill(12, INITVAL_0C);
    fill(13, INITVAL_0D);
    fill(14, INITVAL_0E);
    fill(15, INITVAL_0F);
    fill(16, INITVAL_10);
    fill(17, INITVAL_11);
    fill(18, INITVAL_12);
    fill(19, INITVAL_13);
    fill(20, INITVAL_14);
    fill(21, INITVAL_15);
    fill(22, INITVAL_16);
    fill(23, INITVAL_17);
    fill(24, INITVAL_18);
    fill(25, INITVAL_19);
    fill(26, INITVAL_1A);
    fill(27, INITVAL_1B);
    fill(28, INITVAL_1C);
    fill(29, INITVAL_1D);
    fill(30, INITVAL_1E);
    fill(31, INITVAL_1F);
    fill(32, INITVAL_20);
    fill(33, INITVAL_21);
    fill(34, INITVAL_22);
    fill(35, INITVAL_23);
    fill(36, INITVAL_24);
    fill(37, INITVAL_25);
    fill(38, INITVAL_26);
    fill(39, INITVAL_27);
    fill(40, INITVAL_28);
    fill(41, INITVAL_29);
    fill(42, INITVAL_2A);
    fill(43, INITVAL_2B);
    fill(44, INITVAL_2C);
    fill(45, INITVAL_2D);
    fill(46, INITVAL_2E);
    fill(47, INITVAL_2F);
    fill(48, INITVAL_30);
    fill(49, INITVAL_31);
    fill(50, INITVAL_32);
    fill(51, INITVAL_33);
    fill(52, INITVAL_34);
    fill(53, INITVAL_35);
    fill(54, INITVAL_36);
    fill(55, INITVAL_37);
    fill(56, INITVAL_38);
    fill(57, INITVAL_39);
    fill(58, INITVAL_3A);
    fill(59, INITVAL_3B);
    fill(60, INITVAL_3C);
    fill(61, INITVAL_3D);
    fill(62, INITVAL_3E);
    fill(63, INITVAL_3F);
end

wire [35:0] din = {
        DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
        DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
        DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
        DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};

// Side A.
wire [13:0] addr_A = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5,
        ADA4, ADA3, ADA2, ADA1, ADA0};
wire [10:0] byte_A = addr_A[13:3];
wire [35:0] din_A = din;
wire selected_A = CEA === 1'b1 && !(CSA0 === 1'b1 || CSA1 === 1'b1 || CSA2 === 1'b1);
reg [35:0] read_A = 0, out_A = 0;
always @(posedge CLKA) begin
    if (RSTA === 1'b1) $fatal(1, "%m: RSTA is not modelled");
    if (OCEA === 1'b1) out_A <= read_A;
    if (selected_A && WEA === 1'b1) case (DATA_WIDTH_A)
        36: begin
            if (addr_A[0]) mem[{byte_A[10:2], 2'd0}] <= din_A[8:0];
            if (addr_A[1]) mem[{byte_A[10:2], 2'd1}] <= din_A[17:9];
            if (addr_A[2]) mem[{byte_A[10:2], 2'd2}] <= din_A[26:18];
            if (addr_A[3]) mem[{byte_A[10:2], 2'd3}] <= din_A[35:27];
        end
        18: begin
            if (addr_A[0]) mem[{byte_A[10:1], 1'd0}] <= din_A[8:0];
            if (addr_A[1]) mem[{byte_A[10:1], 1'd1}] <= din_A[17:9];
        end
        9: mem[byte_A] <= din_A[8:0];
        4: mem[byte_A][4 * addr_A[2] +: 4] <= din_A[3:0];
        2: mem[byte_A][2 * addr_A[2:1] +: 2] <= din_A[1:0];
        default: mem[byte_A][addr_A[2:0]] <= din_A[0];
    endcase
    else if (selected_A) case (DATA_WIDTH_A)
        36: read_A <= {mem[{byte_A[10:2], 2'd3}], mem[{byte_A[10:2], 2'd2}],
                        mem[{byte_A[10:2], 2'd1}], mem[{byte_A[10:2], 2'd0}]};
        18: read_A <= {mem[{byte_A[10:1], 1'd1}], mem[{byte_A[10:1], 1'd0}]};
        9: read_A <= mem[byte_A];
        4: read_A <= mem[byte_A][4 * addr_A[2] +: 4];
        2: read_A <= mem[byte_A][2 * addr_A[2:1] +: 2];
        default: read_A <= mem[byte_A][addr_A[2:0]];
    endcase
end
wire [35:0] dout_A = REGMODE_A == "OUTREG" ? out_A : read_A;

// Side B.
wire [13:0] addr_B = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5,
        ADB4, ADB3, ADB2, ADB1, ADB0};
wire [10:0] byte_B = addr_B[13:3];
wire [35:0] din_B = {18'd0, din[35:18]};
wire selected_B = CEB === 1'b1 && !(CSB0 === 1'b1 || CSB1 === 1'b1 || CSB2 === 1'b1);
reg [35:0] read_B = 0, out_B = 0;
always @(posedge CLKB) begin
    if (RSTB === 1'b1) $fatal(1, "%m: RSTB is not modelled");
    if (OCEB === 1'b1) out_B <= read_B;
    if (selected_B && WEB === 1'b1) case (DATA_WIDTH_B)
        36: begin
            if (addr_B[0]) mem[{byte_B[10:2], 2'd0}] <= din_B[8:0];
            if (addr_B[1]) mem[{byte_B[10:2], 2'd1}] <= din_B[17:9];
            if (addr_B[2]) mem[{byte_B[10:2], 2'd2}] <= din_B[26:18];
            if (addr_B[3]) mem[{byte_B[10:2], 2'd3}] <= din_B[35:27];
        end
        18: begin
            if (addr_B[0]) mem[{byte_B[10:1], 1'd0}] <= din_B[8:0];
            if (addr_B[1]) mem[{byte_B[10:1], 1'd1}] <= din_B[17:9];
        end
        9: mem[byte_B] <= din_B[8:0];
        4: mem[byte_B][4 * addr_B[2] +: 4] <= din_B[3:0];
        2: mem[byte_B][2 * addr_B[2:1] +: 2] <= din_B[1:0];
        default: mem[byte_B][addr_B[2:0]] <= din_B[0];
    endcase
    else if (selected_B) case (DATA_WIDTH_B)
        36: read_B <= {mem[{byte_B[10:2], 2'd3}], mem[{byte_B[10:2], 2'd2}],
                        mem[{byte_B[10:2], 2'd1}], mem[{byte_B[10:2], 2'd0}]};
        18: read_B <= {mem[{byte_B[10:1], 1'd1}], mem[{byte_B[10:1], 1'd0}]};
        9: read_B <= mem[byte_B];
        4: read_B <= mem[byte_B][4 * addr_B[2] +: 4];
        2: read_B <= mem[byte_B][2 * addr_B[2:1] +: 2];
        default: read_B <= mem[byte_B][addr_B[2:0]];
    endcase
end
wire [35:0] dout_B = REGMODE_B == "OUTREG" ? out_B : read_B;

// A port of 36 bits writes by side A and reads by side B, with the data pins of both.
assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9,
        DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} =
    DATA_WIDTH_B == 36 ? dout_B[17:0] : dout_A[17:0];
assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9,
        DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} =
    DATA_WIDTH_B == 36 ? dout_B[35:18] : dout_B[17:0];

endmodule

module MULT18X18D #(
    parameter REG_INPUTA_CLK = "NONE",
    parameter REG_INPUTB_CLK = "NONE",
    parameter REG_INPUTC_CLK = "NONE",
    parameter REG_PIPELINE_CLK = "NONE",
    parameter REG_OUTPUT_CLK = "NONE",
    parameter REG_INPUTA_CE = "CE0",
    parameter REG_INPUTA_RST = "RST0",
    parameter REG_INPUTB_CE = "CE0",
    parameter REG_INPUTB_RST = "RST0",
    parameter REG_INPUTC_CE = "CE0",
    parameter REG_INPUTC_RST = "RST0",
    parameter REG_PIPELINE_CE = "CE0",
    parameter REG_PIPELINE_RST = "RST0",
    parameter REG_OUTPUT_CE = "CE0",
    parameter REG_OUTPUT_RST = "RST0",
    parameter CLK0_DIV = "ENABLED",
    parameter CLK1_DIV = "ENABLED",
    parameter CLK2_DIV = "ENABLED",
    parameter CLK3_DIV = "ENABLED",
    parameter GSR = "ENABLED",
    parameter SOURCEB_MODE = "B_SHIFT",
    parameter RESETMODE = "SYNC"
) (
    input wire A0, A1, A2, A3, A4, A5, A6, A7, A8,
    input wire A9, A10, A11, A12, A13, A14, A15, A16, A17,
    input wire B0, B1, B2, B3, B4, B5, B6, B7, B8,
    input wire B9, B10, B11, B12, B13, B14, B15, B16, B17,
    input wire C0, C1, C2, C3, C4, C5, C6, C7, C8,
    input wire C9, C10, C11, C12, C13, C14, C15, C16, C17,
    input wire SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
    input wire CLK0, CLK1, CLK2, CLK3,
    input wire CE0, CE1, CE2, CE3,
    input wire RST0, RST1, RST2, RST3,
    output wire P0, P1, P2, P3, P4, P5, P6, P7, P8,
    output wire P9, P10, P11, P12, P13, P14, P15, P16, P17,
    output wire P18, P19, P20, P21, P22, P23, P24, P25, P26,
    output wire P27, P28, P29, P30, P31, P32, P33, P34, P35
);

wire signed [18:0] a = {SIGNEDA & A17,
        A17, A16, A15, A14, A13, A12, A11, A10, A9,
        A8, A7, A6, A5, A4, A3, A2, A1, A0};
wire signed [18:0] b = {SIGNEDB & B17,
        B17, B16, B15, B14, B13, B12, B11, B10, B9,
        B8, B7, B6, B5, B4, B3, B2, B1, B0};
wire enable_a = REG_INPUTA_CE == "CE0" ? CE0 : REG_INPUTA_CE == "CE1" ? CE1 : REG_INPUTA_CE == "CE2" ? CE2 : CE3;
wire enable_b = REG_INPUTB_CE == "CE0" ? CE0 : REG_INPUTB_CE == "CE1" ? CE1 : REG_INPUTB_CE == "CE2" ? CE2 : CE3;
wire enable_p = REG_OUTPUT_CE == "CE0" ? CE0 : REG_OUTPUT_CE == "CE1" ? CE1 : REG_OUTPUT_CE == "CE2" ? CE2 : CE3;
reg signed [18:0] a_kept = 0, b_kept = 0;
reg signed [37:0] p_kept = 0;
wire signed [18:0] a_used = REG_INPUTA_CLK == "NONE" ? a : a_kept;
wire signed [18:0] b_used = REG_INPUTB_CLK == "NONE" ? b : b_kept;
wire signed [37:0] product = a_used * b_used;
always @(posedge CLK0) begin
    if (RST0 === 1'b1) $fatal(1, "%m: RST0 is not modelled");
    if (enable_a) a_kept <= a;
    if (enable_b) b_kept <= b;
    if (enable_p) p_kept <= product;
end
assign {P35, P34, P33, P32, P31, P30, P29, P28, P27,
        P26, P25, P24, P23, P22, P21, P20, P19, P18,
        P17, P16, P15, P14, P13, P12, P11, P10, P9,
        P8, P7, P6, P5, P4, P3, P2, P1, P0} =
    REG_OUTPUT_CLK == "NONE" ? product[35:0] : p_kept[35:0];

endmodule

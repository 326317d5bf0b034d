"""From Verilog to a bitstream for an ECP5, with Yosys, nextpnr and ecppack."""

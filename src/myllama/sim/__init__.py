"""Running the converted Verilog: Verilator or Icarus behind one interface."""

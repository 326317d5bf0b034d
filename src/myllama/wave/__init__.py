"""Waveforms of the converted Verilog that read like the design."""

"""MyHDL to hierarchical, width-exact Verilog-2005; knows nothing of Llama."""

from .shortcuts import install

install()

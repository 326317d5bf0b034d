"""A Llama-2 decoder in hardware: MyHDL to Verilog, proved against an integer model."""

from .llama import load

__all__ = ["load"]

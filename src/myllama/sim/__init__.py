"""Whole-model simulation of the converted Verilog, behind the interface of the integer model."""

from .rtl import Rtl

__all__ = ["Rtl"]

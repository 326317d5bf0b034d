"""Bit-exact integer decoder, one file per block: the specification of the RTL."""

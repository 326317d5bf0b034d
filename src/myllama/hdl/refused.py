"""The one exception of the conversion."""


class ConversionRefused(Exception):
    """The MyHDL source says something that this converter does not write as Verilog.

    The message starts with file:line of the source and ends with the expression.
    """

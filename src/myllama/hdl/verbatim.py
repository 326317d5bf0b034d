"""Blocks whose Verilog is written by hand, such as memories."""

from dataclasses import dataclass, field


@dataclass
class Verbatim:
    """The body of a module, as text, next to the MyHDL model that simulates it.

    A block holds one in a local variable; the generators of the block are then its simulation
    model only. The text names the ports by the names of the block's formal parameters.

    text    the Verilog between the port list and `endmodule`
    drives  the port signals that the text assigns in an always block
    files   the memory contents that go beside the module: file name -> text
    """

    text: str
    drives: tuple
    files: dict = field(default_factory=dict)

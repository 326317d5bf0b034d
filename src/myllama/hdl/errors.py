"""What conversion says when it will not convert."""

import ast


class ConversionRefused(Exception):
    """The source would not mean the same in Verilog; the message names file, line and text."""


def refuse(visitor, node, reason):
    """Stop at `node` of the generator that `visitor` converts."""
    tree = visitor.tree
    line = tree.lineoffset + getattr(node, "lineno", 0)
    raise ConversionRefused(f"{tree.sourcefile}:{line}: {reason}: {ast.unparse(node)}")

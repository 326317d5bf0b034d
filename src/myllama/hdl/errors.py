"""What conversion says when it will not convert."""

import ast
import inspect
import re


class ConversionRefused(Exception):
    """The source would not mean the same in Verilog; the message names file, line and text."""


def refuse(visitor, node, reason):
    """Stop at `node` of the generator that `visitor` converts."""
    tree = visitor.tree
    line = tree.lineoffset + getattr(node, "lineno", 0)
    raise ConversionRefused(f"{tree.sourcefile}:{line}: {reason}: {ast.unparse(node)}")


def place(function):
    """file:line of a function."""
    return f"{inspect.getsourcefile(function)}:{function.__code__.co_firstlineno}"


def in_our_words(error):
    """The message of MyHDL's own ConversionError, with file:line in front."""
    text = " ".join(str(error).split())
    place = re.match(r"in file (.+), line (\d+): ", text)
    return f"{place[1]}:{place[2]}: {text[place.end() :]}" if place else text

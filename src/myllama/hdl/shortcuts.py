"""Shortcuts into MyHDL 0.11.52, without which elaboration takes five times as long.

MyHDL asks `inspect` for the whole stack, with the source around every frame, wherever a block
or a generator is made, and reads and tokenizes the source of a generator anew for each of its
instances. It uses the innermost frames and their names only, and the source never changes.
The width of a number it finds by dividing it bit by bit.
"""

import ast
import inspect
import linecache
import re
import sys
from functools import cache
from itertools import islice
from types import SimpleNamespace

from myhdl import _bin, _block, _instance, _util

FRAMES = 6  # the deepest that MyHDL looks at


def _callers(frame):
    while frame:
        yield frame, None, None, frame.f_code.co_name
        frame = frame.f_back


def _stack():
    """The first entries of inspect.stack(), each with the frame and the function's name."""
    return [*islice(_callers(sys._getframe(1)), FRAMES)]


@cache
def _ends(filename):
    """{first line of a function, its decorators included: its last} for a whole file."""
    tree = ast.parse("".join(linecache.getlines(filename)))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {
        min(part.lineno for part in (node, *node.decorator_list)): node.end_lineno
        for node in functions
    }


@cache
def _source_lines(code):
    filename, first = inspect.getsourcefile(code), code.co_firstlineno
    return linecache.getlines(filename)[first - 1 : _ends(filename)[first]], first


def _getsourcelines(function):
    return _source_lines(function.__code__)


def _getsource(function):
    return "".join(_getsourcelines(function)[0])


@cache
def _dedent(source):
    margin = re.match(" *", source)[0]
    return re.sub(f"(?m)^{margin}", "", source)


def _int2bitstring(number):
    """As few bits as two's complement takes, without a sign where there is none."""
    width = (~number).bit_length() + 1 if number < 0 else max(number.bit_length(), 1)
    return f"{number & (1 << width) - 1:0{width}b}"


def install():
    """Give MyHDL these in place of its own and of the functions of `inspect` that it calls."""
    # Of the source of a block it takes what comes first, for the number of its first line.
    first_line = {"getsourcelines": lambda function: [function.__code__.co_firstlineno]}
    for module, replaced in (
        (_block, {"stack": _stack, **first_line}),
        (_instance, {"stack": _stack}),
        (_util, {"getsource": _getsource, "getsourcelines": _getsourcelines}),
    ):
        module.inspect = SimpleNamespace(**{**vars(inspect), **replaced})
    _util._dedent = _dedent
    _bin._int2bitstring = _int2bitstring

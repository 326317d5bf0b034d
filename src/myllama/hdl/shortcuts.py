"""Shortcuts into MyHDL 0.11.52, without which elaboration takes three times as long.

MyHDL asks `inspect` for the whole stack, with the source around every frame, wherever a block
or a generator is made, and reads the source of a generator anew for each of its instances. It
uses the innermost frames and their names only, and the source never changes.
"""

import inspect
import sys
from functools import cache
from itertools import islice
from types import SimpleNamespace

from myhdl import _block, _instance, _util

FRAMES = 6  # the deepest that MyHDL looks at


def _callers(frame):
    while frame:
        yield frame, None, None, frame.f_code.co_name
        frame = frame.f_back


def _stack():
    """The first entries of inspect.stack(), each with the frame and the function's name."""
    return [*islice(_callers(sys._getframe(1)), FRAMES)]


@cache
def _source_lines(code):
    return inspect.getsourcelines(code)


def _getsourcelines(function):
    return _source_lines(function.__code__)


def _getsource(function):
    return "".join(_getsourcelines(function)[0])


def install():
    """Give MyHDL these in place of the functions of `inspect` that it calls."""
    _block.inspect = _instance.inspect = SimpleNamespace(**{**vars(inspect), "stack": _stack})
    _util.inspect = SimpleNamespace(
        **{**vars(inspect), "getsource": _getsource, "getsourcelines": _getsourcelines}
    )

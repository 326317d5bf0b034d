"""A block by itself: its children keep what they were called with, and have no bodies.

Conversion writes one module at a time, and of a child it needs no more than its name and its
arguments. Elaborated whole, a block would be elaborated once more for each level above it.
"""

from contextlib import contextmanager

from myhdl import _block, _simulator


class Childless(_block._Block):
    """The first block made is elaborated; those made in its body are only called for."""

    _in_body = False

    def __init__(self, func, deco, name, srcfile, srcline, skipname, *args, **kwargs):
        if not Childless._in_body:
            Childless._in_body = True
            try:
                super().__init__(func, deco, name, srcfile, srcline, skipname, *args, **kwargs)
            finally:
                Childless._in_body = False
            return
        self.func, self.args, self.kwargs = func, args, kwargs
        # MyHDL looks a number of frames up from here.
        self.callinfo = _block._getCallInfo()
        self.modctxt, self.callername = self.callinfo.modctxt, self.callinfo.name
        self.name = self.__name__ = name
        self.skipname, self.verilog_code = skipname, None
        self.subs, self.symdict, self.sigdict, self.memdict = [], {}, {}, {}


@contextmanager
def own_signals():
    """Within, MyHDL has only the signals made within; afterwards it has none of them.

    It keeps every signal that a process makes, and every simulation visits all that it keeps.
    """
    others = _simulator._signals[:]
    _simulator._signals.clear()
    try:
        yield
    finally:
        _simulator._signals[:] = others


@contextmanager
def alone():
    """Within, calling a block elaborates that block and nothing below it, to be converted."""
    whole, _block._Block = _block._Block, Childless
    try:
        with own_signals():
            yield
    finally:
        _block._Block = whole

"""A block by itself: its children keep what they were called with, and have no bodies.

Conversion writes one module at a time, and of a child it needs no more than its name and its
arguments. Elaborated whole, a block would be elaborated once more for each level above it.
"""

from contextlib import contextmanager

from myhdl import _block


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
def alone():
    """Within, calling a block elaborates that block and nothing below it."""
    whole, _block._Block = _block._Block, Childless
    try:
        yield
    finally:
        _block._Block = whole

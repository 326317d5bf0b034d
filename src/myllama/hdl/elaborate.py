"""Names of instances and signals, taken from the local variables of a block."""

import sys

from myhdl import EnumType
from myhdl._block import _Block
from myhdl._instance import _Instantiator
from myhdl._Signal import _Signal

from .refused import ConversionRefused
from .verbatim import Verbatim

MAX_DEPTH = 4  # of interfaces within interfaces


def insts():
    """Return the instances and generators of the calling block, named after its variables.

    Every block ends in `return insts()`. A block instance held by `u_mac` is called u_mac, the
    fourth of a list `lane` is lane_3; signals are named in the same way.
    """
    frame = sys._getframe(1)
    owner = sys._getframe(2).f_locals.get("self")
    if not isinstance(owner, _Block):
        code = frame.f_code
        raise ConversionRefused(
            f"{code.co_filename}:{frame.f_lineno}: {code.co_name}: insts() outside a @block"
        )
    owner.hdl_locals = dict(frame.f_locals)
    found = []
    for name, value in owner.hdl_locals.items():
        for full_name, instance in walk(name, value, (_Block, _Instantiator)):
            if isinstance(instance, _Block):
                instance.name = instance.__name__ = full_name
            found.append(instance)
    return found


def walk(name, value, kinds, depth=0):
    """Yield (name, object) for the objects of `kinds` in a value, its lists and its members."""
    if isinstance(value, kinds):
        yield name, value
    elif depth > MAX_DEPTH:
        return
    elif isinstance(value, (list, tuple)):
        for i, element in enumerate(value):
            if isinstance(element, int):  # a table of numbers has nothing to name
                return
            yield from walk(f"{name}_{i}", element, kinds, depth + 1)
    elif is_interface(value):
        for member, element in vars(value).items():
            yield from walk(f"{name}_{member}", element, kinds, depth + 1)


def signals_of(name, value):
    """Yield (name, signal) of a signal, a list of signals or an interface."""
    return walk(name, value, (_Signal,))


def is_interface(value):
    """Whether a value is a plain object whose members may be signals."""
    return (
        hasattr(value, "__dict__")
        and not isinstance(value, (_Signal, _Block, _Instantiator, EnumType, Verbatim, type))
        and not callable(value)
    )

"""Names for what a block holds: every block ends in `return insts()`."""

import sys

from myhdl import EnumType
from myhdl._block import _Block
from myhdl._instance import _Instantiator
from myhdl._Signal import _Signal

# A longer list of signals is a memory, and keeps its own name.
LONGEST_NAMED_LIST = 256
DEEPEST_NESTING = 4


def is_interface(obj):
    """An object that groups signals: neither signal, block, generator, type nor function."""
    others = (_Signal, _Block, _Instantiator, type, EnumType)
    return hasattr(obj, "__dict__") and not isinstance(obj, others) and not callable(obj)


def named_signals(name, obj, depth=0):
    """(name, signal) of a signal, an interface, or lists of either: bus_valid, taps_3."""
    if isinstance(obj, _Signal):
        yield name, obj
    elif depth == DEEPEST_NESTING:
        return
    elif isinstance(obj, list | tuple):
        for i, item in enumerate(obj):
            yield from named_signals(f"{name}_{i}", item, depth + 1)
    elif is_interface(obj):
        for member, item in vars(obj).items():
            yield from named_signals(f"{name}_{member}", item, depth + 1)


def insts():
    """The blocks and generators of the caller, named after its local variables.

    A list `lane` of blocks becomes lane_0, lane_1, ...; so do lists of signals.
    """
    variables = dict(sys._getframe(1).f_locals)
    found, names = [], {}
    for name, value in variables.items():
        items = value if isinstance(value, list | tuple) else [value]
        if items and all(isinstance(item, _Block | _Instantiator) for item in items):
            single = items is not value
            for i, item in enumerate(items):
                if isinstance(item, _Block):
                    item.name = item.__name__ = name if single else f"{name}_{i}"
                found.append(item)
        elif not (isinstance(value, list) and len(value) > LONGEST_NAMED_LIST):
            names.update(named_signals(name, value))
    if found:
        # The dictionary in which MyHDL will look for the names of this block's signals.
        symbols = found[0].callinfo.symdict
        for name, value in (*variables.items(), *names.items()):
            symbols.setdefault(name, value)
    return found

"""Ports of a block: which signals they are, and fresh ones to convert it alone."""

import copy
import inspect

import myhdl
from myhdl import ResetSignal
from myhdl._enum import EnumItemType
from myhdl._Signal import _Signal

from .elaborate import is_interface, named_signals
from .errors import ConversionRefused


def arguments(instance):
    """The arguments a block was called with, by name, defaults included."""
    bound = inspect.signature(instance.func).bind(*instance.args, **instance.kwargs)
    bound.apply_defaults()
    return bound.arguments


def port_signals(args):
    """{port name: signal} in MyHDL's order: plain signals, then members of interfaces."""
    ports = {name: arg for name, arg in args.items() if isinstance(arg, _Signal)}
    for name, arg in args.items():
        if is_interface(arg):
            ports.update(named_signals(name, arg))
    return ports


def fresh(arg):
    """A copy of a port with signals of its own; other arguments as they are."""
    if isinstance(arg, ResetSignal):
        return ResetSignal(arg._init, arg.active, arg.isasync)
    if isinstance(arg, _Signal):
        return myhdl.Signal(copy.deepcopy(arg._init))
    if is_interface(arg) and any(True for _ in named_signals("", arg)):
        twin = copy.copy(arg)
        for name, member in vars(arg).items():
            setattr(twin, name, fresh(member))
        return twin
    return arg


def signature(arg, where):
    """What two calls must agree in to share a module: types of ports, values of the rest."""
    if isinstance(arg, _Signal):
        kind = arg._type.__name__ if isinstance(arg._type, type) else "intbv"
        described = (kind, arg._nrbits, arg._min, arg._max)
        if isinstance(arg._init, EnumItemType):
            described += (id(arg._init._type),)
        if isinstance(arg, ResetSignal):
            described += (arg.active, arg.isasync)
        return described
    if isinstance(arg, list | tuple):
        if any(isinstance(item, _Signal) for item in arg):
            raise ConversionRefused(
                f"{where}: a list of signals cannot be a port; pass one wide signal or an interface"
            )
        return tuple(arg) if all(isinstance(item, int | str) for item in arg) else ("id", id(arg))
    if is_interface(arg) and any(True for _ in named_signals("", arg)):
        members = ((name, signature(value, where)) for name, value in vars(arg).items())
        return (type(arg).__name__, tuple(members))
    try:
        hash(arg)
        return arg
    except TypeError:
        return ("id", id(arg))

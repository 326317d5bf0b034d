"""Evaluation of one syntax node, and what its outcome may be used for.

An expression is evaluated to a Value or an EnumValue when only the running circuit knows it, and
to the Python object itself when elaboration does.
"""

import ast

from myhdl import intbv
from myhdl._enum import EnumItemType
from myhdl._Signal import _Signal

from .scope import LoopIndex, NeedsUnrolling, Variable
from .text import EQUAL, Text
from .values import Constant, Value


class EnumValue:
    """An enum item or signal: it can be assigned and compared for equality."""

    def __init__(self, kind, code):
        self.kind, self.code = kind, code


def visits(*kinds):
    """Make a function the one that evaluates these kinds of syntax node."""

    def register(function):
        for kind in kinds:
            _VISITORS[kind] = function
        return function

    return register


_VISITORS = {}


def evaluate(scope, node):
    """A Value, an EnumValue, or the Python object of a constant expression."""
    visitor = _VISITORS.get(type(node))
    if visitor is None:
        scope.refuse(node, f"{type(node).__name__} does not convert")
    return visitor(scope, node)


def hardware(scope, thing, node):
    """A Python object or Value as an operand of Verilog."""
    if isinstance(thing, (Value, EnumValue)):
        return thing
    if isinstance(thing, Variable):
        return thing.value()
    if isinstance(thing, LoopIndex):
        return thing.value()
    if isinstance(thing, _Signal):
        return scope.module.read(scope, thing, node)
    if isinstance(thing, EnumItemType):
        return EnumValue(thing._type, scope.module.enum_item(thing))
    if isinstance(thing, int):
        return Constant(thing)
    if isinstance(thing, intbv) and thing._nrbits:
        signed = thing._min is not None and thing._min < 0
        return Constant(int(thing), (thing._nrbits, signed))
    scope.refuse(node, f"a {type(thing).__name__} is no Verilog value")


def number(scope, node):
    """The Value of an integer expression."""
    value = hardware(scope, evaluate(scope, node), node)
    if isinstance(value, EnumValue):
        scope.refuse(node, "an enum is used as a number")
    return value


def truth(scope, node):
    """Text of the truth of an expression; a bool when Python knows it."""
    thing = evaluate(scope, node)
    if not is_hardware(thing):
        return bool(thing)
    value = hardware(scope, thing, node)
    if isinstance(value, EnumValue):
        scope.refuse(node, "an enum is used as a condition")
    return truth_text(value)


def truth_text(value):
    if value.width == 1:
        return value.at(1)
    text = value.typed(value.width, value.signed)
    zero = Constant(0).typed(value.width, value.signed)
    return Text(f"{text.inside(EQUAL + 1)} != {zero.code}", EQUAL)


def is_hardware(thing):
    """Whether a thing is only known when the circuit runs."""
    return isinstance(thing, (Value, EnumValue, Variable, LoopIndex, _Signal))


def constant(scope, node):
    """The Python object of an expression that has to be known now."""
    thing = evaluate(scope, node)
    if isinstance(thing, LoopIndex):
        raise NeedsUnrolling
    if is_hardware(thing):
        if depends_on_index(scope, node):
            raise NeedsUnrolling
        scope.refuse(node, "this has to be a constant")
    return thing


def depends_on_index(scope, node):
    """Whether an expression reads the index of a loop."""
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
    return any(isinstance(scope.local.get(n), LoopIndex) for n in names)


def contains_hardware(thing):
    """Whether a thing is, or holds, what only the running circuit knows."""
    if isinstance(thing, (list, tuple)):
        return any(contains_hardware(t) for t in thing)
    return is_hardware(thing)

"""Calls: methods of MyHDL, builtins, and functions of the design."""

import ast
import inspect
from types import FunctionType

from myhdl import concat

from .operands import (
    EnumValue,
    contains_hardware,
    evaluate,
    hardware,
    is_hardware,
    number,
    truth_text,
    visits,
)
from .scope import Scope
from .source import Source
from .values import Bits, Plain, Truth


@visits(ast.Call)
def _call(scope, node):
    if isinstance(node.func, ast.Attribute) and node.func.attr == "signed":
        return as_signed(scope, node)
    function = evaluate(scope, node.func)
    arguments = [evaluate(scope, a) for a in node.args]
    if function is concat:
        return concatenation(scope, node, arguments)
    keywords = {k.arg: evaluate(scope, k.value) for k in node.keywords}
    everything = [*arguments, *keywords.values()]
    if function is len and len(arguments) == 1 and is_hardware(arguments[0]):
        return hardware(scope, arguments[0], node).width
    if not any(contains_hardware(a) for a in everything):
        return function(*arguments, **keywords)
    if function in (bool, int) and len(arguments) == 1:
        return conversion(scope, node, function, arguments[0])
    if isinstance(function, FunctionType):
        return inline(scope, node, function, arguments, keywords)
    scope.refuse(node, "this call does not convert")


def as_signed(scope, node):
    """x.signed(): the bits of an unsigned word as two's complement."""
    if node.args or node.keywords:
        scope.refuse(node, "signed() takes no argument")
    value = number(scope, node.func.value)
    if not value.sized:
        scope.refuse(node, "signed() of an expression without a width: assign it first")
    if value.signed:
        return value
    text = value.exact(value.width)
    word = value.word if isinstance(value, Bits) else None
    return Bits(f"$signed({text.code})", value.width, True, word=word)


def conversion(scope, node, function, argument):
    """int(x) is x, without its width; bool(x) is its truth."""
    value = hardware(scope, argument, node)
    if isinstance(value, EnumValue):
        scope.refuse(node, "an enum is used as a number")
    if function is bool:
        return Truth(truth_text(value))
    return Plain(value)


def concatenation(scope, node, arguments):
    """concat(first, ...), most significant first."""
    codes, width = [], 0
    for i, argument in enumerate(arguments):
        if isinstance(argument, str) and argument and set(argument) <= set("01"):
            codes.append(f"{len(argument)}'b{argument}")
            width += len(argument)
            continue
        value = hardware(scope, argument, node.args[i])
        if isinstance(value, EnumValue) or not (value.sized or value.boolean):
            scope.refuse(node.args[i], "concat() of an expression without a width")
        if i == 0 and value.lo < 0:
            scope.refuse(node, "concat() of a signed first operand: slice it, x[W:]")
        codes.append(value.exact(value.width).code)
        width += value.width
    return Bits(f"{{{', '.join(codes)}}}", width, False)


def inline(scope, node, function, arguments, keywords):
    """A function that is a single `return`: its expression, of these arguments."""
    source = Source(function)
    body = source.body()
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        scope.refuse(node, "only functions that are one `return` convert")
    try:
        bound = inspect.signature(function).bind(*arguments, **keywords)
    except TypeError as error:
        scope.refuse(node, str(error))
    bound.apply_defaults()
    return evaluate(Scope(source, scope.module, dict(bound.arguments)), body[0].value)

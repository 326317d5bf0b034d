"""Operators, names and attributes."""

import ast

from myhdl._Signal import _Signal

from .operands import EnumValue, evaluate, hardware, is_hardware, number, truth, visits
from .scope import Variable
from .text import ANDAND, EQUAL, LESS, OROR, TERNARY, UNARY, Text
from .values import (
    Choice,
    Complement,
    Constant,
    Modulo,
    Negation,
    Quotient,
    RightShift,
    Truth,
    binary_value,
    fits,
)

MAX_SHIFT = 4096
RELATIONS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
PYTHON = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
    ast.LShift: lambda a, b: a << b,
    ast.RShift: lambda a, b: a >> b,
    ast.BitAnd: lambda a, b: a & b,
    ast.BitOr: lambda a, b: a | b,
    ast.BitXor: lambda a, b: a ^ b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


@visits(ast.Constant)
def _constant(scope, node):
    return node.value


@visits(ast.Name)
def _name(scope, node):
    return scope.lookup(node)


@visits(ast.Attribute)
def _attribute(scope, node):
    owner = evaluate(scope, node.value)
    if isinstance(owner, _Signal) and node.attr == "val":
        return owner
    if isinstance(owner, (_Signal, Variable)) and node.attr in ("min", "max"):
        value = hardware(scope, owner, node)
        return value.lo if node.attr == "min" else value.hi + 1
    if is_hardware(owner):
        scope.refuse(node, f"attribute {node.attr} of a signal does not convert")
    try:
        return getattr(owner, node.attr)
    except AttributeError:
        scope.refuse(node, f"{type(owner).__name__} has no {node.attr}")


@visits(ast.BinOp)
def _binop(scope, node):
    left, right = evaluate(scope, node.left), evaluate(scope, node.right)
    kind = type(node.op)
    if not is_hardware(left) and not is_hardware(right):
        if kind not in PYTHON:
            scope.refuse(node, "operator does not convert")
        return PYTHON[kind](left, right)
    first, second = hardware(scope, left, node.left), hardware(scope, right, node.right)
    if isinstance(first, EnumValue) or isinstance(second, EnumValue):
        scope.refuse(node, "an enum is used as a number")
    return arithmetic(scope, node, first, second)


def arithmetic(scope, node, first, second):
    """The value of a binary operator."""
    kind = type(node.op)
    if kind in (ast.LShift, ast.RShift) and (second.lo < 0 or second.hi > MAX_SHIFT):
        scope.refuse(node, f"shift amount {second.lo}..{second.hi} is not within 0..{MAX_SHIFT}")
    if kind in (ast.FloorDiv, ast.Mod):
        return division(scope, node, first, second)
    value = binary_value(node.op, first, second)
    if value is None:
        scope.refuse(node, "operator does not convert")
    return value


def division(scope, node, first, second):
    """// and %: by a power of two, or of numbers that are never negative."""
    floor = isinstance(node.op, ast.FloorDiv)
    if isinstance(second, Constant) and second.value > 0 and not second.value & second.value - 1:
        bits = second.value.bit_length() - 1
        return RightShift(first, Constant(bits)) if floor else Modulo(first, bits)
    if first.lo < 0 or second.lo < 0:
        scope.refuse(node, "// or % of a number that may be negative, not by a power of two")
    return Quotient("/" if floor else "%", first, second)


@visits(ast.UnaryOp)
def _unaryop(scope, node):
    operand = evaluate(scope, node.operand)
    if isinstance(node.op, ast.Not):
        if not is_hardware(operand):
            return not operand
        text = truth(scope, node.operand)
        return Truth(Text(f"!{text.inside(UNARY)}", UNARY))
    if not is_hardware(operand):
        return {ast.USub: lambda a: -a, ast.Invert: lambda a: ~a, ast.UAdd: lambda a: +a}[
            type(node.op)
        ](operand)
    value = number(scope, node.operand)
    if isinstance(node.op, ast.UAdd):
        return value
    return Negation(value) if isinstance(node.op, ast.USub) else Complement(value)


@visits(ast.BoolOp)
def _boolop(scope, node):
    """and, or: in Verilog they give a bit, in Python an operand, so that operands must be bits."""
    is_and = isinstance(node.op, ast.And)
    texts = []
    for operand in node.values:
        thing = evaluate(scope, operand)
        if not is_hardware(thing):
            if bool(thing) == is_and:
                continue
            return bool(thing) if not texts else Truth(texts_joined(texts, is_and, bool(thing)))
        value = hardware(scope, thing, operand)
        if isinstance(value, EnumValue):
            scope.refuse(operand, "an enum is used as a condition")
        if not (value.width == 1 and not value.signed):
            scope.refuse(operand, "and/or give this number in Python: compare it with 0")
        texts.append(value.at(1))
    return Truth(texts_joined(texts, is_and, None)) if texts else is_and


def texts_joined(texts, is_and, last):
    level, sign = (ANDAND, " && ") if is_and else (OROR, " || ")
    codes = [t.inside(level + 1) for t in texts]
    if last is not None:
        codes.append(f"1'b{int(last)}")
    return texts[0] if len(codes) == 1 else Text(sign.join(codes), level)


@visits(ast.Compare)
def _compare(scope, node):
    if len(node.ops) > 1:
        scope.refuse(node, "comparisons do not chain: write two")
    left, right = evaluate(scope, node.left), evaluate(scope, node.comparators[0])
    kind = type(node.ops[0])
    if not is_hardware(left) and not is_hardware(right):
        return PYTHON[kind](left, right)
    if kind not in RELATIONS:
        scope.refuse(node, "comparison does not convert")
    first = hardware(scope, left, node.left)
    second = hardware(scope, right, node.comparators[0])
    if isinstance(first, EnumValue) or isinstance(second, EnumValue):
        if kind not in (ast.Eq, ast.NotEq) or not same_enum(first, second):
            scope.refuse(node, "enums compare by == and != with their own kind")
        return Truth(Text(f"{first.code} {RELATIONS[kind]} {second.code}", EQUAL))
    return compare(kind, first, second)


def same_enum(first, second):
    """Whether two values are of one enum."""
    both = isinstance(first, EnumValue) and isinstance(second, EnumValue)
    return both and first.kind is second.kind


def compare(kind, first, second):
    """A comparison, both sides at a width and sign that hold both."""
    known = decided(kind, first, second)
    if known is not None:
        return known
    signed = first.lo < 0 or second.lo < 0
    width = max(operand_width(v, signed) for v in (first, second))
    level = EQUAL if kind in (ast.Eq, ast.NotEq) else LESS
    left, right = (v.typed(width, signed) for v in (first, second))
    return Truth(
        Text(f"{left.inside(level + 1)} {RELATIONS[kind]} {right.inside(level + 1)}", level)
    )


def operand_width(value, signed):
    """Bits that hold a value as a signed or an unsigned number."""
    if isinstance(value, Constant):
        return Constant(value.value).width + (signed and value.value >= 0)
    return value.width + (signed and not value.signed)


def decided(kind, first, second):
    """The outcome of a comparison with a constant that the other side's type cannot reach."""
    for value, other, swapped in ((first, second, False), (second, first, True)):
        if isinstance(other, Constant) and not isinstance(value, Constant):
            half = 1 << (value.width - 1)
            lo, hi = (-half, half - 1) if value.signed else (0, 2 * half - 1)
            outcomes = {
                PYTHON[kind](*((other.value, edge) if swapped else (edge, other.value)))
                for edge in (lo, hi)
            }
            edge_case = kind in (ast.Eq, ast.NotEq) and fits(other.value, value.width, value.signed)
            return outcomes.pop() if len(outcomes) == 1 and not edge_case else None
    return None


@visits(ast.IfExp)
def _ifexp(scope, node):
    condition = truth(scope, node.test)
    if isinstance(condition, bool):
        return evaluate(scope, node.body if condition else node.orelse)
    first = hardware(scope, evaluate(scope, node.body), node.body)
    second = hardware(scope, evaluate(scope, node.orelse), node.orelse)
    if isinstance(first, EnumValue) or isinstance(second, EnumValue):
        if not same_enum(first, second):
            scope.refuse(node, "the branches are not of one enum")
        return EnumValue(
            first.kind, f"({condition.inside(TERNARY + 1)} ? {first.code} : {second.code})"
        )
    return Choice(condition, first, second)


@visits(ast.Tuple, ast.List)
def _sequence(scope, node):
    things = [evaluate(scope, e) for e in node.elts]
    return tuple(things) if isinstance(node, ast.Tuple) else things

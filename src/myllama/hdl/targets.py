"""The left sides of assignments."""

import ast
from dataclasses import dataclass

from myhdl import modbv
from myhdl._enum import EnumItemType
from myhdl._ShadowSignal import _ShadowSignal
from myhdl._Signal import _Signal

from .operands import evaluate, is_hardware, number
from .scope import Variable
from .slicing import moving_bounds, slice_bounds
from .values import select


@dataclass
class Target:
    """Something to assign to: `code` of so many bits, for values lo..hi.

    signal      the signal; None for a local variable
    enum        its enum type, if it has one
    mask        the bits that are surely assigned
    partial     whether it is less than the whole signal or variable
    wraps       whether MyHDL wraps values that do not fit
    """

    code: str
    width: int
    signed: bool
    lo: int
    hi: int
    boolean: bool = False
    wraps: bool = False
    signal: object = None
    enum: object = None
    mask: int = 0
    partial: bool = False


def find_target(process, node):
    """The Target of a syntax node."""
    scope = process.scope
    if isinstance(node, ast.Attribute) and node.attr == "next":
        signal = evaluate(scope, node.value)
        if isinstance(signal, _Signal):
            return signal_target(process, node, signal)
    elif isinstance(node, ast.Subscript):
        if isinstance(node.value, ast.Attribute) and node.value.attr == "next":
            whole = find_target(process, node.value)
            if whole.enum is not None or whole.boolean:
                scope.refuse(node, "no bits to assign")
            return part_target(scope, node, whole)
        owner = evaluate(scope, node.value)
        if isinstance(owner, Variable):
            whole = process.variable_target(node.value.id)
            if isinstance(node.slice, ast.Slice) and not (node.slice.lower or node.slice.upper):
                return whole
            return part_target(scope, node, whole)
    scope.refuse(node, "this cannot be assigned")


def signal_target(process, node, signal):
    """The whole of a signal."""
    name = process.module.name_of(signal)
    if isinstance(signal, _ShadowSignal):
        process.scope.refuse(node, "a slice or concatenation of signals cannot be driven")
    if name is None:
        process.scope.refuse(node, "the signal has no name in this block")
    if isinstance(signal._init, EnumItemType):
        kind = signal._init._type
        return Target(
            name, kind._nrbits, False, 0, 0, signal=signal, enum=kind, mask=(1 << kind._nrbits) - 1
        )
    value = process.module.word(process.scope, signal, node)
    return Target(
        name,
        value.width,
        value.signed,
        value.lo,
        value.hi,
        boolean=value.boolean,
        wraps=isinstance(signal._init, modbv),
        signal=signal,
        mask=(1 << value.width) - 1,
    )


def part_target(scope, node, whole):
    """Some bits of a signal or variable."""
    if isinstance(node.slice, ast.Slice):
        bounds = slice_bounds(scope, node, whole.width)
        if bounds is None:
            low, size = moving_bounds(scope, node)
            if low.lo < 0 or low.hi + size > whole.width:
                scope.refuse(node, "the slice may leave the word")
            code = f"{whole.code}[{low.exact(low.width).code} +: {size}]"
            return bits_of(whole, code, size, 0)
        low, size = bounds
        if low + size > whole.width:
            scope.refuse(node, f"slice above the {whole.width} bits of the word")
        code = select(whole.code, low, whole.width, size)
        return bits_of(whole, code, size, ((1 << size) - 1) << low)
    index = evaluate(scope, node.slice)
    if not is_hardware(index):
        if not 0 <= index < whole.width:
            scope.refuse(node, f"bit {index} of a word of {whole.width} bits")
        return bits_of(whole, select(whole.code, index, whole.width, 1), 1, 1 << index)
    index = number(scope, node.slice)
    if index.lo < 0 or index.hi >= whole.width:
        scope.refuse(node, "the bit may leave the word")
    return bits_of(whole, f"{whole.code}[{index.exact(index.width).code}]", 1, 0)


def bits_of(whole, code, size, mask):
    """A part of a target."""
    return Target(
        code,
        size,
        False,
        0,
        (1 << size) - 1,
        signal=whole.signal,
        mask=mask if whole.signal is not None else 0,
        partial=True,
    )

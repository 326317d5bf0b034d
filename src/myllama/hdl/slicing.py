"""Subscripts: bits and slices of words, elements of lists, tables."""

import ast

from myhdl import intbv

from .operands import (
    EnumValue,
    constant,
    depends_on_index,
    evaluate,
    hardware,
    is_hardware,
    number,
    visits,
)
from .scope import LoopIndex, NeedsUnrolling
from .text import Text
from .values import Bits, Constant, RightShift, Truth, resize_call


@visits(ast.Subscript)
def subscript(scope, node):
    """x[hi:lo], x[bit], list[constant]."""
    owner = evaluate(scope, node.value)
    if isinstance(owner, (list, tuple, dict, str)):
        return element(scope, node, owner)
    if isinstance(owner, intbv) and not contains_index(scope, node.slice):
        return owner[python_index(scope, node.slice)]
    word = hardware(scope, owner, node.value)
    if isinstance(word, EnumValue):
        scope.refuse(node, "an enum has no bits")
    if isinstance(node.slice, ast.Slice):
        return word_slice(scope, node, word)
    return word_bit(scope, node, word)


def contains_index(scope, node):
    """Whether a subscript depends on the running circuit."""
    parts = [node.lower, node.upper] if isinstance(node, ast.Slice) else [node]
    return any(p is not None and is_hardware(evaluate(scope, p)) for p in parts)


def python_index(scope, node):
    """The object between the brackets of a subscript that is known now."""
    if not isinstance(node, ast.Slice):
        return constant(scope, node)
    bounds = (node.lower, node.upper, node.step)
    return slice(*(None if b is None else constant(scope, b) for b in bounds))


def element(scope, node, owner):
    """An element of a Python list, tuple or string; the index has to be known."""
    if isinstance(node.slice, ast.Slice):
        return owner[python_index(scope, node.slice)]
    index = evaluate(scope, node.slice)
    if isinstance(index, LoopIndex) or depends_on_index(scope, node.slice):
        raise NeedsUnrolling
    if is_hardware(index):
        scope.refuse(node, "a variable index only stands alone on the right of an assignment")
    try:
        return owner[index]
    except (IndexError, KeyError) as error:
        scope.refuse(node, str(error))


def word_slice(scope, node, word):
    """word[hi:lo] as unsigned bits."""
    if node.slice.step is not None:
        scope.refuse(node, "a slice has no step")
    if not word.sized:
        scope.refuse(node, "slice of an expression without a width: assign it first")
    hi, lo = node.slice.lower, node.slice.upper
    if hi is None and lo is None:
        return word
    bounds = slice_bounds(scope, node, word.width)
    if bounds is None:
        low, size = moving_bounds(scope, node)
        return moving_slice(scope, node, word, low, size)
    low, size = bounds
    if low + size > word.width:
        scope.refuse(node, f"slice above the {word.width} bits of the word")
    if isinstance(word, Bits) and word.word:
        return word.piece(low, size)
    if low == 0 and size == word.width:
        return Bits(word.typed(size, False).code, size, False)
    shifted = RightShift(word, Constant(low)).typed(word.width, word.signed)
    return Bits(resize_call(word.width, word.signed, size, shifted.code), size, False)


def slice_bounds(scope, node, width):
    """(low bit, size) of a slice with constant bounds; None for other slices."""
    hi, lo = node.slice.lower, node.slice.upper
    values = []
    for bound, default in ((hi, width), (lo, 0)):
        thing = default if bound is None else evaluate(scope, bound)
        if is_hardware(thing):
            return None
        values.append(int(thing))
    if values[1] < 0 or values[0] <= values[1]:
        scope.refuse(node, f"slice [{values[0]}:{values[1]}] is empty")
    return values[1], values[0] - values[1]


def moving_bounds(scope, node):
    """(low bit, size) of x[e + K:e]."""
    hi, lo = node.slice.lower, node.slice.upper
    size = None
    if hi is not None and lo is not None:
        size = difference(scope, hi, lo)
    if size is None or size <= 0:
        if depends_on_index(scope, node.slice):
            raise NeedsUnrolling
        scope.refuse(node, "slice with variable bounds: only x[e + K:e] converts")
    return number(scope, lo), size


def difference(scope, hi, lo):
    """K of hi = lo + K, or of hi = K + lo; None if the two are not so written."""
    if not (isinstance(hi, ast.BinOp) and isinstance(hi.op, ast.Add)):
        return None
    for base, size in ((hi.left, hi.right), (hi.right, hi.left)):
        if ast.dump(base) == ast.dump(lo):
            thing = evaluate(scope, size)
            return None if is_hardware(thing) else int(thing)
    return None


def moving_slice(scope, node, word, low, size):
    """`size` bits from a variable position."""
    if low.lo < 0:
        scope.refuse(node, "a slice from below bit 0")
    name = whole_name(word)
    if name and low.hi + size <= word.width:
        return Bits(f"{name}[{low.exact(low.width).code} +: {size}]", size, False)
    shifted = RightShift(word, low).typed(word.width, word.signed)
    if size == word.width:
        return Bits(shifted.cast(False).code, size, False)
    if size > word.width:
        scope.refuse(node, f"slice above the {word.width} bits of the word")
    return Bits(resize_call(word.width, word.signed, size, shifted.code), size, False)


def whole_name(word):
    """The identifier of a word that Verilog can index; None for anything else."""
    if isinstance(word, Bits) and word.word and word.word[1:] == (0, word.width):
        return word.word[0]
    return None


def word_bit(scope, node, word):
    """word[bit] as a bool."""
    if not word.sized:
        scope.refuse(node, "bit of an expression without a width: assign it first")
    index = evaluate(scope, node.slice)
    if not is_hardware(index):
        if not 0 <= index < word.width:
            scope.refuse(node, f"bit {index} of a word of {word.width} bits")
        if word.width == 1:
            return Truth(word.at(1))
        if isinstance(word, Bits) and word.word:
            return word.piece(index, 1, boolean=True)
        index = Constant(index)
    else:
        index = hardware(scope, index, node.slice)
    if index.lo < 0:
        scope.refuse(node, "a bit below bit 0")
    name = whole_name(word)
    if name and index.hi < word.width and word.width > 1:
        return Truth(Text(f"{name}[{index.exact(index.width).code}]"))
    shifted = RightShift(word, index).typed(word.width, word.signed)
    if word.width == 1:
        return Truth(shifted.cast(False))
    return Truth(Text(resize_call(word.width, word.signed, 1, shifted.code)))

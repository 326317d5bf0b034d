"""Operators on expressions, each at the width that holds its exact result."""

import ast

from .expression import as_signed, literal, named, operation, signed_bits, unsigned_bits

SYMBOLS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
BITWISE = {ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"}
RELATIONS = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
LARGEST_SHIFT = 1024


def negate(resizer, e):
    if e.literal is not None:
        return literal(-e.literal)
    width = max(signed_bits(-e.hi, -e.lo), signed_bits(e.lo, e.hi))
    return operation(-e.hi, -e.lo, width, True, lambda w: f"(-{resizer.fit(e, w, True)})", True)


def invert(resizer, e):
    """~e of a number without a word of its own: -1 - e."""
    width = signed_bits(e.lo, e.hi)
    return operation(
        ~e.hi, ~e.lo, width, True, lambda w: f"(~{resizer.fit(e, w, True)})", narrows=True
    )


def arithmetic(resizer, op, left, right):
    if op is ast.Add:
        lo, hi = left.lo + right.lo, left.hi + right.hi
    elif op is ast.Sub:
        lo, hi = left.lo - right.hi, left.hi - right.lo
    else:
        corners = [a * b for a in (left.lo, left.hi) for b in (right.lo, right.hi)]
        lo, hi = min(corners), max(corners)
    signed = lo < 0 or left.lo < 0 or right.lo < 0
    operands = ((left.lo, left.hi), (right.lo, right.hi), (lo, hi))
    if signed:
        width = max(signed_bits(*bounds) for bounds in operands)
    else:
        width = max(unsigned_bits(top) for _, top in operands)
    return _infix(resizer, SYMBOLS[op], left, right, lo, hi, width, signed)


def bitwise(resizer, op, left, right):
    signed = left.lo < 0 or right.lo < 0
    if op is ast.BitAnd and (left.lo >= 0 or right.lo >= 0):
        hi = min(e.hi for e in (left, right) if e.lo >= 0)
        return _infix(resizer, "&", left, right, 0, hi, unsigned_bits(hi), False)
    if signed:
        width = max(signed_bits(e.lo, e.hi) for e in (left, right))
        lo, hi = -(1 << width - 1), (1 << width - 1) - 1
    else:
        width = max(unsigned_bits(e.hi) for e in (left, right))
        lo, hi = 0, (1 << width) - 1
    return _infix(resizer, BITWISE[op], left, right, lo, hi, width, signed)


def shift_left(resizer, left, right):
    lo, hi = min(left.lo << right.hi, left.lo << right.lo), left.hi << right.hi
    hi = max(hi, left.hi << right.lo)
    signed = lo < 0
    width = signed_bits(lo, hi) if signed else unsigned_bits(hi)
    amount = shift_amount(resizer, right)
    return operation(
        lo,
        hi,
        width,
        signed,
        lambda w: f"({resizer.fit(left, w, signed)} << {amount})",
        narrows=True,
    )


def shift_right(resizer, left, right):
    most = min(right.hi, LARGEST_SHIFT)
    lo, hi = min(left.lo >> right.lo, left.lo >> most), max(left.hi >> right.lo, left.hi >> most)
    if right.literal is not None and left.name and left.name.isidentifier():
        return _upper_part(left, right.literal, lo, hi)
    amount, symbol = shift_amount(resizer, right), ">>>" if left.signed else ">>"
    return operation(
        lo,
        hi,
        left.width,
        left.signed,
        lambda w: f"({resizer.fit(left, w, left.signed)} {symbol} {amount})",
    )


def _upper_part(left, amount, lo, hi):
    """A named word shifted by a constant: the part above it."""
    if amount >= left.width:
        return literal(0) if not left.signed else _sign_only(left)
    if amount == 0:
        return left
    text = f"{left.name}[{left.width - 1}:{amount}]"
    if left.width - 1 == amount:
        text = f"{left.name}[{amount}]"
    part = named(text, 0, (1 << left.width - amount) - 1, left.width - amount, False, left.top)
    if left.signed:
        part = as_signed(part)
    part.lo, part.hi = lo, hi
    return part


def _sign_only(left):
    part = as_signed(named(left.top, 0, 1, 1, False, left.top))
    part.lo, part.hi = -1, 0
    return part


def modulo_power(resizer, e, modulus):
    """e % modulus, a power of two: the low bits, which is right for negative e too."""
    if modulus == 1:
        return literal(0)
    width = unsigned_bits(modulus - 1)
    if not e.signed and e.width <= width:
        return e
    return operation(
        0,
        modulus - 1,
        width,
        False,
        lambda w: _padded(resizer.fit(e, width, False), width, w),
    )


def _padded(text, width, wider):
    return text if wider == width else f"{{{wider - width}'d0, {text}}}"


def divide(resizer, op, left, right):
    """// or % of operands that are never negative."""
    width = max(unsigned_bits(left.hi), unsigned_bits(right.hi))
    hi = left.hi if op is ast.FloorDiv else min(left.hi, max(right.hi - 1, 0))
    symbol = "/" if op is ast.FloorDiv else "%"
    return _infix(resizer, symbol, left, right, 0, hi, width, False)


def compare(resizer, op, left, right):
    if (
        left.literal is None
        and right.literal is None
        and (left.width, left.signed)
        == (
            right.width,
            right.signed,
        )
    ):
        width, signed = left.width, left.signed
    else:
        signed = left.lo < 0 or right.lo < 0
        width = max(_compared_width(e, signed) for e in (left, right))
    texts = (resizer.fit(e, width, signed) for e in (left, right))
    return f" {RELATIONS[op]} ".join(texts)


def _compared_width(e, signed):
    if e.literal is None and e.signed == signed:
        return e.width
    return signed_bits(e.lo, e.hi) if signed else unsigned_bits(e.hi)


def choose(resizer, condition, yes, no):
    lo, hi = min(yes.lo, no.lo), max(yes.hi, no.hi)
    signed = lo < 0
    width = signed_bits(lo, hi) if signed else unsigned_bits(hi)
    return operation(
        lo,
        hi,
        width,
        signed,
        lambda w: f"({condition} ? {resizer.fit(yes, w, signed)} : {resizer.fit(no, w, signed)})",
        narrows=True,
    )


def shift_amount(resizer, e):
    return str(e.literal) if e.literal is not None else resizer.fit(e, unsigned_bits(e.hi), False)


def _infix(resizer, symbol, left, right, lo, hi, width, signed):
    def at(w):
        return f"({resizer.fit(left, w, signed)} {symbol} {resizer.fit(right, w, signed)})"

    return operation(lo, hi, width, signed, at, narrows=symbol not in "/%")

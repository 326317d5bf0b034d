"""A Verilog expression together with the integers it can be."""

from dataclasses import dataclass, field
from typing import Any


def signed_bits(lo, hi):
    """Bits of the narrowest signed word that holds lo..hi."""
    return max((~lo if lo < 0 else lo).bit_length(), (~hi if hi < 0 else hi).bit_length()) + 1


def unsigned_bits(hi):
    """Bits of the narrowest unsigned word that holds 0..hi."""
    return max(1, hi.bit_length())


def bare(text):
    """`text` without the parentheses that enclose all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0 and i < len(text) - 1:
            return text
    return text[1:-1]


@dataclass
class Expr:
    """Text whose value, determined by itself at `width`, is exactly the Python value.

    lo, hi   the values it can have
    literal  its value, where that is known
    name     the text without $signed, where it is a name or a part of one
    top      the text of its uppermost bit, where it has a name
    at       the same expression evaluated at a larger width
    narrows  whether `at` is right for smaller widths too, the upper bits being dropped:
             sums and products are, quotients and right shifts are not
    """

    text: str
    lo: int
    hi: int
    width: int
    signed: bool
    literal: int | None = None
    name: str | None = None
    top: str | None = None
    at: Any = field(default=None, repr=False)
    narrows: bool = False


def literal(value):
    if value >= 0:
        width = unsigned_bits(value)
        return Expr(f"{width}'d{value}", value, value, width, False, value)
    width = signed_bits(value, value)
    return Expr(f"-{width}'sd{-value}", value, value, width, True, value)


def boolean(text, name=None):
    return Expr(text, 0, 1, 1, False, name=name, top=name)


def operation(lo, hi, width, signed, at, narrows=False):
    """An operator: at(width) writes it with its operands extended to that width."""
    return Expr(at(width), lo, hi, width, signed, at=at, narrows=narrows)


def named(text, lo, hi, width, signed, top=None):
    """A signal, or a part of one whose uppermost bit reads `top`."""
    return Expr(text, lo, hi, width, signed, name=text, top=top or f"{text}[{width - 1}]")


def as_signed(expr):
    """The bits of an unsigned part, read as two's complement."""
    half = 1 << expr.width - 1
    return Expr(
        f"$signed({bare(expr.text)})",
        -half,
        half - 1,
        expr.width,
        True,
        name=expr.name,
        top=expr.top,
    )


class Resizer:
    """Writes expressions at the width and signedness their context needs.

    functions  text of the Verilog functions used so far, by name; the module ends with them
    """

    def __init__(self):
        self.functions = {}

    def fit(self, expr, width, signed):
        """Text of `expr` as a word of `width` bits; what does not fit is dropped."""
        if expr.literal is not None:
            return literal_text(expr.literal, width, signed)
        text, is_signed = self._resized(expr, width)
        if is_signed == signed:
            return text
        return f"${'signed' if signed else 'unsigned'}({bare(text)})"

    def assigned(self, expr, width):
        """Text of `expr` as the whole right-hand side of an assignment to `width` bits."""
        if expr.literal is not None:
            return literal_text(expr.literal, width, expr.literal < 0)
        return bare(self._resized(expr, width)[0])

    def _resized(self, expr, width):
        """(text, signedness) of `expr` at `width` bits."""
        if width == expr.width:
            return expr.text, expr.signed
        if width > expr.width:
            return self._extended(expr, width)
        return self._truncated(expr, width)

    def _extended(self, expr, width):
        more = width - expr.width
        if expr.at:
            return expr.at(width), expr.signed
        if not expr.signed:
            return f"{{{more}'d0, {bare(expr.text)}}}", False
        if expr.top:
            sign = expr.top if more == 1 else f"{{{more}{{{expr.top}}}}}"
            return f"{{{sign}, {expr.name}}}", False
        name = f"extend_{expr.width}_{width}"
        top = f"{{{{{more}{{operand[{expr.width - 1}]}}}}, operand}}"
        self.functions[name] = _function(name, expr.width, width, top, False)
        return f"{name}({bare(expr.text)})", False

    def _truncated(self, expr, width):
        if expr.narrows:
            return expr.at(width), expr.signed
        if expr.name and expr.top == f"{expr.name}[{expr.width - 1}]" and "[" not in expr.name:
            return f"{expr.name}[{width - 1}:0]" if width > 1 else f"{expr.name}[0]", False
        name = f"low_{expr.width}_{width}"
        self.functions[name] = _function(name, expr.width, width, f"operand[{width - 1}:0]", True)
        return f"{name}({bare(expr.text)})", False


def literal_text(value, width, signed):
    """A constant of `width` bits; of one that needs more, the low bits."""
    bits, half = value & (1 << width) - 1, 1 << width - 1
    if not signed:
        return f"{width}'d{bits}"
    if bits < half:
        return f"{width}'sd{bits}"
    if bits > half:
        return f"-{width}'sd{2 * half - bits}"
    return f"$signed({width}'h{bits:x})"


def _function(name, width, result, body, drops):
    text = (
        f"function [{result - 1}:0] {name};\n"
        f"    input [{width - 1}:0] operand;\n"
        f"    {name} = {body};\n"
        "endfunction"
    )
    if not drops:
        return text
    return (
        "// The upper bits are dropped on purpose.\n"
        f"/* verilator lint_off UNUSEDSIGNAL */\n{text}\n/* verilator lint_on UNUSEDSIGNAL */"
    )

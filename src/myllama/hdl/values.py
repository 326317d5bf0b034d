"""Integer expressions: the range of their values, and how to write them at a given width.

MyHDL expressions are Python integers, without bounds. A Verilog expression has a width and one
signedness. Every value here knows the interval of the Python integer; `at(width)` writes it as
Verilog of exactly `width` bits that equals the integer modulo 2**width. Addition, products, bit
operations and left shifts need no more bits of their operands than they give; right shifts,
comparisons and divisions get operands that hold the exact value.
"""

import ast

from .text import (
    ADD,
    ATOM,
    MUL,
    SHIFT,
    TERNARY,
    UNARY,
    Text,
    agree,
    alone,
    binary,
    literal,
)
from .text import AND as AND_LEVEL
from .text import OR as OR_LEVEL
from .text import XOR as XOR_LEVEL


def signed_bits(lo, hi):
    """Bits of the two's complement numbers that cover lo..hi."""
    return max((~lo if lo < 0 else lo).bit_length(), (~hi if hi < 0 else hi).bit_length()) + 1


def unsigned_bits(hi):
    """Bits of the binary numbers up to hi, at least one."""
    return max(1, hi.bit_length())


class Value:
    """An integer expression with values lo..hi.

    width, signed   the shortest Verilog type that holds lo..hi
    sized           an intbv with a width, in MyHDL: it has bits to slice, and a ~ of its own
    boolean         a bool, in MyHDL
    """

    sized = False
    boolean = False

    def __init__(self, lo, hi):
        self.lo, self.hi = lo, hi
        self.signed = lo < 0
        self.width = signed_bits(lo, hi) if lo < 0 else unsigned_bits(hi)

    def at(self, width):
        """Text of the value modulo 2**width, for a context of `width` bits."""
        raise NotImplementedError

    def exact(self, width):
        """Text of `width` bits that needs no context to be so wide."""
        text = self.at(width)
        return text if not text.flexible else self.at_exactly(width)

    def at_exactly(self, width):
        """Like at(), never flexible."""
        return self.at(width)

    def typed(self, width, signed):
        """Text of exactly `width` bits and this signedness, safe beside any neighbour."""
        text = self.exact(width)
        return alone(text) if text.signed == signed else text.cast(signed)


class Constant(Value):
    """A Python integer, or an intbv of a (width, signed) type."""

    def __init__(self, value, kind=None):
        super().__init__(value, value)
        self.value = value
        self.boolean = isinstance(value, bool)
        if kind:
            self.width, self.signed = kind
            self.sized = True

    def at(self, width):
        return literal(self.value, width, self.signed)

    def typed(self, width, signed):
        return literal(self.value, width, signed)


class Bits(Value):
    """Bits of a signal or variable, or anything else that is an operand by itself.

    code    the Verilog text
    word    (name, offset, whole): the bits are those from `offset` up of a vector `name` of
            `whole` bits; None if Verilog cannot take a part of the text
    """

    def __init__(self, code, width, signed, lo=None, hi=None, boolean=False, word=None):
        half = 1 << (width - 1)
        super().__init__(
            (-half if signed else 0) if lo is None else lo,
            (half - 1 if signed else 2 * half - 1) if hi is None else hi,
        )
        self.width, self.signed = width, signed
        self.code, self.boolean, self.word = code, boolean, word
        self.sized = not boolean

    def piece(self, low, size, boolean=False):
        """`size` of the bits, from `low` up, as unsigned bits; None if there is no word."""
        if self.word is None:
            return None
        name, offset, whole = self.word
        return word_bits((name, offset + low, whole), size, False, boolean=boolean)

    def at(self, width):
        if width == self.width:
            return Text(self.code, signed=self.signed)
        if self.word is None:
            if not self.signed and width > self.width:
                return Text(f"{{{width - self.width}'d0, {self.code}}}")
            return Text(resize_call(self.width, self.signed, width, self.code), signed=self.signed)
        if width < self.width:
            return Text(self.piece(0, width).code)
        more, raw = width - self.width, self.piece(0, self.width).code
        if self.signed:
            sign = self.piece(self.width - 1, 1).code
            return Text(f"{{{{{more}{{{sign}}}}}, {raw}}}")
        return Text(f"{{{more}'d0, {raw}}}")


def word_bits(word, width, signed, lo=None, hi=None, boolean=False):
    """The Bits of a part of a named vector."""
    return Bits(select(*word, width), width, signed, lo, hi, boolean, word)


def select(name, offset, whole, size):
    """Verilog text of `size` bits, from `offset` up, of a vector of `whole` bits."""
    if size == whole:
        return name
    return f"{name}[{offset}]" if size == 1 else f"{name}[{offset + size - 1}:{offset}]"


def resize_call(width, signed, to, code):
    """A call of the module's own function that changes the width of an expression."""
    return f"{resize_name(width, signed, to)}({code})"


def resize_name(width, signed, to):
    kind = "low" if to < width else "wide"
    return f"{kind}_{to}_of_{'s' if signed else 'u'}{width}"


class Plain(Value):
    """int(operand): the same number, no longer something with bits to slice."""

    def __init__(self, operand):
        super().__init__(operand.lo, operand.hi)
        self.width, self.signed = operand.width, operand.signed
        self.at, self.exact = operand.at, operand.exact


class Sum(Value):
    """first + second or first - second."""

    def __init__(self, operator, first, second):
        if operator == "+":
            super().__init__(first.lo + second.lo, first.hi + second.hi)
        else:
            super().__init__(first.lo - second.hi, first.hi - second.lo)
        self.operator, self.first, self.second = operator, first, second

    def at(self, width):
        kind = same_type(self.first, self.second)
        if kind and kind[0] == width - 1:  # the carry goes into the wider context
            pair = (v.typed(*kind) for v in (self.first, self.second))
            text = binary(self.operator, ADD, *pair)
            return Text(text.code, ADD, text.signed, fragile=True, flexible=True)
        return self.write(width, self.first.at(width), self.second.at(width))

    def at_exactly(self, width):
        return self.write(width, self.first.exact(width), self.second.exact(width))

    def write(self, width, first, second):
        explicit = lambda: self.first.exact(width), lambda: self.second.exact(width)
        first, second = neighbours(self.first, self.second, width, (first, second))
        first, second = agree(first, second, explicit)
        return binary(self.operator, ADD, first, second)


def same_type(first, second):
    """(width, signed) of two names of one type, or of a name and a constant that fits it."""
    for name, other in ((first, second), (second, first)):
        if not isinstance(name, Bits):
            continue
        kind = name.width, name.signed
        if isinstance(other, Bits) and (other.width, other.signed) == kind:
            return kind
        if isinstance(other, Constant) and fits(other.value, *kind):
            return kind
    return None


def fits(value, width, signed):
    """Whether a type holds a value."""
    half = 1 << (width - 1)
    return -half <= value < half if signed else 0 <= value < 2 * half


def neighbours(first, second, width, texts):
    """Write a constant as signed as the operand beside it."""
    texts = list(texts)
    for i, operand in enumerate((first, second)):
        if isinstance(operand, Constant):
            texts[i] = literal(operand.value, width, texts[1 - i].signed)
    return tuple(texts)


class Product(Value):
    """first * second."""

    def __init__(self, first, second):
        corners = [a * b for a in (first.lo, first.hi) for b in (second.lo, second.hi)]
        super().__init__(min(corners), max(corners))
        self.first, self.second = first, second

    def at(self, width):
        """Operands as they are: Verilog widens both to the context."""
        signed = self.first.signed or self.second.signed
        texts = []
        for operand in (self.first, self.second):
            own = operand.width + (signed and not operand.signed)
            texts.append(operand.typed(min(own, width), signed))
        text = binary("*", MUL, *texts)
        return Text(text.code, MUL, signed, fragile=True, flexible=True)

    def at_exactly(self, width):
        signed = self.first.signed or self.second.signed
        return binary("*", MUL, *(v.typed(width, signed) for v in (self.first, self.second)))


class Logic(Value):
    """first & second, first | second, first ^ second."""

    levels = {"&": AND_LEVEL, "|": OR_LEVEL, "^": XOR_LEVEL}

    def __init__(self, operator, first, second):
        positive = [v.hi for v in (first, second) if v.lo >= 0]
        if operator == "&" and positive:
            lo, hi = 0, min(positive)
        elif len(positive) == 2:
            lo, hi = 0, (1 << max(positive).bit_length()) - 1
        else:
            half = 1 << (max(signed_bits(v.lo, v.hi) for v in (first, second)) - 1)
            lo, hi = -half, half - 1
        super().__init__(lo, hi)
        self.operator, self.first, self.second = operator, first, second
        self.boolean = first.boolean and second.boolean

    def at(self, width):
        texts = self.first.exact(width), self.second.exact(width)
        texts = neighbours(self.first, self.second, width, texts)
        texts = agree(*texts, (None, None))
        return binary(self.operator, self.levels[self.operator], *texts, commutes=True)


class Negation(Value):
    """-operand."""

    def __init__(self, operand):
        super().__init__(-operand.hi, -operand.lo)
        self.operand = operand

    def at(self, width):
        text = self.operand.exact(width)
        return Text(f"-{text.inside(ATOM)}", UNARY, text.signed, text.fragile)


class Complement(Value):
    """~operand, which MyHDL keeps positive for unsigned operands that have a width."""

    def __init__(self, operand):
        self.masked = operand.sized and not operand.signed
        if self.masked:
            super().__init__(0, (1 << operand.width) - 1)
        else:
            super().__init__(~operand.hi, ~operand.lo)
        self.operand = operand

    def at(self, width):
        own = self.operand.width
        if self.masked and width > own:
            inner = self.at(own)
            return Text(f"{{{width - own}'d0, {inner.code}}}")
        text = self.operand.exact(width)
        return Text(f"~{text.inside(ATOM)}", UNARY, text.signed, text.fragile)


class LeftShift(Value):
    """operand << amount."""

    def __init__(self, operand, amount):
        corners = [x << n for x in (operand.lo, operand.hi) for n in (amount.lo, amount.hi)]
        super().__init__(min(corners), max(corners))
        self.operand, self.amount = operand, amount

    def at(self, width):
        if isinstance(self.amount, Constant):
            n = self.amount.value
            if n == 0:
                return self.operand.at(width)
            if n >= width:
                return literal(0, width, False)
            low = self.operand.exact(width - n)
            return Text(f"{{{low.code}, {n}'d0}}")
        text = self.operand.exact(width)
        shifted = f"{text.inside(SHIFT)} << {amount_code(self.amount)}"
        return Text(shifted, SHIFT, text.signed, text.fragile)


class RightShift(Value):
    """operand >> amount, rounding down."""

    def __init__(self, operand, amount):
        far = min(amount.hi, 1 << 16)
        corners = [x >> n for x in (operand.lo, operand.hi) for n in (amount.lo, far)]
        super().__init__(min(corners), max(corners))
        self.operand, self.amount = operand, amount

    def at(self, width):
        operand, own = self.operand, self.operand.width
        if isinstance(self.amount, Constant):
            n = self.amount.value
            if n == 0:
                return operand.at(width)
            if isinstance(operand, Bits) and operand.word and n < own:
                kept = own - n
                name, offset, whole = operand.word
                part = word_bits((name, offset + n, whole), kept, operand.signed)
                return Text(part.at(width).code)
        if width < own:
            return Text(
                resize_call(own, operand.signed, width, self.written(own).code),
                signed=operand.signed,
            )
        return self.written(width)

    def written(self, width):
        left = self.operand.typed(width, self.operand.signed)
        sign = ">>>" if self.operand.signed else ">>"
        code = f"{left.inside(SHIFT)} {sign} {amount_code(self.amount)}"
        return Text(code, SHIFT, left.signed, fragile=True)


def amount_code(amount):
    """A shift amount: unsigned, no wider than it needs to be."""
    if isinstance(amount, Constant):
        return str(amount.value)
    return amount.typed(unsigned_bits(amount.hi), False).inside(ADD)


class Quotient(Value):
    """first // second or first % second of numbers that are never negative."""

    def __init__(self, operator, first, second):
        high = first.hi if operator == "/" else min(first.hi, max(0, second.hi - 1))
        super().__init__(0, high)
        self.operator, self.first, self.second = operator, first, second

    def at(self, width):
        own = unsigned_bits(max(self.first.hi, self.second.hi))
        wide = max(own, width)
        texts = [v.typed(wide, False) for v in (self.first, self.second)]
        text = binary(self.operator, MUL, *texts)
        if width < wide:
            return Text(resize_call(wide, False, width, text.code))
        return Text(text.code, MUL, False, fragile=True)


class Modulo(Value):
    """operand % 2**bits, for operands of either sign."""

    def __init__(self, operand, bits):
        super().__init__(0, (1 << bits) - 1)
        self.operand, self.bits = operand, bits
        self.width = max(1, bits)

    def at(self, width):
        if self.bits == 0:
            return literal(0, width, False)
        low = self.operand.exact(min(width, self.bits))
        if width <= self.bits:
            return low
        return Text(f"{{{width - self.bits}'d0, {low.code}}}")


class Choice(Value):
    """first if condition else second."""

    def __init__(self, condition, first, second):
        super().__init__(min(first.lo, second.lo), max(first.hi, second.hi))
        self.condition, self.first, self.second = condition, first, second
        self.boolean = first.boolean and second.boolean

    def at(self, width):
        texts = self.first.exact(width), self.second.exact(width)
        texts = neighbours(self.first, self.second, width, texts)
        texts = agree(*texts, (None, None))
        code = f"{self.condition.inside(TERNARY + 1)} ? {texts[0].inside(TERNARY + 1)} : "
        code += texts[1].inside(TERNARY)
        return Text(
            code,
            TERNARY,
            texts[0].signed and texts[1].signed,
            texts[0].fragile or texts[1].fragile,
        )


class Truth(Value):
    """A one-bit expression that is already text: comparisons, and, or, not."""

    boolean = True

    def __init__(self, text):
        super().__init__(0, 1)
        self.text = text

    def at(self, width):
        if width == 1:
            return self.text
        return Text(f"{{{width - 1}'d0, {self.text.code}}}")


def binary_value(operator, first, second):
    """The value of `first operator second` for an ast operator; None if it has none."""
    kind = type(operator)
    if kind in (ast.Add, ast.Sub):
        return Sum("+" if kind is ast.Add else "-", first, second)
    if kind is ast.Mult:
        return Product(first, second)
    if kind in (ast.BitAnd, ast.BitOr, ast.BitXor):
        return Logic({ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"}[kind], first, second)
    if kind is ast.LShift:
        return LeftShift(first, second)
    if kind is ast.RShift:
        return RightShift(first, second)
    return None

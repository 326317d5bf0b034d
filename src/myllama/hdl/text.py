"""Verilog expression text that knows its precedence and how its context may change it."""

from dataclasses import dataclass, replace

# How tightly an expression binds, as in the operator table of Verilog.
TERNARY, OROR, ANDAND, OR, XOR, AND, EQUAL, LESS, SHIFT, ADD, MUL, UNARY, ATOM = range(13)


@dataclass(frozen=True)
class Text:
    """A Verilog expression.

    code        the expression
    level       its precedence, for parentheses
    signed      whether Verilog takes it for signed
    fragile     its value changes when an unsigned neighbour makes the whole expression unsigned
    flexible    it relies on its context to widen it: it may only stand where the context is as
                wide as was asked for
    """

    code: str
    level: int = ATOM
    signed: bool = False
    fragile: bool = False
    flexible: bool = False

    def inside(self, level):
        """The code as an operand of an operator that binds at `level`."""
        return self.code if self.level >= level else f"({self.code})"

    def cast(self, signed):
        """The same bits, taken for signed or unsigned; not for flexible text."""
        if self.signed == signed:
            return self
        if self.flexible:
            raise AssertionError(f"cast of an expression without a width of its own: {self.code}")
        return Text(f"${'signed' if signed else 'unsigned'}({self.code})", signed=signed)


def literal(value, width, signed):
    """A sized constant of exactly `width` bits; the value is taken modulo 2**width."""
    value &= (1 << width) - 1
    if signed and value >> (width - 1):
        if value == 1 << (width - 1):  # -8'sd128 would negate what does not fit
            return Text(f"{width}'sh{value:x}", signed=True)
        return Text(f"-{width}'sd{(1 << width) - value}", UNARY, signed=True)
    if width == 1 and not signed:
        return Text(f"1'b{value}")
    return Text(f"{width}'{'s' if signed else ''}d{value}", signed=signed)


def agree(first, second, explicit):
    """Give two operands of one operator the same signedness where the result depends on it.

    Every operand already has the width of the result, so that signedness only matters to
    fragile ones. `explicit` are two functions that write an operand with a width of its own.
    """
    if not (first.fragile or second.fragile) or first.signed == second.signed:
        return first, second
    pair = [first, second]
    for i in (0, 1):
        if not pair[i].signed:
            if pair[i].flexible:
                pair[i] = explicit[i]()
            pair[i] = pair[i].cast(True)
    return tuple(pair)


def binary(operator, level, first, second, commutes=False):
    """`first operator second`."""
    return Text(
        f"{first.inside(level)} {operator} {second.inside(level if commutes else level + 1)}",
        level,
        first.signed and second.signed,
        first.fragile or second.fragile,
        first.flexible or second.flexible,
    )


def alone(text):
    """Text that no neighbour can change: a fragile one is closed in a cast."""
    if not text.fragile:
        return text
    if text.flexible:
        raise AssertionError(f"cast of an expression without a width of its own: {text.code}")
    return replace(
        Text(f"${'signed' if text.signed else 'unsigned'}({text.code})"), signed=text.signed
    )

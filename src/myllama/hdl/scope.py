"""What the names in a piece of convertible code stand for, and what it drives."""

import builtins
from dataclasses import dataclass, field

from .values import word_bits


@dataclass
class Variable:
    """An intbv (or the value of an expression) that lives in one generator."""

    name: str
    width: int
    signed: bool
    lo: int
    hi: int
    boolean: bool = False
    wraps: bool = False

    def value(self):
        """The variable as an operand."""
        word = self.name, 0, self.width
        return word_bits(word, self.width, self.signed, self.lo, self.hi, self.boolean)


@dataclass(frozen=True)
class LoopIndex:
    """The index of a `for` that stays a loop in Verilog."""

    name: str
    lo: int
    hi: int

    def value(self):
        """The index as an operand, as short as its range."""
        width = max(1, self.hi.bit_length())
        return word_bits((self.name, 0, 32), width, False, self.lo, self.hi)


class NeedsUnrolling(Exception):
    """A loop body uses its index where Verilog wants a constant."""


@dataclass
class Scope:
    """Names of one generator or function.

    source      where the code is
    module      the module being written: names of signals, enums
    local       names bound so far: Variable, LoopIndex, or any Python object
    """

    source: object
    module: object
    local: dict = field(default_factory=dict)

    def lookup(self, node):
        """The object behind an ast.Name."""
        for names in (self.local, self.source.names, self.source.globals, vars(builtins)):
            if node.id in names:
                return names[node.id]
        self.source.refuse(node, "name is not bound on every path to here")

    def refuse(self, node, message):
        """Raise ConversionRefused about a node."""
        self.source.refuse(node, message)

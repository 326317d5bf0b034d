"""From the syntax tree of a generator to expressions."""

import ast
import io

from myhdl import concat, intbv, modbv
from myhdl._Signal import _Signal

from . import intervals
from .errors import refuse
from .expression import (
    Expr,
    Resizer,
    as_signed,
    bare,
    boolean,
    literal,
    named,
    unsigned_bits,
)
from .parts import INT_BITS, Parts


class Translator(Parts):
    """Translates the expressions of one visitor of MyHDL's converter.

    stock      the visitor's own methods, before they were replaced
    functions  see Resizer
    """

    def __init__(self, visitor, stock, functions):
        self.visitor, self.stock = visitor, stock
        self.resizer = Resizer()
        self.resizer.functions = functions
        self.loops = {}

    def expression(self, node):
        """The Expr of `node`, or None when it is not an integer (an enum, a string)."""
        if not isinstance(node, ast.Constant | ast.Name):
            value = self.constant(node)
            if value is not None:
                return literal(value)
        method = getattr(self, f"_{type(node).__name__}", None)
        return method(node) if method else None

    def constant(self, node):
        """The value of an expression of elaboration-time integers, or None."""
        symbols = self.visitor.tree.symdict
        for part in ast.walk(node):
            if isinstance(part, ast.Call | ast.Subscript | ast.Attribute):
                return None
            if isinstance(part, ast.Name) and (
                part.id in self.visitor.tree.vardict or not isinstance(symbols.get(part.id), int)
            ):
                return None
        integers = {name: value for name, value in symbols.items() if isinstance(value, int)}
        try:
            return int(eval(compile(ast.Expression(node), "", "eval"), {}, integers))
        except (TypeError, ValueError, NameError, ArithmeticError):
            return None

    def written(self, method, *args):
        """What one of the visitor's own methods writes."""
        visitor = self.visitor
        kept, visitor.buf, visitor.context = visitor.buf, io.StringIO(), None
        try:
            self.stock[method](visitor, *args)
            return visitor.buf.getvalue()
        finally:
            visitor.buf = kept

    def index(self, node, size):
        """Text of an index into `size` bits or words."""
        e = self.expression(node)
        if e.literal is not None:
            return str(e.literal)
        if e.signed and e.width == INT_BITS:
            return e.text
        return self.resizer.fit(e, min(e.width, unsigned_bits(size - 1)), False)

    def typed(self, text, obj):
        """A signal or variable called `text`."""
        if isinstance(obj, _Signal):
            obj = obj._val
        if isinstance(obj, bool):
            return boolean(text, text)
        if not isinstance(obj, intbv) or not obj._nrbits:
            return None
        width, signed = obj._nrbits, obj._min is not None and obj._min < 0
        if isinstance(obj, modbv) or obj._max is None:
            half = 1 << width - 1
            lo, hi = (-half, half - 1) if signed else (0, 2 * half - 1)
        else:
            lo, hi = obj._min, obj._max - 1
        top = text if width == 1 and not signed else None
        return named(text, lo, hi, width, signed, top)

    def _Constant(self, node):
        value = node.value
        if isinstance(value, bool | int):
            return literal(int(value))
        if isinstance(value, str) and value and set(value) <= set("01"):
            return Expr(f"{len(value)}'b{value}", int(value, 2), int(value, 2), len(value), False)
        return None

    def _Name(self, node):
        tree = self.visitor.tree
        local = node.id in tree.vardict
        obj = tree.vardict[node.id] if local else tree.symdict.get(node.id)
        if isinstance(obj, int) and not local:
            return literal(int(obj))
        if isinstance(obj, int) and not isinstance(obj, bool):
            half = 1 << INT_BITS - 1
            lo, hi = self.loops.get(node.id, (-half, half - 1))
            return named(node.id, lo, hi, INT_BITS, True)
        return self.typed(node.id if local else self.written("getName", node), obj)

    def _Attribute(self, node):
        if node.attr in ("min", "max"):
            return literal(int(node.obj))
        if node.attr in ("val", "next"):
            return self.expression(node.value)
        return self.typed(self.written("visit_Attribute", node), getattr(node, "obj", None))

    def _Call(self, node):
        function = getattr(node.func, "obj", None)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("signed", "unsigned"):
            e = self.expression(node.func.value)
            if node.func.attr == "signed":
                return e if e.signed else as_signed(e)
            return named(self.resizer.fit(e, e.width, False), 0, (1 << e.width) - 1, e.width, False)
        if function is concat:
            return self._concat(node)
        if function is bool:
            e = self.expression(node.args[0])
            if e.width == 1 and not e.signed:
                return e
            return boolean(f"({e.text} != {self.resizer.fit(literal(0), e.width, e.signed)})")
        if function is len:
            return literal(self.visitor.getVal(node))
        if function is int or function in (intbv, modbv):
            return self.expression(node.args[0])
        if getattr(getattr(node, "tree", None), "returnObj", None) is not None:
            # Writing a call also writes the function's body: once.
            if not hasattr(node, "text"):
                node.text = self.written("visit_Call", node)
            e = self.typed(node.text, node.tree.returnObj)
            if e is not None:
                e.name = e.top = None
            return e
        refuse(self.visitor, node, "a call that has no hardware meaning")

    def _concat(self, node):
        parts = [self.expression(arg) for arg in node.args]
        if parts[0].lo < 0:
            refuse(self.visitor, node, "concat() of a signed word; slice it first, x[W:]")
        width = sum(part.width for part in parts)
        text = f"{{{', '.join(bare(part.text) for part in parts)}}}"
        return Expr(text, 0, (1 << width) - 1, width, False)

    def _UnaryOp(self, node):
        if isinstance(node.op, ast.Not):
            return boolean(f"(!{self.condition(node.operand)})")
        e = self.expression(node.operand)
        if e is None or isinstance(node.op, ast.UAdd):
            return e
        if isinstance(node.op, ast.USub):
            return intervals.negate(self.resizer, e)
        if e.literal is not None:
            return literal(~e.literal)
        if e.width == 1:
            refuse(self.visitor, node, "~ of one bit is -1 or -2 in Python; write `not`")
        if e.name is not None and not e.signed:
            return Expr(f"(~{e.text})", 0, (1 << e.width) - 1, e.width, False)
        return intervals.invert(self.resizer, e)

    def _BinOp(self, node):
        left, right, op = self.expression(node.left), self.expression(node.right), type(node.op)
        if left is None or right is None:
            return None
        if op in intervals.SYMBOLS:
            return intervals.arithmetic(self.resizer, op, left, right)
        if op in intervals.BITWISE:
            return intervals.bitwise(self.resizer, op, left, right)
        if op in (ast.LShift, ast.RShift):
            if right.lo < 0 or (op is ast.LShift and right.hi > intervals.LARGEST_SHIFT):
                refuse(self.visitor, node, "a shift whose amount may be negative or has no bound")
            shift = intervals.shift_left if op is ast.LShift else intervals.shift_right
            return shift(self.resizer, left, right)
        if op in (ast.FloorDiv, ast.Mod):
            return self._division(node, op, left, right)
        refuse(self.visitor, node, "an operator that does not convert")

    def _division(self, node, op, left, right):
        divisor = right.literal
        if divisor is not None and divisor > 0 and divisor & divisor - 1 == 0:
            if op is ast.Mod:
                return intervals.modulo_power(self.resizer, left, divisor)
            return intervals.shift_right(self.resizer, left, literal(divisor.bit_length() - 1))
        if left.lo < 0 or right.lo < 0:
            refuse(self.visitor, node, "// or % of a negative number, which Verilog truncates")
        return intervals.divide(self.resizer, op, left, right)

    def _Compare(self, node):
        if len(node.ops) > 1:
            refuse(self.visitor, node, "a chained comparison; write two")
        left, right = self.expression(node.left), self.expression(node.comparators[0])
        if left is None or right is None:
            return boolean(self.written("visit_Compare", node))
        return boolean(f"({intervals.compare(self.resizer, type(node.ops[0]), left, right)})")

    def _BoolOp(self, node):
        symbol = " && " if isinstance(node.op, ast.And) else " || "
        return boolean(f"({symbol.join(self.condition(value) for value in node.values)})")

    def condition(self, node):
        """Text of `node` as a truth value."""
        e = self.expression(node)
        if e.width == 1 and not e.signed:
            return e.text
        return f"({e.text} != {self.resizer.fit(literal(0), e.width, e.signed)})"

    def _IfExp(self, node):
        yes, no = self.expression(node.body), self.expression(node.orelse)
        if yes is None or no is None:
            return None
        return intervals.choose(self.resizer, self.condition(node.test), yes, no)

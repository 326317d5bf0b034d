"""Bits, slices and elements: what stands in front of square brackets."""

import ast

from myhdl._extractHierarchy import _isMem
from myhdl.conversion._analyze import _Ram, _Rom

from . import intervals
from .errors import refuse
from .expression import Expr, boolean, named

INT_BITS = 32


class Parts:
    """The subscripts of a Translator."""

    def _Subscript(self, node):
        if isinstance(node.slice, ast.Slice):
            return self._part(node)
        obj = getattr(node.value, "obj", None)
        if isinstance(obj, _Rom):
            refuse(self.visitor, node, "a table is read alone on the right-hand side")
        memory = None
        if isinstance(node.value, ast.Name):
            memory = self.visitor.tree.symdict.get(node.value.id)
        if memory is not None and _isMem(memory):
            index = self.index(node.slice, len(memory))
            return self.typed(f"{self.written('getName', node.value)}[{index}]", memory[0])
        if isinstance(obj, _Ram):
            return self.typed(f"{node.value.id}[{self.index(node.slice, obj.depth)}]", obj.elObj)
        whole = self.expression(node.value)
        if whole is None:
            return None
        if whole.name is None:
            refuse(self.visitor, node, "a bit of an expression; give the expression a name first")
        if whole.width == 1:
            return boolean(whole.text, whole.name)
        if self._may_leave(node, node.slice, whole.width):
            return boolean(self._shifted(whole, node.slice, 1))
        bit = f"{whole.name}[{self.index(node.slice, whole.width)}]"
        return boolean(bit, bit)

    def _may_leave(self, node, index, size):
        """Whether a bit that is read can lie above the word, where Verilog reads unknowns."""
        e = self.expression(index)
        unbounded = e.signed and e.width == INT_BITS
        return isinstance(node.ctx, ast.Load) and not unbounded and e.hi >= size

    def _shifted(self, whole, index, width):
        """Text of the `width` low bits of whole >> index, zeros or signs from above the word."""
        shifted = intervals.shift_right(self.resizer, whole, self.expression(index))
        return self.resizer.fit(shifted, width, False)

    def _part(self, node):
        """x[upper:lower]"""
        if isinstance(node.value, ast.Call):
            value = self.expression(node.value)
            if value is None or value.literal is None:
                refuse(self.visitor, node, "a part of an expression; give it a name first")
            width = self.visitor.getVal(node)._nrbits
            bits = value.literal & (1 << width) - 1
            return Expr(f"{width}'d{bits}", bits, bits, width, False)
        whole = self.expression(node.value)
        upper, lower = node.slice.lower, node.slice.upper
        if upper is None and lower is None:
            return whole
        if whole.name is None:
            refuse(self.visitor, node, "a part of an expression; give it a name first")
        high = self.constant(upper) if upper is not None else whole.width
        low = self.constant(lower) if lower is not None else 0
        if high is not None and low is not None:
            return self._fixed_part(whole, high, low)
        width = _distance(upper, lower)
        width = self.constant(width) if width is not None else None
        if width is None:
            refuse(self.visitor, node, "bounds that vary; only x[e+K:e] converts")
        if self._may_leave(node, lower, whole.width - width + 1):
            text = self._shifted(whole, lower, width)
            return Expr(text, 0, (1 << width) - 1, width, False)
        index = self.index(lower, whole.width)
        top = f"{whole.name}[{index} + {width - 1}]"
        return named(f"{whole.name}[{index} +: {width}]", 0, (1 << width) - 1, width, False, top)

    def _fixed_part(self, whole, high, low):
        width = high - low
        if whole.width == 1:
            return boolean(whole.text, whole.name)
        if width == whole.width and not whole.signed:
            return named(whole.name, 0, (1 << width) - 1, width, False, whole.top)
        text = f"{whole.name}[{high - 1}:{low}]" if width > 1 else f"{whole.name}[{low}]"
        return named(text, 0, (1 << width) - 1, width, False, f"{whole.name}[{high - 1}]")


def _distance(upper, lower):
    """K where upper reads lower + K."""
    if isinstance(upper, ast.BinOp) and isinstance(upper.op, ast.Add):
        if ast.dump(upper.left) == ast.dump(lower):
            return upper.right
        if ast.dump(upper.right) == ast.dump(lower):
            return upper.left
    return None

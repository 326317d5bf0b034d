"""Hooks on MyHDL's converter: it walks the source, our expressions are written."""

import ast
import contextlib

from myhdl.conversion import _toVerilog
from myhdl.conversion._analyze import _AnalyzeVisitor, _Rom

from .errors import refuse
from .expression import bare, literal, unsigned_bits
from .translate import INT_BITS, Translator

VISITOR = _toVerilog._ConvertVisitor
LARGEST_PLAIN = 1 << 30


class Writer:
    """The replaced methods of one module's visitors; `functions` collects what they use."""

    def __init__(self):
        self.functions = {}
        self.stock = {}

    def translator(self, visitor):
        if not hasattr(visitor, "translator"):
            visitor.translator = Translator(visitor, self.stock, self.functions)
        return visitor.translator

    @contextlib.contextmanager
    def installed(self):
        """MyHDL's converter writes through this Writer inside the `with` block."""
        hooks = {
            "visit_BinOp": self.expression,
            "visit_Compare": self.expression,
            "visit_UnaryOp": self.expression,
            "visit_BoolOp": self.expression,
            "visit_IfExp": self.expression,
            "visit_Subscript": self.expression,
            "visit_Assign": self.assign,
            "visit_AugAssign": self.augmented,
            "visit_For": self.loop,
            "visit_If": self.branch,
            "mapToCase": self.case,
        }
        read = ("getName", "visit_Call", "visit_Attribute")
        self.stock = {name: getattr(VISITOR, name) for name in (*hooks, *read)}
        for name, hook in hooks.items():
            setattr(VISITOR, name, _method(hook))
        # MyHDL's own passes know no conditional expression inside another expression.
        _AnalyzeVisitor.visit_IfExp = _visit_choice
        _toVerilog._AnnotateTypesVisitor.visit_IfExp = _visit_choice
        try:
            yield
        finally:
            del _AnalyzeVisitor.visit_IfExp, _toVerilog._AnnotateTypesVisitor.visit_IfExp
            for name in hooks:
                setattr(VISITOR, name, self.stock[name])

    def expression(self, visitor, node):
        e = self.translator(visitor).expression(node)
        if e is None:
            self.stock[f"visit_{type(node).__name__}"](visitor, node)
        elif e.literal is not None and abs(e.literal) < LARGEST_PLAIN:
            visitor.write(str(e.literal) if e.literal >= 0 else f"({e.literal})")
        else:
            visitor.write(e.text)

    def assign(self, visitor, node):
        value, target = node.value, node.targets[0]
        if isinstance(getattr(getattr(value, "value", None), "obj", None), _Rom):
            self.table(visitor, node)
            return
        translate = self.translator(visitor)
        name = target.id if isinstance(target, ast.Name) else None
        kept = visitor.tree.vardict.get(name)
        if isinstance(kept, int) and not isinstance(kept, bool):
            e = translate.expression(value)
            visitor.write(f"{name} = {bare(translate.resizer.fit(e, INT_BITS, True))};")
            return
        place = None if isinstance(value, ast.ListComp) else self.place(visitor, target)
        e = translate.expression(value) if place is not None else None
        if e is None:
            self.stock["visit_Assign"](visitor, node)
            return
        self.open_assignment(visitor, target, place)
        visitor.write(translate.resizer.assigned(e, place.width) + ";")

    def place(self, visitor, target):
        """The Expr of what is assigned to, or None."""
        if isinstance(target, ast.Attribute):
            return self.translator(visitor).expression(target.value)
        if isinstance(target, ast.Subscript) and _is_whole(target):
            return self.translator(visitor).expression(target.value)
        return self.translator(visitor).expression(target)

    def open_assignment(self, visitor, target, place):
        """Write the left-hand side and the operator."""
        element = isinstance(target, ast.Subscript) and not _is_whole(target)
        element |= isinstance(target, ast.Attribute) and isinstance(target.value, ast.Subscript)
        if element:
            simple = isinstance(visitor, _toVerilog._ConvertSimpleAlwaysCombVisitor)
            visitor.write(("assign " if simple else "") + place.text)
            to_signal = isinstance(target, ast.Attribute) or _ends_in_next(target)
            visitor.isSigAss = to_signal and visitor.okSigAss and not simple
        else:
            visitor.visit(target)
        visitor.write(" <= " if visitor.isSigAss else " = ")
        visitor.isSigAss = False

    def table(self, visitor, node):
        """y.next = TABLE[i] as a case."""
        words, target = node.value.value.obj.rom, node.targets[0]
        translate = self.translator(visitor)
        place = self.place(visitor, target)
        bits = unsigned_bits(len(words) - 1)
        index = translate.expression(node.value.slice)
        visitor.write(f"case ({bare(translate.resizer.fit(index, bits, False))})")
        visitor.indent()
        operator = None
        for i, word in enumerate(words):
            visitor.writeline()
            visitor.write("default: " if i == len(words) - 1 else f"{bits}'d{i}: ")
            visitor.visit(target)
            operator = operator or (" <= " if visitor.isSigAss else " = ")
            visitor.isSigAss = False
            visitor.write(
                f"{operator}{translate.resizer.fit(literal(word), place.width, word < 0)};"
            )
        visitor.dedent()
        visitor.writeline()
        visitor.write("endcase")

    def augmented(self, visitor, node):
        place = self.place(visitor, node.target)
        name = getattr(node.target, "id", None)
        if place is None or isinstance(visitor.tree.vardict.get(name), int):
            self.stock["visit_AugAssign"](visitor, node)
            return
        translate = self.translator(visitor)
        sum_node = ast.copy_location(ast.BinOp(node.target, node.op, node.value), node)
        e = translate.expression(sum_node)
        visitor.write(f"{place.text} = {translate.resizer.assigned(e, place.width)};")

    def loop(self, visitor, node):
        translate = self.translator(visitor)
        bounds = [translate.constant(arg) for arg in getattr(node.iter, "args", [])]
        if None in bounds or not bounds:
            refuse(visitor, node, "a loop whose bounds are not constants")
        if visitor.getObj(node.iter.func) is range:
            values = range(*bounds)
        else:
            values = range([*bounds, 0][1], bounds[0])
        if len(values):
            translate.loops[node.target.id] = (min(values), max(values))
        self.stock["visit_For"](visitor, node)

    def branch(self, visitor, node):
        for test, _ in node.tests:
            if isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
                e = self.translator(visitor).expression(test)
                if e is not None and e.literal is None and e.width > 1:
                    refuse(visitor, test, "a word as a condition; compare it with 0")
        while len(node.else_) == 1 and hasattr(node.else_[0], "tests"):
            # An `if` alone in an `else` is an `elif`.
            inner = node.else_[0]
            node.tests, node.else_ = node.tests + inner.tests, inner.else_
        if node.isCase and not (node.else_ or node.isFullCase):
            # A case without a default leaves codes open, which lint cannot tell from a slip.
            node.isCase = False
        self.stock["visit_If"](visitor, node)

    def case(self, visitor, node, *args):
        """Items of a case on an integer get its width."""
        e = self.translator(visitor).expression(node.caseVar)
        if e is None:
            self.stock["mapToCase"](visitor, node, *args)
            return
        resizer = self.translator(visitor).resizer
        visitor.IntRepr = lambda x, radix="": resizer.fit(literal(int(x)), e.width, e.signed)
        try:
            self.stock["mapToCase"](visitor, node, *args)
        finally:
            del visitor.IntRepr


def _visit_choice(visitor, node):
    visitor.generic_visit(node)
    node.obj = getattr(node.body, "obj", 0)
    node.signed = False


def _method(hook):
    return lambda visitor, *args: hook(visitor, *args)


def _is_whole(target):
    part = target.slice
    return isinstance(part, ast.Slice) and part.lower is None and part.upper is None


def _ends_in_next(target):
    while isinstance(target, ast.Subscript):
        target = target.value
    return isinstance(target, ast.Attribute) and target.attr == "next"

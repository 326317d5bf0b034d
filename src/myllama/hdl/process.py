"""One generator of a block as an always block or as assignments."""

import ast

from myhdl import intbv, modbv
from myhdl._always_comb import _AlwaysComb
from myhdl._always_seq import _AlwaysSeq
from myhdl._Signal import _WaiterList

from . import calls, expressions, slicing  # noqa: F401  (they register what they evaluate)
from .branches import Branches
from .operands import (
    EnumValue,
    constant,
    evaluate,
    hardware,
)
from .scope import LoopIndex, NeedsUnrolling, Scope, Variable
from .source import Source, comment_lines
from .targets import Target, find_target
from .values import Constant, Value, fits

INDENT = "    "


class Process(Branches):
    """Writes the statements of a generator.

    lines       the Verilog of the body
    drives      the signals that are assigned, in order
    assigned    signal id -> mask of the bits that every path so far assigns
    """

    def __init__(self, module, generator, name):
        self.module, self.generator, self.name = module, generator, name
        module.current = self
        self.source = Source(generator.func)
        self.scope = Scope(self.source, module)
        self.combinational = isinstance(generator, _AlwaysComb)
        self.lines, self.depth = [], 0
        self.drives, self.assigned, self.variables = [], {}, {}
        self.indices, self.loop_names = [], set()
        self.simple = self.combinational
        self.assignments = []
        self.check_kind()
        self.block(self.source.body())
        self.check_complete()

    def check_kind(self):
        """Only @always_comb, @always_seq and @always(edge) are circuits."""
        edges = self.generator.senslist
        if not self.combinational and not all(isinstance(e, _WaiterList) for e in edges):
            self.source.refuse(self.source.tree, "only edges and always_comb convert")

    def check_complete(self):
        """A combinational output that keeps its old value on some path would be a latch."""
        if not self.combinational:
            return
        for signal in self.drives:
            whole = (1 << signal._nrbits) - 1
            if self.assigned.get(id(signal), 0) != whole:
                name = self.module.name_of(signal)
                self.source.refuse(self.source.tree, f"{name} is not assigned on every path of")

    # Output

    def line(self, text):
        self.lines.append(INDENT * self.depth + text)

    def state(self):
        """All that a failed attempt at writing a statement has to give back."""
        return (
            list(self.lines),
            list(self.drives),
            dict(self.assigned),
            dict(self.variables),
            dict(self.scope.local),
            self.depth,
            list(self.assignments),
            self.simple,
        )

    def restore(self, state):
        (
            self.lines,
            self.drives,
            self.assigned,
            self.variables,
            self.scope.local,
            self.depth,
            self.assignments,
            self.simple,
        ) = state

    # Statements

    def block(self, statements):
        for statement in statements:
            self.statement(statement)

    def statement(self, node):
        method = getattr(self, f"write_{type(node).__name__.lower()}", None)
        if method is None:
            self.scope.refuse(node, f"{type(node).__name__} does not convert")
        method(node)

    def write_pass(self, node):
        pass

    def write_assert(self, node):
        """Assertions are for the MyHDL simulation."""

    def write_expr(self, node):
        if not isinstance(node.value, ast.Constant):
            self.scope.refuse(node, "a call for its effect does not convert")

    def write_assign(self, node):
        if len(node.targets) > 1 or isinstance(node.targets[0], (ast.Tuple, ast.List)):
            self.scope.refuse(node, "one assignment at a time")
        target = node.targets[0]
        if isinstance(target, ast.Name):
            self.bind(node, target.id)
        elif not self.write_lookup(node, target):
            self.assign(node, find_target(self, target), evaluate(self.scope, node.value))

    def write_augassign(self, node):
        load = ast.copy_location(ast.parse(ast.unparse(node.target), mode="eval").body, node)
        value = ast.copy_location(ast.BinOp(load, node.op, node.value), node)
        ast.fix_missing_locations(value)
        for child in ast.walk(value):
            child.lineno = node.lineno
        if not isinstance(node.target, ast.Name):
            self.scope.refuse(node, "augmented assignment of a signal or a part does not convert")
        if isinstance(self.scope.local.get(node.target.id), Variable):
            self.assign(node, self.variable_target(node.target.id), evaluate(self.scope, value))
        else:
            self.scope.local[node.target.id] = constant(self.scope, value)

    def variable_target(self, name):
        """The whole of a local variable."""
        v = self.scope.local[name]
        return Target(v.name, v.width, v.signed, v.lo, v.hi, boolean=v.boolean, wraps=v.wraps)

    def bind(self, node, name):
        """name = value: a new variable, or another name for what Python knows."""
        thing = evaluate(self.scope, node.value)
        old = self.scope.local.get(name)
        if isinstance(thing, intbv):
            if not thing._nrbits:
                self.scope.refuse(node, "an intbv needs a width, or min and max")
            value = hardware(self.scope, thing, node.value)
            lo, hi = (thing._min, thing._max) if thing._min is not None else (0, 1 << value.width)
            self.declare(
                node, name, value.width, value.signed, lo, hi - 1, wraps=isinstance(thing, modbv)
            )
            self.assign(node, self.variable_target(name), value)
        elif isinstance(thing, Variable):
            self.scope.refuse(node, "a second name for a variable: use v[:] = ...")
        elif isinstance(thing, (Value, LoopIndex)):
            if self.indices:
                raise NeedsUnrolling
            value = hardware(self.scope, thing, node.value)
            if not isinstance(old, Variable):
                self.declare(
                    node, name, value.width, value.signed, value.lo, value.hi, boolean=value.boolean
                )
            elif not (old.lo <= value.lo and value.hi <= old.hi):
                self.scope.refuse(node, f"{name} grows: declare an intbv with bounds")
            self.assign(node, self.variable_target(name), value)
        else:
            if self.indices:
                raise NeedsUnrolling
            self.scope.local[name] = thing

    def declare(self, node, name, width, signed, lo, hi, boolean=False, wraps=False):
        """Make a local variable; a second declaration has to be of the same type."""
        variable = Variable(name, width, signed, lo, hi, boolean, wraps)
        if self.variables.setdefault(name, variable) != variable:
            self.scope.refuse(node, f"{name} has two types")
        self.module.claim(self.scope, node, name, local=True)
        self.scope.local[name] = self.variables[name]

    def assign(self, node, target, thing):
        """target = thing, at the width of the target."""
        if isinstance(thing, EnumValue) or target.enum is not None:
            value = hardware(self.scope, thing, node.value)
            if not isinstance(value, EnumValue) or value.kind is not target.enum:
                self.scope.refuse(node, "not of the enum of the target")
            self.write(node, target, value.code)
            return
        value = hardware(self.scope, thing, node.value)
        inside = target.lo <= value.lo and value.hi <= target.hi
        if target.partial and value.lo < 0:
            self.scope.refuse(node, "a part of a word takes no number that may be negative")
        if isinstance(value, Constant) and not inside and not target.wraps:
            self.scope.refuse(node, f"{value.value} is not within {target.lo}..{target.hi}")
        full = fits(target.lo, target.width, target.signed) and (
            target.hi - target.lo == (1 << target.width) - 1
        )
        if target.wraps and not inside and not full:
            self.scope.refuse(node, "a modbv wraps in Verilog only over all its bits")
        if isinstance(value, Constant):
            text = Constant(value.value).typed(target.width, target.signed)
        else:
            text = value.at(target.width)
        self.write(node, target, text.code)

    def write(self, node, target, code):
        """The line of an assignment, and the account of what it drives."""
        blocking = self.combinational or target.signal is None
        if target.signal is not None:
            self.module.drives(self, target.signal, node)
            if all(s is not target.signal for s in self.drives):
                self.drives.append(target.signal)
            elif self.simple:
                self.simple = False
            key = id(target.signal)
            self.assigned[key] = self.assigned.get(key, 0) | target.mask
            self.assignments.append((target.code, code))
        if target.signal is None or target.partial or self.depth:
            self.simple = False
        self.line(f"{target.code} {'=' if blocking else '<='} {code};")

    # The finished always block

    def text(self):
        """The lines of the process within its module."""
        head = comment_lines(self.generator.func.__doc__)
        if self.simple:
            return head + [f"assign {target} = {code};" for target, code in self.assignments]
        opening = "always @*" if self.combinational else f"always @({self.edges()})"
        lines = [f"{opening} begin : {self.name}"]
        for v in self.variables.values():
            lines.append(f"{INDENT}reg {vector(v.width, v.signed)}{v.name};")
        lines += [f"{INDENT}integer {name};" for name in sorted(self.loop_names)]
        body = self.lines
        reset = self.generator.reset if isinstance(self.generator, _AlwaysSeq) else None
        if reset is not None:
            body = self.with_reset(reset, body)
        return head + lines + [INDENT + line for line in body] + ["end"]

    def edges(self):
        """The sensitivity list of a clocked process."""
        names = []
        for edge in self.generator.senslist:
            kind = "posedge" if "Posedge" in type(edge).__name__ else "negedge"
            names.append(f"{kind} {self.module.use(edge.sig)}")
        return " or ".join(names)

    def with_reset(self, reset, body):
        """The body under `else`, the initial values under the reset."""
        name = self.module.use(reset)
        lines = [f"if ({'' if reset.active else '!'}{name}) begin"]
        for signal in self.drives:
            known = [s for s in self.generator.sigregs if s is signal]
            if not known:
                self.source.refuse(
                    self.source.tree, f"MyHDL does not reset {self.module.name_of(signal)} in"
                )
            value = self.module.initial_value(signal)
            lines.append(f"{INDENT}{self.module.name_of(signal)} <= {value};")
        return [*lines, "end else begin", *(INDENT + line for line in body), "end"]


def vector(width, signed):
    """The type of a declaration, with a blank behind it."""
    return ("signed " if signed else "") + (f"[{width - 1}:0] " if width > 1 else "")

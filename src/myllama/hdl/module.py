"""One block as one Verilog module."""

import inspect
from dataclasses import dataclass

from myhdl import ConcatSignal, intbv
from myhdl._enum import EnumItemType
from myhdl._instance import _Instantiator
from myhdl._ShadowSignal import _ShadowSignal, _SliceSignal
from myhdl._Signal import _Signal

from . import identifiers
from .elaborate import signals_of, walk
from .operands import EnumValue
from .process import INDENT, Process
from .source import Source, assigned_names
from .values import Constant, word_bits
from .verbatim import Verbatim


@dataclass(frozen=True)
class Port:
    """A port of a module: its name there, its direction and the signal behind it."""

    name: str
    is_output: bool
    signal: object


class Module:
    """Collects what one block instance declares, reads and drives, and writes it."""

    def __init__(self, block, name, child_module):
        self.block, self.name = block, name
        self.source = Source(block.func)
        if not hasattr(block, "hdl_locals"):
            self.source.refuse(self.source.tree, "the block does not end in `return insts()`")
        self.formals = {}
        self.optional = set()
        self.names, self.signals, self.taken = {}, {}, {}
        self.drivers, self.registers, self.used, self.enums = {}, {}, {}, {}
        self.current = None
        self.name_ports()
        self.verbatim = self.find_verbatim()
        self.name_locals()
        self.instances, self.processes = [], []
        self.statements, self.texts = [], []
        if not self.verbatim:
            self.write_body(child_module)
        self.ports = self.find_ports()

    # Names

    def name_ports(self):
        plain = inspect.signature(self.block.func).parameters
        for name, signal in formal_signals(self.block).items():
            self.formals[name] = signal
            if name not in plain:
                self.optional.add(name)
            self.give_name(name, signal)

    def name_locals(self):
        local = self.block.hdl_locals
        for variable in assigned_names(self.block.func):
            if variable in local:
                for name, signal in signals_of(variable, local[variable]):
                    if name not in self.taken:
                        self.give_name(name, signal)

    def give_name(self, name, signal):
        if id(signal) in self.names:
            return
        self.check_name(name)
        self.taken[name] = signal
        self.names[id(signal)] = name
        self.signals[id(signal)] = signal

    def check_name(self, name):
        problem = identifiers.fault(name)
        if problem:
            self.refuse(f"{name} {problem}")

    def claim(self, scope, node, name, local=False):
        """Reserve a name for a local variable of a process."""
        problem = identifiers.fault(name)
        if problem:
            scope.refuse(node, f"{name} {problem}")
        if name in self.taken:
            scope.refuse(node, f"the local variable {name} has the name of a signal")

    def refuse(self, message):
        self.source.refuse(self.source.tree, message)

    def name_of(self, signal):
        """The name of a signal in this block; None if it has none."""
        return self.names.get(id(signal))

    # Signals

    def is_port(self, signal):
        return any(s is signal for s in self.formals.values())

    def use(self, signal):
        """Verilog text of a signal that is read whole, as raw bits."""
        if isinstance(signal._init, EnumItemType):
            self.mark(signal)
            self.enum_prefix(signal._init._type)
            return self.name_of(signal)
        return self.word(None, signal, None, mark=True).code

    def word(self, scope, signal, node, mark=False):
        """A signal as an operand."""
        name = self.name_of(signal)
        if isinstance(signal, _SliceSignal) and not self.is_port(signal):
            return self.slice_word(scope, signal, node, mark)
        if name is None:
            message = "a signal has no name in this block: hold it in a local variable"
            if scope is None:
                self.refuse(message)
            scope.refuse(node, message)
        if mark:
            self.mark(signal)
        kind = type_of(signal)
        if kind is None:
            self.refuse(f"signal {name} has no width")
        width, signed, lo, hi, boolean = kind
        return word_bits((name, 0, width), width, signed, lo, hi, boolean)

    def mark(self, signal):
        """Note that a signal is read."""
        if id(signal) in self.used:
            return
        self.used[id(signal)] = signal
        if isinstance(signal, ConcatSignal) and not self.is_port(signal):
            for part in signal._args:
                if isinstance(part, _Signal):
                    self.use(part)

    def slice_word(self, scope, signal, node, mark):
        """A slice of a signal, as an operand of its own."""
        base = self.word(scope, signal._sig, node, mark)
        if signal._right is None:
            return base.piece(signal._left, 1, boolean=True)
        return base.piece(signal._right, signal._left - signal._right)

    def read(self, scope, signal, node):
        """A signal as an operand of the process being written."""
        self.check_seen(scope, signal, node)
        if isinstance(signal._init, EnumItemType):
            self.mark(signal)
            self.enum_prefix(signal._init._type, scope)
            return EnumValue(signal._init._type, self.name_of(signal))
        return self.word(scope, signal, node, mark=True)

    def check_seen(self, scope, signal, node):
        """MyHDL only wakes a combinational generator for the signals that it recognises."""
        if self.current is None or not self.current.combinational:
            return
        if not any(s is signal for s in self.current.generator.senslist):
            scope.refuse(node, "MyHDL does not see that this signal is read: name it locally")

    def drives(self, process, signal, node):
        """Note that a process drives a signal."""
        if isinstance(signal._init, EnumItemType):
            self.enum_prefix(signal._init._type, process.scope)
        other = self.drivers.setdefault(id(signal), process)
        if other is not process:
            process.scope.refuse(
                node, f"{self.name_of(signal)} is driven by {other.name} and {process.name}"
            )

    def initial_value(self, signal):
        """Verilog text of the initial value of a signal."""
        initial = signal._init
        if isinstance(initial, EnumItemType):
            return self.enum_item(initial)
        width, signed, *_ = type_of(signal)
        return Constant(int(initial)).typed(width, signed).code

    # Enums

    def enum_prefix(self, kind, scope=None):
        """Choose the names of the localparams of an enum."""
        if id(kind) in self.enums:
            return self.enums[id(kind)][1]
        names = self.source.globals if scope is None else scope.source.globals
        title = next((n for n, v in names.items() if v is kind), "State")
        clash = any(n in self.taken or identifiers.fault(n) for n in kind._names)
        prefix = f"{title}_" if clash else ""
        for n in kind._names:
            self.check_name(prefix + n)
            if prefix + n in self.taken:
                self.refuse(f"the enum item {prefix + n} has the name of something else")
            self.taken[prefix + n] = kind
        self.enums[id(kind)] = kind, prefix
        return prefix

    def enum_item(self, item):
        """The localparam of an enum item."""
        return self.enum_prefix(item._type) + item._name

    # Body

    def find_verbatim(self):
        found = [v for v in self.block.hdl_locals.values() if isinstance(v, Verbatim)]
        return found[0] if found else None

    def write_body(self, child_module):
        local = self.block.hdl_locals
        order = [n for n in assigned_names(self.block.func) if n in local]
        parts = [p for n in order for p in walk(n, local[n], (type(self.block), _Instantiator))]
        for name, part in parts:
            if isinstance(part, type(self.block)):
                self.check_name(name)
                self.instances.append(Instance(self, name, part, child_module(part)))
            self.taken.setdefault(name, part)
        for name, part in parts:
            if isinstance(part, _Instantiator):
                self.check_name(name)
                self.processes.append(Process(self, part, name))
        for process in self.processes:
            for signal in process.drives:
                if not process.combinational:
                    self.registers[id(signal)] = signal
        self.statements = [instance.lines() for instance in self.instances]
        self.texts = [process.text() for process in self.processes]
        self.current = None

    def find_ports(self):
        ports = []
        driven = {id(s) for s in self.verbatim.drives} if self.verbatim else self.drivers
        seen = set()
        for name, signal in self.formals.items():
            is_output = id(signal) in driven and id(signal) not in seen
            touched = is_output or id(signal) in self.used or bool(self.verbatim)
            seen.add(id(signal))
            if touched or name not in self.optional:
                ports.append(Port(name, is_output, signal))
        return ports


class Instance:
    """A block within a block."""

    def __init__(self, parent, name, block, module):
        self.name, self.module = name, module
        actuals = formal_signals(block)
        self.connections = []
        for port in module.ports:
            signal = actuals[port.name]
            if port.is_output:
                self.drive(parent, signal, port)
            self.connections.append((port, signal))
        self.parent = parent

    def drive(self, parent, signal, port):
        """Note that an output of this instance drives a signal of the parent."""
        if isinstance(signal, _ShadowSignal):
            parent.refuse(f"{self.name}.{port.name} drives a slice or concatenation")
        name = parent.name_of(signal)
        if name is None:
            name = f"{self.name}_{port.name}"
            parent.give_name(name, signal)
        other = parent.drivers.setdefault(id(signal), self)
        if other is not self:
            parent.refuse(f"{name} is driven by {other.name} and {self.name} in")
        if isinstance(signal._init, EnumItemType):
            parent.enum_prefix(signal._init._type)

    def lines(self):
        """The instance statement."""
        pins = []
        for port, signal in self.connections:
            parent = self.parent
            if not port.is_output and parent.name_of(signal) is None:
                if not isinstance(signal, _SliceSignal):
                    parent.give_name(f"{self.name}_{port.name}", signal)
            code = parent.name_of(signal) if port.is_output else parent.use(signal)
            pins.append(f"{INDENT}.{port.name}({code})")
        opening = f"{self.module.name} {self.name} ("
        return [opening, *(pin + "," for pin in pins[:-1]), pins[-1], ");"]


def formal_signals(block):
    """Port name -> signal, for the actual arguments of a block instance."""
    bound = inspect.signature(block.func).bind(*block.args, **block.kwargs)
    bound.apply_defaults()
    pairs = [p for formal, actual in bound.arguments.items() for p in signals_of(formal, actual)]
    return dict(pairs)


def type_of(signal):
    """(width, signed, lo, hi, boolean) of a signal of bits; None if it has no width."""
    initial = signal._init
    if isinstance(initial, bool):
        return 1, False, 0, 1, True
    if isinstance(initial, EnumItemType):
        return initial._type._nrbits, False, 0, 0, False
    if not isinstance(initial, intbv) or not initial._nrbits:
        return None
    width, lo, hi = initial._nrbits, initial._min, initial._max
    if lo is None or hi is None:
        lo, hi = 0, 1 << width
    return width, lo < 0, lo, hi - 1, False

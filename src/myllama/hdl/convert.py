"""Conversion of a MyHDL design to Verilog, one file per module."""

import inspect
import pathlib
import re

from myhdl._enum import EnumItemType
from myhdl._Signal import _Signal

from .elaborate import is_interface
from .identifiers import fault
from .module import Module, formal_signals, type_of
from .refused import ConversionRefused
from .render import render


def convert(block_instance, outdir, name):
    """Write the design under a block instance as Verilog-2005; returns the paths of the .v files.

    One module per file, named after the module, children before their parents: the top, which is
    called `name`, comes last. Memory contents go into `outdir` as well. Anything that would not
    mean the same in Verilog raises ConversionRefused with file and line.
    """
    design = Design(block_instance, name)
    outdir = pathlib.Path(outdir)
    outdir.mkdir(parents=True, exist_ok=True)
    paths = []
    for module in design.modules:
        if module.verbatim:
            for file, text in module.verbatim.files.items():
                (outdir / file).write_text(text)
        path = outdir / f"{module.name}.v"
        path.write_text(design.texts[module.name])
        paths.append(path)
    return paths


class Design:
    """All modules of a design, each one once, children first."""

    def __init__(self, block_instance, name):
        if fault(name):
            raise ConversionRefused(f"module {name} {fault(name)}")
        self.modules, self.texts = [], {}
        self.known, self.names = {}, {name: None}
        self.top = self.module_of(block_instance, name)

    def module_of(self, block, name=None):
        """The module of a block instance; instances of the same kind share one."""
        key = (
            block.func,
            tuple((n, kind_of(v)) for n, v in arguments(block).items()),
            aliases(block),
        )
        for module in self.known.get(key, ()):
            if same_initial_values(module, block):
                return module
        module = Module(block, name or self.new_name(block), self.module_of)
        self.known.setdefault(key, []).append(module)
        self.texts[module.name] = render(module)
        self.modules.append(module)
        return module

    def new_name(self, block):
        """The name of the block function; a second kind of it is told apart by what differs."""
        base = block.func.__name__
        mine = features(block)
        if base not in self.names:
            self.names[base] = mine
            return base
        first = self.names[base]
        differ = [n for n in mine if first is not None and first.get(n) != mine[n]]
        candidates = [f"{base}_{n}_{mine[n]}" for n in differ]
        candidates.append("_".join([base, *(f"{n}_{mine[n]}" for n in differ)]))
        number = 2
        while True:
            for candidate in candidates:
                candidate = re.sub(r"\W+", "_", candidate)
                if candidate not in self.names and len(candidate) <= 60:
                    self.names[candidate] = mine
                    return candidate
            candidates = [f"{base}_{number}"]
            number += 1


def arguments(block):
    """Formal parameter -> actual argument of a block instance."""
    bound = inspect.signature(block.func).bind(*block.args, **block.kwargs)
    bound.apply_defaults()
    return bound.arguments


def kind_of(value):
    """What two arguments must have in common for their blocks to share a module."""
    if isinstance(value, _Signal):
        if isinstance(value._init, EnumItemType):
            return "enum", id(value._init._type)
        return type(value).__name__, type_of(value), getattr(value, "active", None)
    if isinstance(value, (list, tuple)):
        return type(value).__name__, tuple(kind_of(v) for v in value)
    if isinstance(value, dict):
        return "dict", tuple((k, kind_of(v)) for k, v in value.items())
    if is_interface(value):
        members = tuple((n, kind_of(v)) for n, v in vars(value).items())
        return type(value).__name__, members
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return type(value).__name__, value
    return "object", id(value)


def aliases(block):
    """Which ports of an instance are one and the same signal."""
    first = {}
    return tuple(first.setdefault(id(s), n) for n, s in formal_signals(block).items())


def same_initial_values(module, block):
    """Whether the registers behind the outputs of a module would start alike."""
    signals = formal_signals(block)
    return all(
        signals[port.name]._init == port.signal._init for port in module.ports if port.is_output
    )


def features(block):
    """What can tell two modules of one block function apart, as short text."""
    found = {}
    for name, value in arguments(block).items():
        if isinstance(value, (bool, int, str)):
            found[name] = str(value)
    for name, signal in formal_signals(block).items():
        kind = type_of(signal)
        found[name] = str(kind[0]) if kind else "x"
    return found

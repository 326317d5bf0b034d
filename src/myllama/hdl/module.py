"""One module: MyHDL's converter, cut off below the first level, with a header of our own."""

from myhdl import EnumType
from myhdl._enum import EnumItemType
from myhdl._extractHierarchy import _UserVerilogCode
from myhdl._ShadowSignal import _ShadowSignal
from myhdl._Signal import _Signal, _WaiterList
from myhdl.conversion import _toVerilog

from .errors import ConversionRefused, place
from .expression import literal_text
from .keywords import KEYWORDS


class Instance(_UserVerilogCode):
    """The statement that stands for a child block in its parent."""

    __slots__ = ("actuals", "directions", "label", "module")

    def __init__(self, module, label, actuals, directions):
        self.module, self.label = module, label
        self.actuals, self.directions = actuals, directions

    def mark(self, parent):
        """Tell the signals of the function `parent` what the child does with them."""
        for formal, direction in self.directions.items():
            signal = self.actuals[formal]
            signal._markUsed()
            if direction == "output":
                if signal._driven:
                    raise ConversionRefused(
                        f"{place(parent)}: {signal._name} has two drivers,"
                        f" one is {self.label}.{formal}"
                    )
                signal._driven = "wire"
            else:
                signal._markRead()
                if isinstance(signal, _ShadowSignal):
                    signal._driven = "wire"

    def __str__(self):
        ports = ",\n".join(f"    .{f}({self.actuals[f]._name})" for f in self.directions)
        return f"\n{self.module} {self.label} (\n{ports}\n);\n"


class Convertor(_toVerilog._ToVerilogConvertor):
    """MyHDL's converter for one level of the hierarchy.

    kept        port names that stay even if unused, or None for all
    directions  {port: "input" or "output"}, known after the conversion
    enums       (type, prefix of its names) used by the module
    unheard     signals that an instance drives and nothing reads
    initials    statements that give the registers their initial values
    """

    __slots__ = ("directions", "enums", "initials", "kept", "unheard")

    def _convert_filter(self, hierarchy, interface, signals, memories, generators):
        for generator in generators:
            if isinstance(generator, Instance):
                generator.mark(interface.func)
                continue
            # The order of a set of strings changes with Python's hash seed.
            for name in ("senslist", "sigregs"):
                listed = getattr(generator, name, None)
                if listed and all(isinstance(signal, _Signal) for signal in listed):
                    setattr(generator, name, sorted(listed, key=lambda signal: signal._name))
        ports = interface.argdict
        if self.kept is not None:
            interface.argnames = [
                name
                for name in interface.argnames
                if name in self.kept or ports[name]._driven or ports[name]._read
            ]
        self.directions = {
            name: "output" if ports[name]._driven else "input" for name in interface.argnames
        }
        # Words of a list of signals are declared with the list.
        signals[:] = [signal for signal in signals if "[" not in (signal._name or "")]
        signals.sort(key=lambda signal: signal._name or "")
        memories.sort(key=lambda memory: memory.name or "")
        self._check_names(interface, signals, memories, generators)
        self._find_enums(interface, signals)
        driven = {
            id(generator.actuals[formal])
            for generator in generators
            if isinstance(generator, Instance)
            for formal, direction in generator.directions.items()
            if direction == "output"
        }
        self.unheard = [
            signal._name
            for signal in signals
            if id(signal) in driven and not signal._read and signal._name not in ports
        ]
        self.initials = [
            f"{signal._name} = {_initial_value(signal)};" for signal in _registers(generators)
        ]

    def _check_names(self, interface, signals, memories, generators):
        names = [*interface.argnames, interface.name, *(memory.name for memory in memories)]
        names += [signal._name for signal in signals if signal._used]
        for generator in generators:
            if isinstance(generator, Instance):
                names.append(generator.label)
            elif not isinstance(generator, _UserVerilogCode):
                names.append(generator.name)
        for name in names:
            if str(name) in KEYWORDS:
                raise ConversionRefused(
                    f"{place(interface.func)}: {name} is a word of Verilog; give it another name"
                )

    def _find_enums(self, interface, signals):
        types = {}
        inputs = [signal for signal in interface.argdict.values() if signal._read]
        # The signals of the children are listed too, but nothing drives them here.
        for signal in [*inputs, *(signal for signal in signals if signal._driven)]:
            if isinstance(signal._init, EnumItemType) and signal._used:
                types[id(signal._init._type)] = signal._init._type
        taken = {signal._name for signal in signals} | set(interface.argnames)
        self.enums = []
        for kind in types.values():
            prefix = "" if taken.isdisjoint(kind._names) else f"{enum_name(kind)}_"
            taken.update(prefix + name for name in kind._names)
            self.enums.append((kind, prefix))
            item_class(kind)._toVerilog = _named_item(prefix)


def _registers(generators):
    """The signals that clocked generators drive, in the order of their names."""
    found = {}
    for generator in generators:
        if isinstance(generator, _UserVerilogCode):
            continue
        if not all(isinstance(edge, _WaiterList) for edge in generator.senslist):
            continue
        for name in generator.outputs:
            found[id(generator.sigdict[name])] = generator.sigdict[name]
        for name in generator.outmems:
            found.update((id(word), word) for word in generator.symdict[name])
    return sorted(found.values(), key=lambda signal: signal._name)


def _initial_value(signal):
    """Text of the value that a signal starts with."""
    if isinstance(signal._init, EnumItemType):
        return signal._init._toVerilog()
    signed = signal._min is not None and signal._min < 0
    return literal_text(int(signal._init), len(signal), signed)


def enum_name(kind: EnumType):
    return (kind._name or "state").replace("t_enum_", "")


def item_class(kind):
    return type(getattr(kind, kind._names[0]))


def _named_item(prefix):
    return lambda item, dontcare=False: prefix + item._name


def plain_item(item, dontcare=False):
    """MyHDL's own way to write the value of an enum."""
    return f"{item._nrbits}'b{item._val}"


def write_header(file, interface, doc):
    """Ports in the ANSI style, and the states of enums as localparams."""
    rows = []
    for name in interface.argnames:
        signal = interface.argdict[name]
        if signal._name is None and (signal._driven or signal._read):
            raise ConversionRefused(f"{interface.name}: port {name} is hidden by another name")
        signal._name = name
        kind = "input  wire" if not signal._driven else f"output {signal._driven:4}"
        sign, size = _toVerilog._getSignString(signal), _toVerilog._getRangeString(signal)
        rows.append(f"    {kind} {sign}{size}{name}")
    if doc:
        print(doc.strip("\n"), file=file)
    ports = ",\n".join(rows)
    print(f"module {interface.name} (\n{ports}\n);\n", file=file)
    for kind, prefix in _toVerilog.toVerilog.enums:
        width = f"[{kind._nrbits - 1}:0]"
        states = ",\n".join(
            f"    {prefix}{name} = {kind._nrbits}'b{kind._codedict[name]}" for name in kind._names
        )
        print(f"localparam {width}\n{states};\n", file=file)

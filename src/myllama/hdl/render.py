"""The text of a module."""

import inspect
import re

from myhdl import ConcatSignal
from myhdl._Signal import _Signal

from .module import type_of
from .process import INDENT, vector
from .source import comment_lines

RESIZE = re.compile(r"\b(low|wide)_(\d+)_of_([su])(\d+)\b")


def render(module):
    """The Verilog of a module."""
    if module.verbatim:
        body = [line.rstrip() for line in inspect.cleandoc(module.verbatim.text).splitlines()]
        sections = [body]
    else:
        logic = [*module.statements, *module.texts]
        sections = [localparams(module), declarations(module), functions(logic)]
        sections += [*logic, initials(module)]
    lines = comment_lines(module.block.func.__doc__)
    lines += [f"module {module.name} (", *port_list(module), ");"]
    for section in sections:
        if section:
            lines += ["", *(INDENT + line if line else "" for line in section)]
    lines += ["endmodule"]
    return "\n".join(lines) + "\n"


def port_list(module):
    """The ANSI port declarations."""
    rows = []
    for port in module.ports:
        width, signed, *_ = type_of(port.signal)
        is_reg = port.is_output and (module.verbatim or is_register(module, port.signal))
        direction = "output" if port.is_output else "input "
        kind = f"{direction} {'reg ' if is_reg else 'wire'} {vector(width, signed)}"
        rows.append(f"{INDENT}{kind}{port.name}")
    return [row + "," for row in rows[:-1]] + rows[-1:]


def is_register(module, signal):
    """Whether an always block assigns the signal."""
    driver = module.drivers.get(id(signal))
    return driver in module.processes and not driver.simple


def localparams(module):
    """The items of the enums, by name."""
    lines = []
    for kind, prefix in module.enums.values():
        for item in kind._names:
            code = f"{kind._nrbits}'b{kind._codedict[item]}"
            size = f"[{kind._nrbits - 1}:0] " if kind._nrbits > 1 else ""
            lines.append(f"localparam {size}{prefix}{item} = {code};")
    return lines


def declarations(module):
    """The signals of the module."""
    ports = {id(port.signal) for port in module.ports}
    lines = []
    for key, signal in module.signals.items():
        if key in ports or not (key in module.used or key in module.drivers):
            continue
        name = module.names[key]
        width, signed, *_ = type_of(signal)
        kind = "reg" if is_register(module, signal) else "wire"
        declared = f"{kind} {vector(width, signed)}{name}"
        if isinstance(signal, ConcatSignal):
            declared += f" = {concatenation(module, signal)}"
        elif key not in module.drivers:
            declared += f" = {module.initial_value(signal)}"
        lines.append(declared + ";")
    return lines


def concatenation(module, signal):
    """The text of a ConcatSignal."""
    codes = []
    for part in signal._args:
        if isinstance(part, _Signal):
            codes.append(module.use(part))
        elif isinstance(part, str):
            codes.append(f"{len(part)}'b{part}")
        else:
            width = 1 if isinstance(part, bool) else len(part)
            codes.append(f"{width}'d{int(part) & ((1 << width) - 1)}")
    return f"{{{', '.join(codes)}}}"


def functions(sections):
    """The functions that change a width, as far as the logic calls them."""
    calls = {m for lines in sections for line in lines for m in RESIZE.findall(line)}
    lines = []
    for kind, to, sign, width in sorted(calls, key=lambda c: (c[0], int(c[1]), c[2], int(c[3]))):
        word = "signed " if sign == "s" else ""
        name, high = f"{kind}_{to}_of_{sign}{width}", int(to) - 1
        result = f"[{high}:0] " if high else ""
        operand = f"[{int(width) - 1}:0] " if int(width) > 1 else ""
        if lines:
            lines.append("")
        if kind == "low":
            low = f"x[{high}:0]" if high else "x[0]"
            lines += [
                "// The bits above are dropped on purpose.",
                "/* verilator lint_off UNUSEDSIGNAL */",
                f"function {word}{result}{name};",
                f"{INDENT}input {word}{operand}x;",
                f"{INDENT}{name} = {low};",
                "endfunction",
                "/* verilator lint_on UNUSEDSIGNAL */",
            ]
        else:
            more, top = int(to) - int(width), f"x[{int(width) - 1}]" if int(width) > 1 else "x"
            lines += [
                f"function {word}{result}{name};",
                f"{INDENT}input {word}{operand}x;",
                f"{INDENT}{name} = {{{{{more}{{{top}}}}}, x}};",
                "endfunction",
            ]
    return lines


def initials(module):
    """The initial values, by statements and not in the declarations.

    Icarus starts every always block before any initial one, so that a combinational block sees
    its inputs change at time zero, whatever the language generation it is told.
    """
    names = [
        f"{INDENT}{module.names[key]} = {module.initial_value(signal)};"
        for key, signal in module.registers.items()
    ]
    return ["initial begin", *names, "end"] if names else []

"""A MyHDL block and everything below it, as plain Verilog-2005: one module, one file."""

import os
import re
import tempfile
import warnings
from pathlib import Path

import myhdl
from myhdl._block import _Block
from myhdl.conversion import _misc, _toVerilog

from .alone import alone, own_signals
from .errors import ConversionRefused, in_our_words, place
from .expression import bare
from .memory import rom
from .module import Convertor, Instance, item_class, plain_item, write_header
from .ports import arguments, fresh, port_signals, signature
from .writer import Writer

HEX_LINE = "{:0{digits}x}\n"
# As MyHDL writes each part of a ConcatSignal.
PART = r"assign (\w+)\[(\d+)(?::(\d+))?\] = ([^;]+);"


def convert(instance, outdir, name):
    """Write the Verilog of `instance`, called `name`, and the hex files of its ROMs.

    Returns the paths of the .v files, children before parents, the top last. Blocks with
    equal parameters and ports share a module. Raises ConversionRefused where the Verilog
    would not mean the same as the source.
    """
    outdir = Path(outdir)
    outdir.mkdir(parents=True, exist_ok=True)
    run = _Run(outdir)
    with own_signals():
        run.module(instance, name, top=True)
    return run.files


class _Run:
    """One conversion: which modules exist already, and under what names."""

    def __init__(self, outdir):
        self.outdir, self.files = outdir, []
        self.done, self.names = {}, {}
        self.decorators = {d.func: d for d in myhdl._simulator._blocks if hasattr(d, "func")}

    def module(self, instance, name=None, top=False):
        """Convert one block: (module name, port directions)."""
        args = arguments(instance)
        where = place(instance.func)
        key = (instance.func, tuple((n, signature(arg, where)) for n, arg in args.items()))
        if key in self.done:
            return self.done[key]
        name = name or self._free_name(instance.func.__name__)
        own = {n: fresh(arg) for n, arg in args.items()}
        # The same function once more, with signals of its own: it is converted alone.
        with alone():
            block = self.decorators[instance.func](**own)
        block.args, block.kwargs = tuple(own.values()), {}
        if instance.func is rom.func:
            self._write_hex(args["initfile"], args["words"], len(args["dout"]))
        if block.verilog_code is None:
            for child in block.subs:
                if isinstance(child, _Block):
                    self._replace(child)
        kept = None if top else {n for n, arg in args.items() if n in port_signals({n: arg})}
        directions = self._write(block, name, kept)
        self.done[key] = name, directions
        return self.done[key]

    def _replace(self, child):
        """Put an instance statement in the place of a child."""
        module, directions = self.module(child)
        actuals = port_signals(arguments(child))
        child.verilog_code = Instance(module, child.name, actuals, directions)

    def _free_name(self, base):
        count = self.names[base] = self.names.get(base, 0) + 1
        return base if count == 1 else f"{base}_{count}"

    def _write(self, block, name, kept):
        convertor, writer = Convertor(), Writer()
        convertor.kept, convertor.enums, convertor.initials = kept, [], []
        convertor.name, convertor.directory = name, None
        convertor.no_testbench = convertor.no_myhdl_header = True
        convertor.initial_values = False
        _misc._genLabel = _misc._LabelGenerator()
        replaced = _toVerilog.toVerilog, _toVerilog._writeModuleHeader
        # MyHDL's writers look both up in their module.
        _toVerilog.toVerilog, _toVerilog._writeModuleHeader = convertor, write_header
        try:
            with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
                warnings.simplefilter("ignore", myhdl.ToVerilogWarning)
                convertor.directory = folder
                with writer.installed():
                    try:
                        convertor(block)
                    except myhdl.ConversionError as error:
                        raise ConversionRefused(in_our_words(error)) from error
                    except (AttributeError, KeyError, TypeError) as error:
                        raise ConversionRefused(
                            f"{place(block.func)}: MyHDL cannot analyse this block"
                            f" ({error}); simplify it"
                        ) from error
                text = Path(folder, f"{name}.v").read_text()
        finally:
            _toVerilog.toVerilog, _toVerilog._writeModuleHeader = replaced
            for kind, _ in convertor.enums:
                item_class(kind)._toVerilog = plain_item
        text = _tidy(text, writer.functions, convertor.initials, convertor.unheard)
        self._publish(f"{name}.v", text)
        self.files.append(self.outdir / f"{name}.v")
        return convertor.directions

    def _write_hex(self, filename, words, width):
        digits = (width + 3) // 4
        lines = (HEX_LINE.format(int(word), digits=digits) for word in words)
        self._publish(filename, "".join(lines))

    def _publish(self, filename, text):
        """Write a file whole, or not at all."""
        part = self.outdir / f"{filename}.part"
        part.write_text(text)
        os.replace(part, self.outdir / filename)


def _used_states(match, text):
    """The localparams of one enum that the module names."""
    rest = text.replace(match[0], "")
    rows = [row.strip(" ,;") for row in match[2].splitlines()]
    used = [row for row in rows if re.search(rf"\b{row.split()[0]}\b", rest)]
    return f"{match[1]}\n    " + ",\n    ".join(used) + ";\n" if used else ""


def _joined(match):
    """One assignment for the parts of a word: Icarus is slow with a driver for each."""
    parts = []
    for _, high, low, value in re.findall(PART, match[0]):
        width = int(high) - int(low or high) + 1
        parts.append(f"{width}{value}" if value.startswith("'") else value)
    rows = ",\n".join(f"    {part}" for part in parts)
    return f"assign {match[1]} = {{\n{rows}\n}};\n"


def _tidy(text, functions, initials, unheard):
    """MyHDL's text without what no reader or tool needs, and with what it lacks.

    Initial values are statements, not parts of declarations: Icarus starts every always block
    before any initial one, so that combinational blocks see their inputs change at time zero.
    """
    text = re.sub(
        r"(?m)^(\s*(?:else )?if )\((.*)\)( begin)$",
        lambda match: f"{match[1]}({bare(match[2])}){match[3]}",
        text,
    )
    text = re.sub(r"`timescale.*\n", "", text)
    text = re.sub(
        r"(?m)^(localparam \[\d+:0\])\n((?:    \w+ = .*\n)+)",
        lambda match: _used_states(match, text),
        text,
    )
    for name in unheard:
        text = re.sub(
            rf"(?m)^(wire .*\b{name};)$",
            "// An output that nothing listens to.\n"
            r"/* verilator lint_off UNUSEDSIGNAL */\n\1\n/* verilator lint_on UNUSEDSIGNAL */",
            text,
        )
    # A jump to the end of the function that it ends anyway, which Yosys cannot parse.
    text = re.sub(r"\n\s*disable (\w+_RETURN);(\s*end\s*\nend(?:function|task))", r"\2", text)
    text = re.sub(r"(?<=[\[:])(\d+)-1(?=[\]:])", lambda match: str(int(match[1]) - 1), text)
    text = re.sub(rf"(?m)^{PART}\n(?:assign \1\[.*;\n?)+", _joined, text)
    # The name of a block that declares nothing is a comment: for a named block Icarus starts
    # a thread each time it runs, and whole simulations take three times as long.
    text = re.sub(r"begin: (\w+)\n(?!\s*(?:reg|integer)\b)", r"begin // \1\n", text)
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    if functions:
        block = "\n\n".join(functions[key] for key in sorted(functions))
        text = text.replace("\nendmodule", f"\n{block}\n\nendmodule", 1)
    if initials:
        block = "\n".join(["initial begin", *(f"    {line}" for line in initials), "end"])
        text = text.replace("\nendmodule", f"\n{block}\n\nendmodule", 1)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return text.strip("\n") + "\n"

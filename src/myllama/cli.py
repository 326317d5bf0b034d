"""The command line: what may be asked for, and how a command ends."""

import argparse
import math
import os
import sys
from pathlib import Path

from . import commands
from .config import PROFILES
from .engines import ENGINES, SIMULATORS
from .errors import InputError
from .fetch import MODELS
from .wave.arguments import add_window

EXIT_INPUT = 2
EXIT_INTERRUPTED = 130  # as a shell reports SIGINT
EXIT_BROKEN_PIPE = 141  # as a shell reports SIGPIPE
PROMPT_MARK = "\0"  # no argument from outside can hold one
TEXT_FLAGS = ("-i", "-y")
MODES = ("generate", "chat")


class _Parser(argparse.ArgumentParser):
    """Refuses with one sentence instead of a page."""

    def error(self, message):
        self.exit(EXIT_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser():
    """The whole command line."""
    top = _Parser(
        prog="myllama", description="A Llama-2 decoder in hardware: run it, convert it, check it."
    )
    subcommands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(name, function, text):
        sub = subcommands.add_parser(name, help=text, description=text, allow_abbrev=False)
        sub.set_defaults(function=function)
        return sub

    run = command("run", commands.run, "tell a story, as llama2.c's run does")
    _add_checkpoint(run)
    _add_tokenizer(run)
    _add_prompt(run)
    run.add_argument(
        "-m",
        dest="mode",
        choices=MODES,
        default="generate",
        help="tell a story (generate, the default), or take turns with you (chat; -i is then the"
        " first question), by --engine model or reference",
    )
    run.add_argument(
        "-y",
        dest="system",
        metavar="TEXT",
        type=lambda text: text.removeprefix(PROMPT_MARK),
        help="a chat's system prompt (default: asked for)",
    )
    run.set_defaults(prompt=None)  # a chat asks for it
    run.add_argument(
        "-n",
        dest="steps",
        metavar="STEPS",
        type=_whole,
        default=256,
        help="positions to run; 0 or too many means all the model has (default 256)",
    )
    run.add_argument(
        "-t",
        dest="temperature",
        metavar="TEMPERATURE",
        type=_real,
        default=0.0,
        help="default 0, the most likely token (llama2.c: 1.0), as the hardware does not sample;"
        " above 0 needs --engine reference",
    )
    run.add_argument(
        "-p",
        dest="topp",
        metavar="TOPP",
        type=_real,
        default=0.9,
        help="top-p of sampling (default 0.9, also for values outside 0 to 1); 0 and 1 turn it off;"
        " without effect at temperature 0",
    )
    run.add_argument(
        "-s",
        dest="seed",
        metavar="SEED",
        type=_whole,
        default=0,
        help="seed of sampling (default 0: the time); without effect at temperature 0",
    )
    _add_engine(run)
    _add_hardware(run)
    _add_simulator(run)

    trace = command("trace", commands.trace, "show one layer's vectors beside the reference's")
    _add_checkpoint(trace)
    _add_tokenizer(trace)
    _add_prompt(trace)
    trace.add_argument("--layer", type=_whole, default=0, help="from 0 on (default 0)")
    trace.add_argument(
        "--pos",
        type=_whole,
        default=1,
        help="position in the story, which goes on after the prompt (default 1)",
    )
    trace.add_argument(
        "--save", metavar="FILE.npz", type=Path, help="write the whole vectors to this file"
    )
    _add_engine(trace)
    _add_hardware(trace)
    _add_simulator(trace)

    convert = command("convert", commands.convert, "write the hardware of a checkpoint as Verilog")
    _add_checkpoint(convert)
    _add_hardware(convert)
    _add_output(convert, "rtl_out", "the Verilog goes")

    synth = command("synth", commands.synth, "count the cells of the hardware on an ECP5")
    _add_checkpoint(synth)
    _add_hardware(synth, profile="compact")
    _add_output(synth, "build/synth", "the Verilog goes")

    verify = command(
        "verify", commands.verify, "measure the integer model against the float reference"
    )
    _add_checkpoint(verify)
    _add_profile(verify)
    verify.add_argument(
        "--cases",
        metavar="FILE",
        type=Path,
        help="llama2.c's greedy runs as JSON (default: the reference's own)",
    )

    wave = command("wave", commands.wave, "simulate a layer's attention and write it as a waveform")
    _add_checkpoint(wave)
    _add_tokenizer(wave)
    _add_prompt(wave)
    add_window(wave, _whole)
    wave.add_argument("--fst", action="store_true", help="write FST beside the VCD")
    _add_hardware(wave)
    _add_output(wave, "wave_out", "the files go")

    import_ = command(
        "import", commands.import_, "turn a Llama model of Hugging Face's into a checkpoint"
    )
    import_.add_argument(
        "folder", metavar="FOLDER", type=Path, help="has config.json and model.safetensors"
    )
    import_.add_argument(
        "-o", dest="output", metavar="FILE", type=Path, required=True, help="the checkpoint"
    )
    import_.add_argument(
        "-z",
        dest="tokenizer",
        metavar="FILE",
        type=Path,
        help="where its tokenizer goes (default: tokenizer.bin beside the checkpoint)",
    )

    fetch = command("fetch", commands.fetch, "download a public checkpoint and its tokenizer")
    fetch.add_argument("model", choices=MODELS)
    _add_output(fetch, "checkpoints", "the files go")

    command("doctor", commands.doctor, "list what this machine has and lacks")
    return top


def main(argv=None):
    """Run one command; return its exit code. Errors of the user end in one sentence."""
    argv = sys.argv[1:] if argv is None else list(argv)
    args = parser().parse_args(_join_prompt(argv))
    try:
        return args.function(args)
    except InputError as error:
        print(f"myllama: {error}", file=sys.stderr)
        return EXIT_INPUT
    except BrokenPipeError:
        _drop_stdout()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        if error.strerror is None:
            raise
        where = f"{error.filename}: " if error.filename else ""
        print(f"myllama: {where}{error.strerror}", file=sys.stderr)
        return EXIT_INPUT
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _add_checkpoint(sub):
    sub.add_argument(
        "checkpoint",
        metavar="CHECKPOINT",
        nargs="?",
        type=Path,
        default=commands.embedded_checkpoint(),
        help="a llama2.c checkpoint (default: the project's own tales260K.bin)",
    )


def _add_tokenizer(sub):
    sub.add_argument(
        "-z",
        dest="tokenizer",
        metavar="TOKENIZER",
        type=Path,
        help="its tokenizer (default: tok<vocabulary size>.bin or tokenizer.bin beside it)",
    )


def _add_prompt(sub):
    sub.add_argument(
        "-i",
        dest="prompt",
        metavar="TEXT",
        type=lambda text: text.removeprefix(PROMPT_MARK),
        default="",
        help="the story's beginning",
    )


def _add_engine(sub):
    sub.add_argument(
        "--engine",
        choices=ENGINES,
        default="rtl",
        help="the hardware simulated (rtl, the default), its integer model, or floats (reference)",
    )


def _add_profile(sub, default="exact"):
    sub.add_argument(
        "--profile", choices=PROFILES, default=default, help=f"word widths (default {default})"
    )


def _add_hardware(sub, profile="exact"):
    _add_profile(sub, profile)
    sub.add_argument(
        "--lanes",
        metavar="P",
        type=_lanes,
        default=64,
        help="multipliers that work side by side (default 64)",
    )


def _add_output(sub, folder, what):
    sub.add_argument(
        "-o",
        dest="output",
        metavar="FOLDER",
        type=Path,
        default=Path(folder),
        help=f"where {what} (default {folder})",
    )


def _add_simulator(sub):
    sub.add_argument(
        "--simulator", choices=SIMULATORS, help="default: Verilator when it is here, else Icarus"
    )


def _whole(text):
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _real(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def _lanes(text):
    lanes = _whole(text)
    if lanes < 1:
        raise argparse.ArgumentTypeError(f"{lanes} lanes are too few, give at least 1")
    return lanes


def _join_prompt(argv):
    """Glue -i and -y to their values, which may begin with a dash as in llama2.c."""
    joined = []
    words = iter(argv)
    for word in words:
        value = next(words, None) if word in TEXT_FLAGS else None
        joined.append(word if value is None else word + PROMPT_MARK + value)
    return joined


def _drop_stdout():
    """Give the interpreter's last flush of stdout somewhere to go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

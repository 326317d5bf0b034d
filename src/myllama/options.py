"""Options that several commands share, and the kinds of values they take."""

import argparse
import math
from pathlib import Path

from . import commands
from .config import PROFILES
from .engines import ENGINES, SIMULATORS
from .errors import InputError
from .fpga.chips import DEVICES
from .fpga.nextpnr import TARGET
from .geometry import check_lanes

PROMPT_MARK = "\0"  # no argument from outside can hold one


def add_checkpoint(sub):
    sub.add_argument(
        "checkpoint",
        metavar="CHECKPOINT",
        nargs="?",
        type=Path,
        default=commands.embedded_checkpoint(),
        help="a llama2.c checkpoint (default: the project's own tales260K.bin)",
    )


def add_tokenizer(sub):
    sub.add_argument(
        "-z",
        dest="tokenizer",
        metavar="TOKENIZER",
        type=Path,
        help="its tokenizer (default: tok<vocabulary size>.bin or tokenizer.bin beside it)",
    )


def add_prompt(sub):
    sub.add_argument(
        "-i",
        dest="prompt",
        metavar="TEXT",
        type=text,
        default="",
        help="the story's beginning",
    )


def add_layer(sub):
    sub.add_argument(
        "--layer", metavar="LAYER", type=whole, default=0, help="the layer (default 0)"
    )


def add_position(sub):
    sub.add_argument(
        "--pos",
        metavar="POS",
        type=whole,
        default=1,
        help="position in the story, which goes on after the prompt (default 1)",
    )


def add_window(sub):
    """What part of a run a waveform shows."""
    sub.add_argument(
        "--from",
        dest="first",
        metavar="CYCLE",
        type=whole,
        help="instead of the layer's attention, cycles of the position from this one (default 0)",
    )
    sub.add_argument(
        "--to",
        dest="last",
        metavar="CYCLE",
        type=whole,
        help="to this one (default: the position's end)",
    )
    sub.add_argument(
        "--whole",
        action="store_true",
        help="simulate the positions before it too; else their K and V rows are the integer"
        " model's",
    )


def add_engine(sub):
    sub.add_argument(
        "--engine",
        choices=ENGINES,
        default="rtl",
        help="the hardware simulated (rtl, the default), its integer model, or floats (reference)",
    )


def add_profile(sub, default="exact"):
    sub.add_argument(
        "--profile", choices=PROFILES, default=default, help=f"word widths (default {default})"
    )


def add_hardware(sub, profile="exact"):
    add_profile(sub, profile)
    sub.add_argument(
        "--lanes",
        metavar="P",
        type=lanes,
        default=64,
        help="multipliers that work side by side (default 64)",
    )


def add_seq_len(sub):
    sub.add_argument(
        "--seq-len",
        metavar="N",
        type=whole,
        help="positions of the KV cache, at most the checkpoint's (default: all of them)",
    )


def add_output(sub, folder, what):
    sub.add_argument(
        "-o",
        dest="output",
        metavar="FOLDER",
        type=Path,
        default=Path(folder),
        help=f"where {what} (default {folder})",
    )


def add_simulator(sub):
    sub.add_argument(
        "--simulator", choices=SIMULATORS, help="default: Verilator when it is here, else Icarus"
    )


def add_bench(sub):
    """What is timed, and beside what."""
    sub.add_argument(
        "-n",
        dest="steps",
        metavar="STEPS",
        type=whole,
        default=64,
        help="positions of the story; 0 or too many means all the model has (default 64)",
    )
    sub.add_argument(
        "--rounds",
        metavar="N",
        type=whole,
        default=5,
        help="runs of the story in Verilator, each beside one of --cpu-run (default 5)",
    )
    sub.add_argument(
        "--clock",
        metavar="MHZ",
        type=real,
        help="of the chip where make fpga has not measured it (default: its target)",
    )
    sub.add_argument(
        "--cpu-run",
        metavar="COMMAND",
        help="a program to time on this machine, such as llama2.c's: it prints 'achieved tok/s: X'",
    )


def add_fpga(sub):
    """The chip, how it is placed, and its serial lines."""
    sub.add_argument(
        "--device", choices=DEVICES, default="85k", help="size of the chip (default 85k)"
    )
    sub.add_argument(
        "--seeds",
        metavar="N",
        type=seeds,
        default=1,
        help="placements to try; the fastest is kept (default 1)",
    )
    sub.add_argument(
        "--clock",
        metavar="MHZ",
        type=above_zero,
        default=TARGET,
        help=f"clock that the chip will have, for its serial lines (default {TARGET})",
    )
    sub.add_argument(
        "--baud",
        metavar="RATE",
        type=above_zero,
        default=1_000_000,
        help="bits per second of its serial lines (default 1000000)",
    )


def text(argument):
    """A text that may begin with a dash, glued to its option by PROMPT_MARK."""
    return argument.removeprefix(PROMPT_MARK)


def whole(text):
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def real(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def above_zero(text):
    value = real(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def seeds(text):
    count = whole(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} seeds are too few, give at least 1")
    return count


def lanes(text):
    lanes = whole(text)
    try:
        check_lanes(lanes)
    except InputError as error:
        raise argparse.ArgumentTypeError(error) from None
    return lanes

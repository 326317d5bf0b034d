"""The command line: what may be asked for, and how a command ends."""

import argparse
import os
import sys
from pathlib import Path

from . import commands, options
from .errors import InputError
from .fetch import MODELS

EXIT_INPUT = 2
EXIT_INTERRUPTED = 130  # as a shell reports SIGINT
EXIT_BROKEN_PIPE = 141  # as a shell reports SIGPIPE
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
    options.add_checkpoint(run)
    options.add_tokenizer(run)
    options.add_prompt(run)
    run.add_argument(
        "-m",
        dest="mode",
        choices=MODES,
        default="generate",
        help="tell a story (generate, the default), or take turns with you (chat; -i is then the"
        " first question)",
    )
    run.add_argument(
        "-y",
        dest="system",
        metavar="TEXT",
        type=options.text,
        help="a chat's system prompt (default: asked for)",
    )
    run.set_defaults(prompt=None)  # a chat asks for it
    run.add_argument(
        "-n",
        dest="steps",
        metavar="STEPS",
        type=options.whole,
        default=256,
        help="positions to run; 0 or too many means all the model has (default 256)",
    )
    run.add_argument(
        "-t",
        dest="temperature",
        metavar="TEMPERATURE",
        type=options.real,
        default=1.0,
        help="temperature of sampling (default 1.0); 0 takes the most likely token",
    )
    run.add_argument(
        "-p",
        dest="topp",
        metavar="TOPP",
        type=options.real,
        default=0.9,
        help="top-p of sampling (default 0.9, also for values outside 0 to 1); 0 and 1 turn it off;"
        " without effect at temperature 0",
    )
    run.add_argument(
        "-s",
        dest="seed",
        metavar="SEED",
        type=options.whole,
        default=0,
        help="seed of sampling (default 0: the time); without effect at temperature 0",
    )
    options.add_engine(run)
    options.add_hardware(run)
    options.add_simulator(run)

    trace = command("trace", commands.trace, "show one layer's vectors beside the reference's")
    options.add_checkpoint(trace)
    options.add_tokenizer(trace)
    options.add_prompt(trace)
    options.add_layer(trace)
    options.add_position(trace)
    trace.add_argument(
        "--save", metavar="FILE.npz", type=Path, help="write the whole vectors to this file"
    )
    options.add_engine(trace)
    options.add_hardware(trace)
    options.add_simulator(trace)

    kv = command("kv", commands.kv, "draw what the KV cache holds beside the reference's")
    options.add_checkpoint(kv)
    options.add_tokenizer(kv)
    options.add_prompt(kv)
    options.add_position(kv)
    kv.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        type=Path,
        default=Path("kv.png"),
        help="the picture, PNG or SVG (default kv.png)",
    )
    options.add_hardware(kv)
    options.add_simulator(kv)

    convert = command("convert", commands.convert, "write the hardware of a checkpoint as Verilog")
    options.add_checkpoint(convert)
    options.add_hardware(convert)
    options.add_seq_len(convert)
    options.add_output(convert, "rtl_out", "the Verilog goes")

    report = command("report", commands.report, "count the cycles of a token, stage by stage")
    options.add_checkpoint(report)
    options.add_hardware(report)
    report.add_argument("--json", action="store_true", help="print the figures as JSON")
    report.add_argument(
        "-o", dest="output", metavar="FILE", type=Path, help="a picture too, PNG or SVG"
    )

    bench = command(
        "bench", commands.bench, "time the chip, its simulations and a program of yours"
    )
    options.add_checkpoint(bench)
    options.add_hardware(bench, profile="compact")
    options.add_bench(bench)

    synth = command("synth", commands.synth, "count the cells of the hardware on an ECP5")
    options.add_checkpoint(synth)
    options.add_hardware(synth, profile="compact")
    options.add_seq_len(synth)
    options.add_output(synth, "build/synth", "the Verilog goes")

    fpga = command("fpga", commands.fpga, "place and route the hardware on an ECP5")
    options.add_checkpoint(fpga)
    options.add_hardware(fpga, profile="compact")
    options.add_seq_len(fpga)
    options.add_fpga(fpga)
    options.add_output(fpga, "build/fpga", "the Verilog and the bitstream go")

    verify = command(
        "verify", commands.verify, "measure the integer model against the float reference"
    )
    options.add_checkpoint(verify)
    options.add_tokenizer(verify)
    options.add_hardware(verify)
    texts = verify.add_mutually_exclusive_group()
    texts.add_argument(
        "--cases",
        metavar="FILE",
        type=Path,
        help="llama2.c's greedy runs as JSON (default: the reference's own)",
    )
    texts.add_argument(
        "--sampled",
        metavar="FILE",
        type=Path,
        help="llama2.c's sampled runs as JSON: which are identical, and where the others part",
    )
    verify.add_argument(
        "--engine",
        choices=("model", "rtl"),
        default="model",
        help="with rtl, the hardware simulated tells the --sampled texts too: which are token for"
        " token the integer model's (default model, which tells them alone)",
    )

    wave = command("wave", commands.wave, "simulate a layer's attention and write it as a waveform")
    options.add_checkpoint(wave)
    options.add_tokenizer(wave)
    options.add_prompt(wave)
    options.add_layer(wave)
    options.add_position(wave)
    options.add_window(wave)
    wave.add_argument("--fst", action="store_true", help="write FST beside the VCD")
    options.add_hardware(wave)
    options.add_output(wave, "wave_out", "the files go")

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
    options.add_output(fetch, "checkpoints", "the files go")

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


def _join_prompt(argv):
    """Glue -i and -y to their values, which may begin with a dash as in llama2.c."""
    joined = []
    words = iter(argv)
    for word in words:
        value = next(words, None) if word in TEXT_FLAGS else None
        joined.append(word if value is None else word + options.PROMPT_MARK + value)
    return joined


def _drop_stdout():
    """Give the interpreter's last flush of stdout somewhere to go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

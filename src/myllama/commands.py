"""What each subcommand does with its parsed arguments; each returns an exit code."""

import contextlib
import json
import os
import shlex
import sys
import time
from pathlib import Path

from . import doctor as doctor_module
from . import engines
from . import fetch as fetch_module
from .errors import InputError

PROGRESS_PERIOD = 0.2  # seconds between two updates of a download's line


def say(message):
    print(f"myllama: {message}", file=sys.stderr, flush=True)


def run(args):
    """Tell a story, or chat."""
    from .llama import Llama

    checkpoint, tokenizer = _load(args.checkpoint, args.tokenizer)
    engine = args.engine, args.profile, args.lanes, args.simulator
    choice = args.steps, args.temperature, args.topp, args.seed
    out = sys.stdout.buffer
    prompt, system = (
        None if text is None else os.fsencode(text) for text in (args.prompt, args.system)
    )
    with Llama(checkpoint, tokenizer, *engine, progress=say) as llama:
        if args.mode == "chat":
            llama.chat(_ask, out, *choice, system=system, user=prompt)
            return 0
        for piece in llama.generate(prompt or b"", *choice):
            out.write(piece)
            out.flush()
    out.write(b"\n")
    out.flush()
    for line in llama.statistics.lines():
        print(line, file=sys.stderr)
    return 0


def trace(args):
    """Print the taps of one layer and position."""
    from .positions import check_place
    from .trace import trace

    checkpoint, tokenizer = _load(args.checkpoint, args.tokenizer)
    check_place(checkpoint.config, args.layer, args.pos)
    if args.save:
        _be_file("--save", args.save, ".npz")
    prompt = tokenizer.encode(os.fsencode(args.prompt))
    engine = engines.build(
        args.engine, checkpoint, args.profile, args.lanes, args.simulator, progress=say
    )
    with contextlib.ExitStack() as stack:
        if hasattr(engine, "close"):
            stack.callback(engine.close)
        found = trace(args.engine, engine, checkpoint, prompt, args.layer, args.pos)
    for line in found.lines(lambda token: repr(tokenizer.pieces[token].decode(errors="replace"))):
        print(line)
    if args.save:
        found.save(args.save)
        say(f"wrote {args.save}")
    return 0


def kv(args):
    """Draw the KV cache."""
    from .kv import SUFFIXES, contents, require
    from .positions import check_place

    require()
    _be_file("-o", args.output, *SUFFIXES)
    checkpoint, tokenizer = _load(args.checkpoint, args.tokenizer)
    check_place(checkpoint.config, 0, args.pos)
    prompt = tokenizer.encode(os.fsencode(args.prompt))
    rtl = engines.build("rtl", checkpoint, args.profile, args.lanes, args.simulator, progress=say)
    with contextlib.closing(rtl):
        found = contents(rtl, checkpoint, prompt, args.pos)
    for line in found.lines():
        print(line)
    found.draw(args.output)
    print(args.output)
    return 0


def convert(args):
    """Write Verilog."""
    _convert(args)
    say(f"wrote {args.output}; check it with: make lint")
    return 0


def report(args):
    """Print what a token costs; draw it if a file is named."""
    from .checkpoint import load
    from .cost.report import report
    from .kv import SUFFIXES, require

    if args.output:
        require()
        _be_file("-o", args.output, *SUFFIXES)
    image = engines.image(load(args.checkpoint), args.profile, progress=say)
    found = report(image, args.lanes, say)
    print(json.dumps(found.json(), indent=2) if args.json else "\n".join(found.lines()))
    if args.output:
        found.draw(args.output)
        say(f"wrote {args.output}")
    return 0


def bench(args):
    """Print how fast the chip, its simulations and a program on this machine are."""
    from .bench import bench, clock, table
    from .checkpoint import load

    chip = clock(args.clock, args.lanes, args.profile, progress=say)
    checkpoint, work = load(args.checkpoint), (args.steps, args.rounds)
    figures = bench(checkpoint, args.profile, args.lanes, *work, chip, args.cpu_run, say)
    print(f"{args.checkpoint}, {args.lanes} lanes, profile {args.profile}", "", sep="\n")
    print(*table(figures), sep="\n")
    return 0


def synth(args):
    """Print the cells that Yosys needs."""
    from .synth import synthesize, yosys

    yosys()  # its absence ends here, before the long work
    for line in synthesize(_convert(args), say).lines():
        print(line)
    return 0


def fpga(args):
    """Place and route, and print what came of it."""
    from .fpga.chips import DEVICES
    from .fpga.flow import build, tools

    tools()  # their absence ends here, before the long work
    sources = _convert(args)
    design = {"lanes": args.lanes, "profile": args.profile, "seq_len": args.seq_len}
    result = build(sources, design, DEVICES[args.device], args.seeds, say)
    for line in result.lines():
        print(line)
    say(f"wrote {result.bitstream}")
    return 0


def wave(args):
    """Write a waveform, and say how to open it."""
    from .wave.record import record, require
    from .wave.window import Window

    require()
    _be_folder(args.output, "the waveform")
    window = Window(args.pos, args.layer, args.first, args.last, args.whole)
    checkpoint, tokenizer = _load(args.checkpoint, args.tokenizer)
    window.check(checkpoint.config)
    prompt = tokenizer.encode(os.fsencode(args.prompt))
    image = engines.image(checkpoint, args.profile, progress=say)
    made = record(image, args.lanes, prompt, window, args.output, args.fst, say)
    say(f"wrote {made.dump}, cycles {made.first} to {made.last} of position {args.pos}; open it:")
    folder, name = map(shlex.quote, (str(made.dump.parent), made.dump.name))
    # Surfer finds the names of states in the folder it is started in.
    viewers = [f"gtkwave {shlex.quote(str(made.save))}", f"cd {folder} && surfer {name}"]
    if sys.platform == "darwin":  # where GTKWave is hard to get
        viewers.reverse()
    print(*viewers, sep="\n")
    return 0


def verify(args):
    """Print how far the integer model is from the float reference."""
    if args.sampled:
        return _verify_sampled(args)
    from .checkpoint import load
    from .verify import make_cases, read_cases, verify

    cases = read_cases(args.cases) if args.cases else None
    checkpoint = load(args.checkpoint)
    image = engines.image(checkpoint, args.profile, progress=say)
    ways = engines.ways(image, args.lanes)
    print(verify(checkpoint, image, cases or make_cases(checkpoint, say), say, ways))
    return 0


def _verify_sampled(args):
    from .sampled import read_cases, verify

    cases = read_cases(args.sampled)
    checkpoint, tokenizer = _load(args.checkpoint, args.tokenizer)
    image = engines.image(checkpoint, args.profile, progress=say)
    print(verify(checkpoint, image, tokenizer, cases, say, engines.ways(image, args.lanes)))
    return 0


def fetch(args):
    """Download a model."""
    for remote in fetch_module.MODELS[args.model]:
        path = fetch_module.fetch(remote, args.output, _Download(remote.name))
        print(path)
    return 0


def import_(args):
    """Write the checkpoint and the tokenizer of a saved model."""
    from . import huggingface
    from .checkpoint import save

    checkpoint = huggingface.read(args.folder)
    source = args.folder / "tokenizer.model"
    tokenizer, path = None, args.tokenizer or args.output.with_name("tokenizer.bin")
    if source.is_file():
        tokenizer = huggingface.read_tokenizer(source, checkpoint.config.vocab_size)
        if not args.tokenizer and path.exists() and path.read_bytes() != tokenizer.to_bytes():
            raise InputError(
                f"{path} is another model's tokenizer; say with -z where this model's may go"
            )
    save(args.output, checkpoint)
    print(args.output)
    if tokenizer is None:
        say(f"{source} does not exist, so the checkpoint comes without its tokenizer")
    else:
        tokenizer.save(path)
        print(path)
    return 0


def doctor(args):
    """Report on this machine."""
    return doctor_module.report(sys.stdout)


def embedded_checkpoint():
    """The project's own checkpoint: in the clone this was installed from, or in this folder."""
    name = Path("checkpoints", "tales260K.bin")
    clone = Path(__file__).resolve().parents[2] / name
    return clone if clone.is_file() else name


def _be_file(option, path, *suffixes):
    """InputError unless a file of this name can be written, as far as one can know before."""
    if path.suffix not in suffixes:
        raise InputError(f"{option} {path} must end in {' or '.join(suffixes)}")
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{option} {path} needs a file name in a folder that exists")


def _be_folder(path, what):
    if path.exists() and not path.is_dir():
        raise InputError(f"-o {path} is a file, but {what} needs a folder")


def _convert(args):
    from .checkpoint import load

    _be_folder(args.output, "the Verilog")
    checkpoint = load(args.checkpoint)
    return engines.convert(
        checkpoint, args.profile, args.lanes, args.output, progress=say, seq_len=args.seq_len
    )


def _ask(label):
    print(label, end="", flush=True)
    line = sys.stdin.buffer.readline()
    return line.removesuffix(b"\n") if line else None


def _load(checkpoint_path, tokenizer_path):
    from .llama import read_files

    return read_files(checkpoint_path, tokenizer_path)


class _Download:
    """One line on stderr that follows a download: rewritten on a terminal, else its end only."""

    def __init__(self, name):
        self._name, self._next = name, 0.0

    def __call__(self, done, total):
        now, last = time.monotonic(), done == total
        if not last and (now < self._next or not sys.stderr.isatty()):
            return
        self._next = now + PROGRESS_PERIOD
        text = f"myllama: {self._name} {done / 1e6:.1f} of {total / 1e6:.1f} MB"
        start = "\r" if sys.stderr.isatty() else ""
        print(f"{start}{text}", end="\n" if last else "", file=sys.stderr, flush=True)

"""What each subcommand does with its parsed arguments; each returns an exit code."""

import json
import os
import shlex
import sys
import time
from pathlib import Path

from . import doctor as doctor_module
from . import fetch as fetch_module
from .errors import InputError
from .llama import load

HARDWARE = "profile", "lanes", "seq_len", "simulator"
EXIT_UNEQUAL = 1  # the hardware is not what its model is
PROGRESS_PERIOD = 0.2  # seconds between two updates of a download's line


def say(message):
    print(f"myllama: {message}", file=sys.stderr, flush=True)


def run(args):
    """Tell a story, or chat."""
    from .sampling import as_llama2c

    choice = args.steps, *as_llama2c(args.temperature, args.topp, say), args.seed
    out = sys.stdout.buffer
    prompt, system = (
        None if text is None else os.fsencode(text) for text in (args.prompt, args.system)
    )
    with _llama(args) as llama:
        engine = getattr(llama, args.engine)
        if args.mode == "chat":
            engine.chat(_ask, out, *choice, system=system, user=prompt)
            return 0
        for piece in engine.generate(prompt or b"", *choice):
            out.write(piece)
            out.flush()
    out.write(b"\n")
    out.flush()
    for line in engine.statistics.lines():
        print(line, file=sys.stderr)
    return 0


def trace(args):
    """Print the taps of one layer and position."""
    if args.save:
        _be_file("--save", args.save, ".npz")
    with _llama(args) as llama:
        engine = getattr(llama, args.engine)
        found = engine.trace(os.fsencode(args.prompt), args.layer, args.pos)
    pieces = llama.tokenizer.pieces
    for line in found.lines(lambda token: repr(pieces[token].decode(errors="replace"))):
        print(line)
    if args.save:
        found.save(args.save)
        say(f"wrote {args.save}")
    return 0


def kv(args):
    """Draw the KV cache."""
    from .kv import SUFFIXES, require

    require()
    _be_file("-o", args.output, *SUFFIXES)
    with _llama(args) as llama:
        found = llama.kv(os.fsencode(args.prompt), args.pos)
    for line in found.lines():
        print(line)
    found.draw(args.output)
    print(args.output)
    return 0


def convert(args):
    """Write Verilog."""
    _llama(args).convert(args.output)
    say(f"wrote {args.output}; check it with: make lint")
    return 0


def report(args):
    """Print what a token costs; draw it if a file is named."""
    from .kv import SUFFIXES, require

    if args.output:
        require()
        _be_file("-o", args.output, *SUFFIXES)
    found = _llama(args).report()
    print(json.dumps(found.json(), indent=2) if args.json else "\n".join(found.lines()))
    if args.output:
        found.draw(args.output)
        say(f"wrote {args.output}")
    return 0


def bench(args):
    """Print how fast the chip, its simulations and a program on this machine are."""
    from .bench import bench, clock, table

    chip = clock(args.clock, args.lanes, args.profile, progress=say)
    figures = bench(_llama(args), args.steps, args.rounds, chip, args.cpu_run)
    print(f"{args.checkpoint}, {args.lanes} lanes, profile {args.profile}", "", sep="\n")
    print(*table(figures), sep="\n")
    return 0


def synth(args):
    """Print the cells that Yosys needs."""
    from .synth import synthesize, yosys

    yosys()  # its absence ends here, before the long work
    for line in synthesize(_llama(args).convert(args.output), say).lines():
        print(line)
    return 0


def fpga(args):
    """Place and route, and print what came of it."""
    from .fpga.chips import DEVICES
    from .fpga.flow import build, tools
    from .rtl.uart import divisor_of

    tools()  # their absence ends here, before the long work
    divisor = divisor_of(args.clock, args.baud)
    llama = _llama(args)
    files = llama.convert(args.output, divisor)
    result = build(files, llama.geometry, DEVICES[args.device], args.seeds, say)
    for line in result.lines():
        print(line)
    say(f"wrote {result.bitstream}")
    return 0


def wave(args):
    """Write a waveform, and say how to open it."""
    from .wave.window import Window

    window = Window(args.pos, args.layer, args.first, args.last, args.whole)
    made = _llama(args).wave(args.output, window, os.fsencode(args.prompt), args.fst)
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
    from . import sampled
    from . import verify as greedy

    hardware = args.engine == "rtl"
    if hardware and not args.sampled:
        raise InputError("--engine rtl has texts to tell with --sampled FILE only; add it")
    if args.sampled:
        cases = sampled.read_cases(args.sampled)
        with _llama(args) as llama:
            verdict = llama.verify_sampled(cases, hardware)
        print(verdict)
        return EXIT_UNEQUAL if verdict.unequal else 0
    cases = greedy.read_cases(args.cases) if args.cases else None
    print(_llama(args).verify(cases))
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


def _ask(label):
    print(label, end="", flush=True)
    line = sys.stdin.buffer.readline()
    return line.removesuffix(b"\n") if line else None


def _llama(args):
    """The Llama of a command's options; those that it does not have are the Llama's own."""
    given = vars(args)
    options = {name: given[name] for name in HARDWARE if name in given}
    return load(args.checkpoint, given.get("tokenizer"), progress=say, **options)


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

"""A model in its three truths: what a program, a notebook and the command line ask things of.

from myllama import load

with load("checkpoints/tales260K.bin") as llama:
    for piece in llama.model.generate("Once upon a time", steps=64):
        print(piece.decode(errors="replace"), end="", flush=True)
"""

import functools
from dataclasses import replace
from pathlib import Path

from .config import PROFILES
from .engines import ENGINES, SIMULATORS, Engine
from .errors import InputError
from .geometry import Geometry
from .positions import check_place, check_prompt


def load(checkpoint, tokenizer=None, **options):
    """The Llama of a checkpoint file; options are those of Llama.

    tokenizer  path of its tokenizer.bin, which the first text reads; None looks for one beside
               the checkpoint
    """
    from .checkpoint import load

    loaded = load(checkpoint)

    def read_tokenizer():
        from .tokenizer import Tokenizer

        vocab_size = loaded.config.vocab_size
        path = default_tokenizer(Path(checkpoint), vocab_size) if tokenizer is None else tokenizer
        return Tokenizer.load(path, vocab_size)

    return Llama(loaded, read_tokenizer, **options)


def default_tokenizer(checkpoint, vocab_size):
    """The tokenizer that lies beside a checkpoint."""
    folder = checkpoint.parent
    names = [f"tok{vocab_size}.bin", "tokenizer.bin"]
    if checkpoint.name.startswith("tales"):
        names.insert(0, f"tales{vocab_size}.bin")
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        f"there is no {' or '.join(names)} beside {checkpoint}; name the model's (-z, tokenizer=)"
    )


class Llama:
    """A model, its integers and its hardware. Each is made when it is first needed.

    checkpoint      checkpoint.Checkpoint
    read_tokenizer  gives its tokenizer.Tokenizer
    profile    "exact" or "compact": word widths of the hardware and the integer model
    lanes      multipliers of the hardware, a power of two; the model sums up softmax as they do
    seq_len    positions of the KV cache; None keeps the checkpoint's
    simulator  of the hardware, "verilator" or "icarus"; None takes the fastest installed
    progress   is told what is being made, in a few words

    reference, model, rtl  an engines.Engine each: floats, the hardware's integers, and the
                           hardware simulated. close() ends the simulator.
    """

    def __init__(
        self,
        checkpoint,
        read_tokenizer,
        profile="exact",
        lanes=64,
        seq_len=None,
        simulator=None,
        progress=lambda message: None,
    ):
        for word, choices in ((profile, PROFILES), (simulator, (None, *SIMULATORS))):
            if word not in choices:
                names = ", ".join(filter(None, choices))
                raise InputError(f"there is no {word!r}, only {names}")
        self._whole, self._read_tokenizer = checkpoint, read_tokenizer
        if seq_len is not None:
            checkpoint = replace(checkpoint, config=checkpoint.config.shortened(seq_len))
        self.checkpoint, self.config = checkpoint, checkpoint.config
        self.profile, self.lanes, self.simulator = profile, lanes, simulator
        self.geometry = Geometry(self.config, PROFILES[profile], lanes)
        self.progress = progress
        self.reference, self.model, self.rtl = (Engine(name, self) for name in ENGINES)

    @functools.cached_property
    def tokenizer(self):
        return self._read_tokenizer()

    @functools.cached_property
    def image(self):
        """The image.Image: the checkpoint quantized for the profile."""
        from .quantize import quantize

        # The whole checkpoint, so that fewer positions have the same integers.
        image = quantize(self._whole, PROFILES[self.profile], self.progress)
        return image.shortened(self.config.seq_len)

    def encode(self, prompt):
        """The tokens of a prompt, str or bytes, from BOS on.

        InputError if there are more of them than the KV cache has positions.
        """
        tokens = self.tokenizer.encode(prompt)
        check_prompt(self.config, tokens)
        return tokens

    def kv(self, prompt="", pos=1):
        """The kv.Contents of the hardware's cache after positions 0..pos of a greedy text.

        InputError if there is no such position, or if the text ends before it.
        """
        from .kv import contents

        check_place(self.config, 0, pos)
        tokens = self.encode(prompt)
        return contents(self.rtl.begin(), self.checkpoint, tokens, pos)

    def wave(self, outdir, window, prompt="", fst=False):
        """Write a wave.window.Window of the hardware as a waveform: a wave.record.Recording.

        fst  write FST beside the VCD
        """
        from .wave.record import record, require

        require()
        _check_folder(outdir, "the waveform")
        window.check(self.config)
        tokens = self.encode(prompt)
        return record(self.image, self.lanes, tokens, window, Path(outdir), fst, self.progress)

    def convert(self, outdir, divisor=None):
        """Write the hardware's Verilog and the contents of its memories; returns the files.

        divisor  cycles per bit of the serial lines of a chip (docs/fpga.md); None writes the
                 decoder alone
        """
        from .rtl.build import convert, convert_chip

        _check_folder(outdir, "the Verilog")
        work = self.image, self.lanes, Path(outdir)
        self.progress(f"converting {self.lanes} lanes to Verilog in {outdir}")
        return convert(*work) if divisor is None else convert_chip(*work, divisor)

    def report(self):
        """The cost.report.Report: cycles of a token, by formula and in Verilator."""
        from .cost.report import report

        return report(self.image, self.lanes, self.progress)

    def verify(self, cases=None):
        """The verify.Verdict on greedy texts, verify.Case each; None lets the reference tell some.

        str() of it is what `myllama verify` prints.
        """
        from .verify import make_cases, verify

        cases = cases or make_cases(self.checkpoint, self.progress)
        return verify(self.checkpoint, self.image, cases, self.progress, self.geometry.ways)

    def verify_sampled(self, cases, hardware=False):
        """The sampled.Verdict on sampled texts, sampled.Case each.

        hardware  simulate it too, and tell whether its tokens are the integer model's
        """
        from .sampled import verify

        work = self.checkpoint, self.image, self.tokenizer, cases
        rtl = self.rtl.decoder if hardware else None
        return verify(*work, self.progress, self.geometry.ways, rtl)

    def close(self):
        """End the simulator, if there is one."""
        for engine in (self.reference, self.model, self.rtl):
            engine.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def _check_folder(path, what):
    """InputError unless `path` may become a folder."""
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file, but {what} needs a folder; name another")

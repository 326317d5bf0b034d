"""A model that talks: checkpoint, tokenizer and engine as one object.

from myllama.llama import load

with load("checkpoints/tales260K.bin", engine="model") as llama:
    for piece in llama.generate("Once upon a time", steps=64):
        print(piece.decode(errors="replace"), end="", flush=True)
"""

import functools
from pathlib import Path

from . import engines
from .config import PROFILES
from .errors import InputError
from .story import BOS, Statistics, positions


def load(checkpoint, tokenizer=None, **options):
    """The Llama of a checkpoint file; options are those of Llama.

    tokenizer  its tokenizer.bin; None looks for one beside the checkpoint
    """
    return Llama(*read_files(checkpoint, tokenizer), **options)


def read_files(checkpoint_path, tokenizer_path=None):
    """A checkpoint and the tokenizer that belongs to it."""
    from .checkpoint import load
    from .tokenizer import Tokenizer

    checkpoint = load(checkpoint_path)
    vocab_size = checkpoint.config.vocab_size
    if tokenizer_path is None:
        tokenizer_path = default_tokenizer(Path(checkpoint_path), vocab_size)
    return checkpoint, Tokenizer.load(tokenizer_path, vocab_size)


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
        f"there is no {' or '.join(names)} beside {checkpoint}; name the model's tokenizer with -z"
    )


class Llama:
    """A model ready to talk. Its engine is built when it first has to; close() ends it.

    One text at a time: a new one takes the cache of the one before.

    engine     "rtl", the hardware simulated; "model", its integers; "reference", floats
    profile    "exact" or "compact": word widths of the first two
    lanes, simulator   of "rtl"; simulator None takes the fastest that is installed
    progress   is told what is being built, in a few words
    statistics of the last generate
    """

    def __init__(
        self,
        checkpoint,
        tokenizer,
        engine="rtl",
        profile="exact",
        lanes=64,
        simulator=None,
        progress=lambda message: None,
    ):
        for word, choices in ((engine, engines.ENGINES), (profile, PROFILES)):
            if word not in choices:
                raise InputError(f"there is no {word!r}, only {', '.join(choices)}")
        self.config, self.tokenizer, self.engine_name = checkpoint.config, tokenizer, engine
        self.statistics = None
        self._build = functools.partial(
            engines.build, engine, checkpoint, profile, lanes, simulator, progress=progress
        )

    @functools.cached_property
    def engine(self):
        return self._build()

    def generate(self, prompt="", steps=256, temperature=0.0, topp=0.9, seed=0):
        """llama2.c's text for `prompt`: an iterator of each token's bytes, as printed there.

        The prompt's own tokens come first. BOS ends the text, and so do `steps` positions:
        0, a negative or too large number means all the model has. Above temperature 0 the
        engine must be the model or the reference; topp and seed are those of
        sampling.Sampling.
        """
        sampler = self._sampler(temperature, topp, seed)
        tokens = self.tokenizer.encode(prompt)
        steps = positions(steps, self.config.seq_len)
        return self._spelled(self.engine.decode(tokens, steps, *sampler))

    def chat(self, ask, out, steps=256, temperature=0.0, topp=0.9, seed=0, **prompts):
        """Take turns as llama2.c's chat does; ask, out and prompts are those of chat.chat."""
        from .chat import chat

        sampler = self._sampler(temperature, topp, seed)

        def following(token, pos):
            return self.engine.following(token, pos, *sampler)

        chat(following, self.tokenizer, positions(steps, self.config.seq_len), ask, out, **prompts)

    def close(self):
        """End the simulator, if there is one."""
        engine = self.__dict__.pop("engine", None)
        if hasattr(engine, "close"):
            engine.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def _spelled(self, tokens):
        from .tokenizer import printable

        self.statistics = statistics = Statistics(self.engine)
        previous = BOS
        try:
            for token in tokens:
                statistics.count()
                if token == BOS:
                    return
                yield printable(self.tokenizer.decode(previous, token))
                previous = token
        finally:
            statistics.stop()

    def _sampler(self, temperature, topp, seed):
        """What chooses the tokens, in a list; none at temperature 0, the engine's own choice."""
        from .sampling import Sampling

        sampling = Sampling.of(temperature, topp, seed)
        if sampling.greedy:
            return []
        if self.engine_name == "rtl":
            raise InputError(
                f"temperature {temperature:g} asks for sampling, which engine {self.engine_name}"
                " does not have; use -t 0, which takes the most likely token, or"
                " --engine model or reference"
            )
        return [self.engine.sampler(sampling)]

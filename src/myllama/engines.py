"""The engines of a Llama, and the one place where an engine's name becomes a decoder.

Imports are made where they are needed, so that a command loads only what it uses.
"""

import functools

from .positions import check_place, check_turn
from .story import BOS, Statistics, positions

ENGINES = ("reference", "model", "rtl")
SIMULATORS = ("verilator", "icarus")


def build(name, llama):
    """The decoder of a Llama: an object with decode(prompt, steps); `rtl` has close() too."""
    if name == "reference":
        from .reference import Reference

        return Reference(llama.checkpoint)
    if name == "model":
        from .model.decoder import Model

        return Model(llama.image, ways=llama.geometry.ways)
    from .sim.rtl import Rtl

    return Rtl(llama.image, llama.lanes, llama.simulator, llama.progress)


class Engine:
    """One of a Llama's three engines. What it runs is built when it is first needed.

    One text at a time: a new one takes the KV cache of the one before, which cannot go on then.
    What cannot be done is an InputError, most of the time before anything is built, which may
    take minutes.

    name        "reference", "model" or "rtl"
    statistics  story.Statistics of the last generate; None before it
    """

    def __init__(self, name, llama):
        self.name, self.statistics, self._llama = name, None, llama
        self._text = None

    @functools.cached_property
    def decoder(self):
        """What runs: reference.Reference, model.decoder.Model or sim.rtl.Rtl."""
        return build(self.name, self._llama)

    def begin(self):
        """The decoder, for a text that takes the place of the one before."""
        self._text = object()
        return self.decoder

    def generate(self, prompt="", steps=256, temperature=0.0, topp=0.9, seed=0):
        """llama2.c's text for `prompt`: an iterator of each token's bytes, as printed there.

        The prompt's own tokens come first. BOS ends the text, and so do `steps` positions.

        prompt       str or bytes, of at most as many tokens as the KV cache has positions
        steps        0, a negative or too large number means all positions
        temperature  0 takes the most likely token
        topp, seed   see sampling.Sampling
        """
        tokens = self._llama.encode(prompt)
        steps = positions(steps, self._llama.config.seq_len)
        sampler = self._sampler(temperature, topp, seed)
        return self._spelled(self.decoder.decode(tokens, steps, *sampler))

    def chat(self, ask, out, steps=256, temperature=0.0, topp=0.9, seed=0, **prompts):
        """Take turns as llama2.c's chat does.

        ask, out, prompts  those of chat.chat; prompts are system and user
        the others         those of generate; a question that the steps do not hold is cut
        """
        from .chat import chat

        sampler = self._sampler(temperature, topp, seed)
        steps = positions(steps, self._llama.config.seq_len)

        def following(token, pos):
            return self.decoder.following(token, pos, *sampler)

        self.begin()
        chat(following, self._llama.tokenizer, steps, ask, out, **prompts)

    def trace(self, prompt="", layer=0, pos=1):
        """The trace.Trace of a layer at position `pos` of the greedy text that begins so.

        InputError if there is no such layer or position, or if the text ends before it.
        """
        from .trace import trace

        check_place(self._llama.config, layer, pos)
        tokens = self._llama.encode(prompt)
        return trace(self.name, self.begin(), self._llama.checkpoint, tokens, layer, pos)

    def close(self):
        """End the simulator, if there is one; what is asked next builds another."""
        decoder = self.__dict__.pop("decoder", None)
        if hasattr(decoder, "close"):
            decoder.close()

    def _spelled(self, tokens):
        from .tokenizer import printable

        self.statistics = statistics = Statistics(self.begin())
        previous, text = BOS, self._text
        try:
            for token in tokens:
                statistics.count()
                if token == BOS:
                    return
                yield printable(self._llama.tokenizer.decode(previous, token))
                check_turn(text, self._text)
                previous = token
        finally:
            statistics.stop()

    def _sampler(self, temperature, topp, seed):
        """What chooses the tokens, in a list; none at temperature 0, the decoder's own choice."""
        from .sampling import Sampling

        sampling = Sampling.of(temperature, topp, seed)
        if sampling.greedy:
            return []
        return [self.decoder.sampler(sampling)]

"""The decoder's Verilog as a decoder: the same words in and out as model.decoder.Model."""

import shutil

from ..errors import InputError
from ..geometry import Geometry
from ..positions import check_length, check_place, check_story, check_token
from ..rtl.admission import (
    POSITION_RANGE,
    PROMPT_EMPTY,
    START_BUSY,
    START_RANGE,
    STATUS_WIDTH,
    TEMPERATURE_WORD,
    TOKEN_RANGE,
)
from ..rtl.sampler import Sampling
from . import cache, icarus, verilator
from .cached import key_values
from .draws import GREEDY, Draws
from .traced import gather, widths

SIMULATORS = ("verilator", "icarus")
TOP = "decoder"
# What the bits of a status other than 0 say.
REFUSALS = {
    TOKEN_RANGE: "a token of the prompt is outside the vocabulary",
    POSITION_RANGE: "the steps go on after the last position of the KV cache",
    PROMPT_EMPTY: "the prompt has no tokens",
    START_RANGE: "the KV cache does not hold every position before this one; begin at 0",
    START_BUSY: "a story was started before the one before it had ended",
    TEMPERATURE_WORD: "the temperature is not a word that stands for one",
}


def simulators():
    """Those whose programs are installed, the fastest first."""
    found = {
        "verilator": all(map(shutil.which, ("verilator", "g++", "make"))),
        "icarus": all(map(shutil.which, ("iverilog", "vvp"))),
    }
    return [name for name in SIMULATORS if found[name]]


class Rtl:
    """Decoder of an Image in a simulator.

    lanes      multipliers of the engine
    simulator  "verilator" or "icarus"; None takes the fastest that is installed
    progress   is told what is being built, in a few words
    folder     Verilog and memory contents; None converts the decoder, once per image
    """

    def __init__(self, image, lanes, simulator=None, progress=lambda message: None, folder=None):
        simulator = simulator or next(iter(simulators()), SIMULATORS[-1])
        if simulator not in SIMULATORS:
            raise InputError(f"unknown simulator {simulator!r}; there are {', '.join(SIMULATORS)}")
        self.image, self.config, self.simulator = image, image.config, simulator
        self._geometry = Geometry(image.config, image.profile, lanes)
        back_end = {"verilator": verilator, "icarus": icarus}[simulator]
        back_end.require()
        self._drawing = None  # whose draws the hardware's generator goes on with
        folder = folder or converted(image, lanes, progress)
        if simulator == "verilator":
            self._run = verilator.Verilated(folder, TOP, self._geometry.ways, progress)
        else:
            sizes = ports(image.config), self._geometry.ways
            self._run = icarus.Icarus(folder, TOP, *sizes, progress)

    def sampler(self, sampling):
        """What the hardware chooses a run's tokens with, for a sampling.Sampling."""
        return Draws(*sampling.words(self.image.formats.logits))

    def decode(self, prompt, steps, sampler=None):
        """Yield the token after each position 0..steps-1 as soon as it is computed.

        prompt   token ids, BOS first; they are forced, the rest is chosen
        sampler  of this decoder; it goes on where its last run ended. None takes the largest
                 logits
        The last token may be BOS, which ends the story.
        """
        check_story(self.config, prompt, steps)
        # No position reads a token past its successor.
        return self._decode(prompt[: steps + 1], steps, sampler=sampler)

    def following(self, token, pos, sampler=None):
        """The token after `token` at `pos`, as the model has it.

        InputError unless what ran before left positions 0..pos-1 in the cache.
        """
        check_place(self.config, 0, pos)
        check_token(self.config, token)
        (following,) = self._decode([token], pos + 1, pos, sampler=sampler)
        return following

    def trace(self, prompt, layer, pos):
        """(tokens, words): the taps of one layer and position, from the running hardware.

        tokens  [pos + 2] those at positions 0..pos, and the one chosen there
        words   {(layer, name): integers}, as model.decoder.Model.forward taps them: those of
                `layer` in rtl.tapped.TAPS, and with layer -1 those after the last layer
        InputError if the text ends before pos, or if there is no such layer or position.
        """
        check_place(self.config, layer, pos)
        check_story(self.config, prompt, pos + 1)
        # Without a forced successor, so that the classifier runs at pos.
        chosen = [*self._decode(prompt[: pos + 1], pos + 1, trace=(layer, pos))]
        tokens = [prompt[0], *chosen]
        if len(chosen) <= pos:
            check_length(tokens, pos)
        return tokens, gather(self.config, self._run.traced, layer)

    def key_values(self, prompt, pos):
        """(tokens, keys, values): the KV cache's memories after positions 0..pos.

        tokens        [pos + 1] at positions 0..pos
        keys, values  [n_layers, n_kv_heads, pos + 1, head_dim], integers as the engine reads them
        InputError if the text ends before pos, or if there is no such position.
        """
        check_place(self.config, 0, pos)
        check_story(self.config, prompt, pos + 1)
        tokens = [prompt[0], *self._decode(prompt[: pos + 1], pos + 1)]
        if len(tokens) <= pos + 1:
            check_length(tokens, pos)
        rows = self._run.rows(self._geometry.kv_depth)
        return tokens[: pos + 1], *key_values(rows, self._geometry, pos + 1)

    def _decode(self, prompt, steps, start_pos=0, trace=None, sampler=None):
        draws = sampler is not None and sampler.temperature != 0
        words = sampler.words(sampler is self._drawing) if draws else GREEDY
        # None it stays if the run is broken off: then a reset comes before the next.
        former, self._drawing = self._drawing, None
        for token in self._run.decode(prompt, steps, start_pos, trace, words):
            if draws:
                sampler.begun = True
            yield token
        if draws:
            self._drawing = sampler if sampler.begun else None
        else:
            self._drawing = former
        for bit, refusal in REFUSALS.items():
            if self._run.status >> bit & 1:
                raise InputError(f"the decoder refuses this: {refusal}")

    @property
    def cycles(self):
        """Clock cycles from start to the last token."""
        return self._run.cycles

    def close(self):
        self._run.close()


def ports(config):
    """Widths of the top's ports that depend on the model."""
    steps = (config.seq_len + 1).bit_length()
    token = max((config.vocab_size - 1).bit_length(), 1)
    sampling = Sampling()
    choice = {"temperature": len(sampling.temperature), "topp": len(sampling.topp)}
    return {"token": token, "steps": steps, "status": STATUS_WIDTH, **choice, **widths(config)}


def converted(image, lanes, progress):
    """Folder with the Verilog and the memory contents of an Image, converted once."""

    def make(folder):
        from ..rtl.build import convert

        progress("converting the decoder to Verilog")
        convert(image, lanes, folder)

    return cache.folder(cache.key(image, lanes), make)

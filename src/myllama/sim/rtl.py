"""The decoder's Verilog as a decoder: the same words in and out as model.decoder.Model."""

import shutil

from ..errors import InputError
from ..geometry import Geometry
from ..positions import check_length, check_place
from . import cache, icarus, verilator
from .cached import key_values
from .traced import gather, widths

SIMULATORS = ("verilator", "icarus")
TOP = "decoder"
TOKEN_RANGE, POSITION_RANGE = 1, 2


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
        folder = folder or converted(image, lanes, progress)
        if simulator == "verilator":
            self._run = verilator.Verilated(folder, TOP, self._geometry.ways, progress)
        else:
            sizes = ports(image.config), self._geometry.ways
            self._run = icarus.Icarus(folder, TOP, *sizes, progress)

    def decode(self, prompt, steps):
        """Yield the token after each position 0..steps-1 as soon as it is computed.

        prompt  token ids, BOS first; they are forced, the rest is the argmax
        The last token may be BOS, which ends the story.
        """
        return self._decode(prompt, steps)

    def trace(self, prompt, layer, pos):
        """(tokens, words): the taps of one layer and position, from the running hardware.

        tokens  [pos + 2] those at positions 0..pos, and the one chosen there
        words   {(layer, name): integers}, as model.decoder.Model.forward taps them: those of
                `layer` in rtl.tapped.TAPS, and with layer -1 those after the last layer
        InputError if the text ends before pos, or if there is no such layer or position.
        """
        check_place(self.config, layer, pos)
        # Without a forced successor, so that the classifier runs at pos.
        chosen = [*self._decode(prompt[: pos + 1], pos + 1, (layer, pos))]
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
        tokens = [prompt[0], *self._decode(prompt[: pos + 1], pos + 1)]
        if len(tokens) <= pos + 1:
            check_length(tokens, pos)
        rows = self._run.rows(self._geometry.kv_depth)
        return tokens[: pos + 1], *key_values(rows, self._geometry, pos + 1)

    def _decode(self, prompt, steps, trace=None):
        seq_len, vocab_size = self.config.seq_len, self.config.vocab_size
        if not prompt:
            raise InputError("the prompt is empty; it starts with token 1, the beginning of text")
        if min(prompt) < 0 or max(prompt) >= 1 << ports(self.config)["token"]:
            raise InputError(f"the prompt has tokens outside the vocabulary of {vocab_size}")
        # No position reads a word past its successor.
        run = self._run.decode(prompt[: seq_len + 1], max(min(steps, seq_len + 1), 0), trace)
        yield from run
        if self._run.status & TOKEN_RANGE:
            raise InputError(f"a token is outside the vocabulary of {vocab_size}")
        if self._run.status & POSITION_RANGE:
            raise InputError(f"position {seq_len} is outside the KV cache: 0 to {seq_len - 1}")

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
    return {"token": token, "steps": steps, "status": 2, **widths(config)}


def converted(image, lanes, progress):
    """Folder with the Verilog and the memory contents of an Image, converted once."""

    def make(folder):
        from ..rtl.build import convert

        progress("converting the decoder to Verilog")
        convert(image, lanes, folder)

    return cache.folder(cache.key(image, lanes), make)

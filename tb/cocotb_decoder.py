"""Every tap of the decoder, at every position and layer, against the integer model."""

import os
from collections import defaultdict

import cocotb
import numpy as np
from bench import Scoreboard, StreamDriver, start
from cocotb.triggers import RisingEdge
from decoder_cases import CASES, image_of

from myllama.geometry import Geometry
from myllama.model.decoder import Model

SIGNED = ("delta", "x", "x_acts", "gates", "logits", "z", "q")


def expected(name):
    """Words of every stream in order, the tokens, and the norms."""
    config, _, lanes, prompt, steps = CASES[name]
    image, words, norms = image_of(name), defaultdict(list), []
    model, g = Model(image), Geometry(config, image.profile, lanes)
    taps = {"x_att": "x", "x_ffn": "x", "wo": "delta", "w2": "delta", "q": "q"}
    taps |= {"xhat": "x_acts", "xhat_ffn": "x_acts", "norm_final": "x_acts", "ffn_core": "z"}
    tokens = [*model.decode(prompt, steps)]
    model.reset()

    def tap(layer, kind, value):
        if kind in taps:
            words[taps[kind]] += np.ravel(value).tolist()
        elif kind.startswith("norm"):
            norms.append(tuple(int(np.ravel(part)[0]) for part in value))
        elif kind in ("k", "v"):
            words[kind] += np.ravel(value).tolist()
        elif kind == "h1":
            seen[0] = value
        elif kind == "h3":
            words["gates"] += np.ravel(np.stack([seen[0], value], -1)).tolist()
        elif kind == "scores":
            for first in range(0, config.n_heads, g.slots):
                for t in range(value.shape[-1]):
                    words["scores"].append(value[0, first : first + g.slots, t].tolist())
        elif kind == "logits" and pos + 1 >= len(prompt):
            words["logits"] += np.ravel(value).tolist()

    seen = [None]
    for pos, token in enumerate([prompt[0], *tokens[:-1]]):
        embedded = np.ravel(model._embed(np.array([token]))).tolist()
        words["x"] += embedded
        words["delta"] += embedded
        model.forward(token, pos, tap)
    return words, norms, tokens


class Tap:
    """Compares the words of one internal stream."""

    def __init__(self, dut, name, words, convert):
        self.board, self.convert = Scoreboard(words, name), convert
        self.data, self.valid = getattr(dut, f"{name}_data"), getattr(dut, f"{name}_valid")
        self.ready = getattr(dut, f"{name}_ready")

    def look(self):
        if self.valid.value == 1 and self.ready.value == 1:
            self.board.check(self.convert(self.data.value))


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def every_tap_equals_the_model(dut):
    name = os.environ["CASE"]
    config, _, lanes, prompt, _ = CASES[name]
    image = image_of(name)
    width, g = image.profile.act_width, Geometry(config, image.profile, lanes)
    words, norms, tokens = expected(name)
    top = (1 << width - 1) - 1

    def signed(value):
        return value.to_signed()

    def saturated(value):
        return max(-top - 1, min(top, value.to_signed()))

    def slots(value):
        raw = int(value)
        fields = [raw >> 18 * slot & 0x3FFFF for slot in range(g.slots)]
        words = [field - (field >> 17 << 18) for field in fields]
        # A last group that is not full has slots of no meaning.
        return words[: len(boards["scores"].expected[0])]

    kinds = dict.fromkeys(SIGNED, signed) | {"gates": saturated, "scores": slots}
    if image.profile.k_width == width:
        key_values = []
        rows = config.kv_dim
        for at in range(0, len(words["k"]), rows):
            key_values += words["k"][at : at + rows] + words["v"][at : at + rows]
        words["k_v"], kinds["k_v"] = key_values, signed
    taps = [Tap(dut, key, words[key], convert) for key, convert in kinds.items()]
    boards = {tap.board.name: tap.board for tap in taps}
    dut.start.value = 0
    dut.token_ready.value = 1
    await start(dut)
    cocotb.start_soon(StreamDriver(dut, "prompt", signed=False).send(prompt))
    dut.prompt_len.value, dut.steps.value, dut.start.value = len(prompt), len(tokens), 1
    await RisingEdge(dut.clk)
    dut.start.value = 0
    said, norm_was = [], 0
    while dut.done.value != 1:
        await RisingEdge(dut.clk)
        for tap in taps:
            tap.look()
        if dut.token_valid.value == 1:
            said.append(int(dut.token_data.value))
        norm_is = dut.norm_valid.value == 1
        if norm_is and not norm_was:
            seen = int(dut.norm_mant.value), int(dut.norm_shift.value)
            assert seen == norms[0], f"norm: {seen}, expected {norms[0]}"
            norms.pop(0)
        norm_was = norm_is
    assert said == tokens
    for tap in taps:
        assert tap.board.done, f"{tap.board.name}: {len(tap.board.expected)} words are missing"

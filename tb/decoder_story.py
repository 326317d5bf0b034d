"""What a story leads to inside a decoder, from the integer model, and how to run one."""

from collections import defaultdict

import cocotb
import numpy as np
from attention_probes import AttentionProbes
from bench import StreamDriver, cycle, violated
from cocotb.triggers import RisingEdge
from decoder_cases import STORIES, geometry_of, model_of
from kv_probes import KvProbes, signed_fields

from myllama.fixed import saturate
from myllama.model.decoder import BOS
from myllama.model.softmax import softmax
from myllama.rtl.admission import POSITION_RANGE
from myllama.rtl.softmax import WEIGHT_WIDTH
from myllama.tables import ROW_WIDTH, SCORE_WIDTH

# The streams that carry the model's taps.
CARRIES = {"x_att": "x", "x_ffn": "x", "wo": "delta", "w2": "delta", "q": "q"}
CARRIES |= {"xhat": "x_acts", "xhat_ffn": "x_acts", "norm_final": "x_acts", "ffn_core": "z"}


class Expected:
    """A story of the case `name`, by the model.

    words    {stream: [(layer, position, word)]} in order, "norm" among them; a word is None
             where it fills up a transfer
    rows     {(position, layer): (keys, values)}, [n_kv_heads, head_dim] each, as stored
    concat   {(position, layer): [n_heads, head_dim]}
    tokens, status  what leaves the decoder
    """

    def __init__(self, name, prompt, steps):
        config = STORIES[name][0]
        self.prompt, self.steps = prompt, steps
        self.config, self.geometry = config, geometry_of(name)
        self.words, self.rows, self.concat = defaultdict(list), {}, {}
        model = model_of(name)
        self.tokens = [*model.decode(prompt, min(steps, config.seq_len))]
        ended = self.tokens and self.tokens[-1] == BOS
        self.status = 1 << POSITION_RANGE if steps > config.seq_len and not ended else 0
        model.reset()
        for pos, token in enumerate([prompt[0], *self.tokens[:-1]]):
            embedded = model._embed(np.array([token]))
            self._add("x", 0, pos, embedded)
            self._add("delta", 0, pos, embedded)
            self._pos, self._seen = pos, {}
            model.forward(token, pos, self._tap)

    def _add(self, stream, layer, pos, words):
        # The words of z leave one by one.
        ways = 1 if stream == "z" else self.geometry.ways
        self._add_transfers(stream, layer, pos, np.ravel(words).tolist(), ways)

    def _add_transfers(self, stream, layer, pos, words, ways):
        words = words + [None] * (-len(words) % ways)
        self.words[stream] += [(layer, pos, word) for word in words]

    def _tap(self, layer, kind, value):
        g, pos, seen = self.geometry, self._pos, self._seen
        heads = self.config.head_dim
        seen[kind] = value
        if kind in CARRIES:
            self._add(CARRIES[kind], layer, pos, value)
        elif kind in ("norm_att", "norm_ffn"):
            rows = self.geometry.config
            rows = rows.dim + 2 * rows.kv_dim if kind == "norm_att" else 2 * rows.hidden_dim
            self._add_norm(layer, value, rows)
        elif kind == "v":
            k, v = seen["k"].reshape(-1, heads), value.reshape(-1, heads)
            self.rows[pos, layer] = k, v
            if g.profile.k_width == g.profile.act_width:
                self._add("k_v", layer, pos, [*k.ravel(), *v.ravel()])
        elif kind == "concat":
            self.concat[pos, layer] = value.reshape(-1, heads)
        elif kind == "h3":
            self._add("gates", layer, pos, np.stack([seen["h1"], value], -1))
        elif kind == "scores":
            weights = softmax(value, g.ways)
            for first in range(0, self.config.n_heads, g.slots):
                for name, words, times in (("scores", value, 1), ("weights", weights, g.parts)):
                    group = words[0, first : first + g.slots].T.tolist()
                    for _ in range(times):
                        self._add_transfers(name, layer, pos, group, g.ways)
        elif kind == "logits" and pos + 1 >= len(self.prompt):
            self._add("logits", layer, pos, value)
            self._add_norm(layer, seen["norm"], value.size)

    def _add_norm(self, layer, norm, rows):
        mant, shift = (int(np.ravel(part)[0]) for part in norm)
        self.words["norm"] += [(layer, self._pos, (mant, shift))] * self.geometry.transfers(rows)


class Tap:
    """Compares the words of one stream, as `read` makes a list of a transfer's bits."""

    def __init__(self, dut, name, words, read):
        self.name, self.words, self.read, self.seen = name, words, read, 0
        self.data, self.valid = getattr(dut, f"{name}_data"), getattr(dut, f"{name}_valid")
        self.ready = getattr(dut, f"{name}_ready")

    def look(self):
        if self.valid.value == 1 and self.ready.value == 1:
            bits = self.data.value
            for word in self.read(bits) if bits.is_resolvable else [str(bits)]:
                self.check(word)

    def check(self, actual):
        number, self.seen = self.seen, self.seen + 1
        if number >= len(self.words):
            violated(self.name, "no word", actual, number=number)
        layer, position, word = self.words[number]
        if isinstance(word, list) and isinstance(actual, list):
            # A last group that is not full has slots of no meaning.
            actual = actual[: len(word)]
        if word is not None and actual != word:
            violated(self.name, word, actual, layer=layer, position=position)


class NormTap(Tap):
    """1/rms, as every row meets it."""

    def __init__(self, dut, words):
        self.name, self.words, self.seen = "norm", words, 0
        self.moves = dut.scale_rows.enters, dut.scale_rows.norm_advance, dut.progress_use_norm
        self.parts = dut.norm_mant, dut.norm_shift

    def look(self):
        if all(net.value == 1 for net in self.moves):
            self.check(tuple(int(part.value) for part in self.parts))


def _signed(width):
    def read(value):
        return signed_fields(int(value), width, len(value) // width)

    return read


def _slots(width, count):
    def read(value):
        fields = _signed(width)(value)
        return [fields[at : at + count] for at in range(0, len(fields), count)]

    return read


def probes_of(dut, expected):
    """Every tap and probe of a decoder, for one story."""
    g, profile = expected.geometry, expected.geometry.profile
    width, rows = profile.act_width, _signed(ROW_WIDTH)
    reads = {"delta": rows, "logits": rows, "x": _signed(profile.residual_width)}
    reads |= dict.fromkeys(("x_acts", "z", "q"), _signed(width))
    reads["gates"] = lambda value: [int(saturate(word, width)) for word in rows(value)]
    reads["scores"] = _slots(SCORE_WIDTH, g.slots)
    reads["weights"] = _slots(WEIGHT_WIDTH, g.slots)
    if "k_v" in expected.words:
        reads["k_v"] = _signed(width)
    taps = [Tap(dut, name, expected.words[name], read) for name, read in reads.items()]
    tokens = [(-1, pos, token) for pos, token in enumerate(expected.tokens)]
    taps.append(Tap(dut, "token", tokens, lambda value: [int(value)]))
    taps.append(NormTap(dut, expected.words["norm"]))
    return taps, [KvProbes(dut, g, expected.rows), AttentionProbes(dut, g, expected)]


async def tell(dut, expected, until=lambda: False):
    """Start a story and watch it to its end, or for as long as until() is false.

    True if it came to its end.
    """
    taps, probes = probes_of(dut, expected)
    driver = StreamDriver(dut, "prompt", signed=False)
    prompt = cocotb.start_soon(driver.send(expected.prompt[: expected.steps + 1]))
    dut.start_pos.value, dut.prompt_len.value = 0, len(expected.prompt)
    dut.steps.value = expected.steps
    dut.temperature.value = dut.topp.value = dut.seed.value = 0
    dut.token_ready.value = dut.start.value = 1
    await RisingEdge(dut.clk)
    dut.start.value = 0
    begun, positions = cycle(), 0
    while dut.done.value != 1:
        if until():
            prompt.cancel()
            return False
        await RisingEdge(dut.clk)
        for watch in (*taps, *probes):
            watch.look()
        if dut.progress_token_start.value == 1:
            if positions == len(expected.tokens):
                violated("position", f"the end after {positions}", "another")
            if int(dut.progress_pos.value) != positions:
                violated("position", positions, int(dut.progress_pos.value))
            positions += 1
        if cycle() - begun > 40_000:
            violated("done", "done", f"nothing for {cycle() - begun} cycles")
    prompt.cancel()
    for tap in taps:
        if tap.seen != len(tap.words):
            violated(tap.name, f"{len(tap.words)} words", tap.seen)
    for probe in probes:
        probe.finish()
    if int(dut.status.value) != expected.status:
        violated("status", expected.status, int(dut.status.value))
    return True

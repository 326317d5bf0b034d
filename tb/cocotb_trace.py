"""rtl.trace: the words of the traced layer and position, each once, whatever the traffic."""

import os
import random

import cocotb
from bench import start, transfers
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge
from decoder_cases import CASES

from myllama.config import PROFILES
from myllama.geometry import Geometry
from myllama.rtl.progress import TO_RESIDUAL, TO_ROPE, TO_SAMPLER, TO_SWIGLU
from myllama.rtl.tapped import TAPS
from myllama.rtl.trace import LATENCY, ROW_LATENCY

STREAMS = ("row", "x_acts", "x", "z")
LAYER, POS = 1, 2
# Elements of a transfer: z leaves the gate one by one.
WAYS = int(os.environ.get("WAYS", 1))
WIDE = ("row", "x_acts", "x")


class Bench:
    """Traffic as the decoder's, and what of it the port has to show."""

    def __init__(self, dut):
        config, profile, lanes, *_ = CASES[os.environ["CASE"]]
        self.dut, self.config = dut, config
        self.g = Geometry(config, PROFILES[profile], lanes)
        self.expected, self.shown, self.row_due = {}, {}, None

    async def begin(self):
        dut = self.dut
        for name in STREAMS:
            for field in ("data", "valid", "ready"):
                getattr(dut, f"{name}_{field}").value = 0
        dut.heads_valid.value = dut.norm_valid.value = 0
        dut.port_enable.value, dut.port_layer.value, dut.port_pos.value = 1, LAYER, POS
        await start(dut)
        cocotb.start_soon(self.watch())

    async def watch(self):
        """Collect the port's words; a row's is due ROW_LATENCY cycles after its transfer."""
        dut, due = self.dut, None
        while True:
            await RisingEdge(dut.clk)
            seen = None
            if dut.port_valid.value == 1:
                value = dut.port_value.value.to_signed()
                seen = int(dut.port_tap.value), int(dut.port_index.value), value
                assert seen[:2] not in self.shown, f"{TAPS[seen[0]]} {seen[1]}: twice"
                self.shown[seen[:2]] = value
            assert due is None or seen == due, f"row {due}, but the port shows {seen}"
            due, self.row_due = self.row_due, None

    async def traffic(self, place, streams, pace=0.7):
        """{stream: words}, side by side; words are (value, tap and index where shown or None)."""
        dut = self.dut
        for name, value in place.items():
            getattr(dut, f"progress_{name}").value = value
        queues = {
            name: transfers(words, WAYS, (-1, None, None)) if name in WIDE else list(words)
            for name, words in streams.items()
        }
        while any(queues.values()):
            await FallingEdge(dut.clk)
            self.row_due = None
            for name, queue in queues.items():
                valid, ready = bool(queue) and random.random() < pace, random.random() < pace
                getattr(dut, f"{name}_valid").value = valid
                getattr(dut, f"{name}_ready").value = ready
                if valid:
                    elements = queue[0] if name in WIDE and WAYS > 1 else (queue[0],)
                    signal = getattr(dut, f"{name}_data")
                    width = len(signal) // len(elements)
                    signal.value = sum(
                        (data & (1 << width) - 1) << i * width
                        for i, (data, _, _) in enumerate(elements)
                    )
                    if ready:
                        queue.pop(0)
                        self.expect(name, elements)
        await FallingEdge(dut.clk)
        for name in queues:
            getattr(dut, f"{name}_valid").value = 0

    def expect(self, name, elements):
        """The words of a transfer that are to be shown, a row of one way at once."""
        for _, shown, where in elements:
            if where is not None:
                self.expected[where] = shown
                if name == "row" and WAYS == 1:
                    self.row_due = *where, shown

    def words(self, width, count, tap=None, limit=None):
        """Random words of a stream, all of one tap."""
        found = []
        for index in range(count):
            value = random.choice((-(1 << width - 1), (1 << width - 1) - 1, 0, -1))
            value = random.choice((value, random.randrange(-(1 << width - 1), 1 << width - 1)))
            top = 1 << (limit or width) - 1
            where = None if tap is None else (TAPS.index(tap), index)
            found.append((value, max(-top, min(top - 1, value)), where))
        return found

    async def norm(self, tap):
        """1/rms comes when the sequencer is already elsewhere."""
        dut = self.dut
        dut.progress_norm.value, dut.progress_pos.value = 0, POS
        mant, shift = random.randrange(1 << 17), random.randrange(64)
        dut.norm_mant.value, dut.norm_shift.value, dut.norm_valid.value = mant, shift, 1
        if tap is not None:
            self.expected[TAPS.index(tap), 0] = mant
            self.expected[TAPS.index(tap), 1] = shift
        await ClockCycles(dut.clk, 3)
        await FallingEdge(dut.clk)
        dut.norm_valid.value = 0

    async def vector(self, pos, norm, acts_tap, x_tap, norm_tap, rows=None):
        """A vector out of the residual block, the rows that make it beside it."""
        p, dim = self.g.profile, self.config.dim
        place = {"pos": pos, "norm": norm, "to": TO_RESIDUAL, "layer": norm // 2}
        streams = {"x_acts": self.words(p.act_width, dim, acts_tap)}
        streams["x"] = self.words(p.residual_width, dim, x_tap)
        if rows != "none":
            streams["row"] = self.words(32, dim, rows)
        await self.traffic(place, streams, random.choice((0.5, 1)))
        await self.norm(norm_tap)

    async def heads(self, pos, layer, shown):
        """Attention words, one in two cycles: channels in their lanes, anything beside them."""
        dut, g, width = self.dut, self.g, self.g.profile.act_width
        dut.progress_pos.value, dut.progress_layer.value = pos, layer
        lanes = {}
        for index, place in enumerate(g.attention_places):
            lanes[place] = index
        for number in range(g.attention_words):
            word = 0
            for lane in range(g.lanes):
                value = random.randrange(-(1 << width - 1), 1 << width - 1)
                word |= (value & (1 << width) - 1) << lane * width
                if shown and (number, lane) in lanes:
                    self.expected[TAPS.index("concat"), lanes[number, lane]] = value
            await FallingEdge(dut.clk)
            dut.heads_data.value, dut.heads_valid.value = word, 1
            await FallingEdge(dut.clk)
            dut.heads_valid.value = 0

    async def position(self, pos):
        """Everything that one position brings."""
        c, p = self.config, self.g.profile
        await self.vector(pos, 0, None, None, None)
        for layer in range(c.n_layers):
            here = pos == POS and layer == LAYER
            place = {"pos": pos, "norm": 2 * layer, "layer": layer}
            qkv = self.words(32, c.dim + 2 * c.kv_dim)
            await self.traffic(place | {"to": TO_ROPE}, {"row": qkv})
            await self.heads(pos, layer, here)
            names = ("xhat_ffn", "x_att", "norm_ffn", "wo") if here else (None,) * 4
            await self.vector(pos, 2 * layer + 1, *names)
            h1 = self.words(32, c.hidden_dim, "h1" if here else None, p.act_width)
            h3 = self.words(32, c.hidden_dim, "h3" if here else None, p.act_width)
            gates = [word for pair in zip(h1, h3, strict=True) for word in pair]
            z = self.words(p.act_width, c.hidden_dim, "ffn_core" if here else None)
            place["norm"] = 2 * layer + 1
            await self.traffic(place | {"to": TO_SWIGLU}, {"row": gates, "z": z}, 1)
            following = pos == POS and layer == LAYER - 1
            acts, norm = ("xhat", "norm_att") if following else (None, None)
            if pos == POS and layer == c.n_layers - 1:
                acts, norm = "norm_final", "norm"
            x = "x_ffn" if here else None
            await self.vector(pos, 2 * layer + 2, acts, x, norm)
        place = {"pos": pos, "norm": 2 * c.n_layers, "layer": c.n_layers, "to": TO_SAMPLER}
        logits = self.words(32, c.vocab_size, "logits" if pos == POS else None)
        await self.traffic(place, {"row": logits}, random.choice((0.7, 1)))

    async def drained(self):
        """Until nothing waits; busy says so."""
        for _ in range(4000):
            await RisingEdge(self.dut.clk)
            if self.dut.port_busy.value == 0:
                return
        raise AssertionError("busy for ever")


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def shows_every_word_once(dut):
    bench = Bench(dut)
    await bench.begin()
    for pos in (POS - 1, POS, POS + 1):
        await bench.position(pos)
    await bench.drained()
    assert bench.shown == bench.expected
    assert {tap for tap, _ in bench.shown} == set(range(len(TAPS)))
    assert dut.port_lost.value == 0
    # Disabled, the same position shows nothing.
    await FallingEdge(dut.clk)
    dut.port_enable.value = 0
    bench.expected, bench.shown = {}, {}
    place = {"pos": POS, "norm": 2 * LAYER + 1, "to": TO_RESIDUAL, "layer": LAYER}
    await bench.traffic(place, {"x": bench.words(20, bench.config.dim)})
    await ClockCycles(dut.clk, 20)
    assert not bench.shown and dut.port_busy.value == 0


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def reports_a_lost_word(dut):
    """Rows without end keep the port, and more words come than a position has."""
    bench = Bench(dut)
    await bench.begin()
    c, place = bench.config, {"pos": POS, "norm": 2 * LAYER + 1, "layer": LAYER}
    # A word that finds the port free leaves after LATENCY cycles.
    place["to"] = TO_RESIDUAL
    await bench.traffic(place, {"x": bench.words(12, WAYS)}, 1)
    waited = 1
    while dut.port_valid.value != 1:
        await FallingEdge(dut.clk)
        waited += 1
    assert waited == LATENCY and ROW_LATENCY == 1
    assert dut.port_lost.value == 0
    dut.row_valid.value = dut.row_ready.value = 1
    dut.progress_to.value = TO_SAMPLER
    dut.x_valid.value = dut.x_ready.value = 1
    bench.shown = type("Anything", (dict,), {"__contains__": lambda self, key: False})()
    await ClockCycles(dut.clk, 8 * c.dim)
    assert dut.port_lost.value == 1

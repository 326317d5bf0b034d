"""Benches of rtl.engine."""

import os
import random

import cocotb
from bench import Scoreboard, StreamDriver, StreamMonitor, StreamSink, cycle, start
from cocotb.triggers import ReadOnly, RisingEdge
from shapes import SHAPES, random_image

from myllama.config import PROFILES
from myllama.fixed import round_shift, saturate
from myllama.layout import Layout
from myllama.rtl.command import EMBED, MATVEC, SCORES, VALUES

FIELDS = ("mode", "act_base", "words", "rows", "weight_addr", "row_addr", "kv_addr", "kv_word")
FIELDS += ("pos",)


def signed(value, width):
    return value - (value >> width - 1 << width)


class EngineBench:
    """Drives commands; knows what act memory and KV cache hold."""

    def __init__(self, dut, idle=0.0, stall=0.0):
        self.dut, self.idle = dut, idle
        image = random_image(SHAPES[os.environ["SHAPE"]], PROFILES[os.environ["PROFILE"]])
        self.image, self.layout = image, Layout(image, int(os.environ["LANES"]))
        self.width = image.profile.act_width
        self.acts, self.cache = {}, {}
        self.score_sink = StreamSink(dut, "scores", stall, fields=("data", "last"))
        self.row_sink = StreamSink(dut, "rows", stall, fields=("data", "scale", "shift"))
        self.weights = StreamDriver(dut, "weights", idle, fields=("data", "last"))
        self.weights.write((0, 0))
        dut.acts_enable.value = 0
        dut.command_valid.value = 0
        dut.kv_data.value = 0
        for field in FIELDS:
            getattr(dut, f"command_{field}").value = 0

    async def begin(self):
        await start(self.dut)
        self.monitors = {
            "rows": StreamMonitor(self.dut, "rows", fields=("data", "scale", "shift")),
            "scores": StreamMonitor(self.dut, "scores", fields=("data", "last"), signed=False),
        }
        for part in (*self.monitors.values(), self.score_sink, self.row_sink):
            cocotb.start_soon(part.run())
        cocotb.start_soon(self.serve_cache())

    async def serve_cache(self):
        """A word READ_LATENCY cycles after its request."""
        dut, pending = self.dut, [None] * 3
        while True:
            await RisingEdge(dut.clk)
            request = None
            if dut.kv_enable.value == 1:
                names = ("value", "addr", "kv_word", "fresh")
                request = tuple(int(getattr(dut, f"kv_{name}").value) for name in names)
            pending.append(request)
            served = pending.pop(0)
            dut.kv_data.value = random.getrandbits(8) if served is None else self.cached(served)

    def cached(self, request):
        return self.cache.setdefault(request, random.getrandbits(self.layout.kv_width))

    def channels(self, request):
        """kv word as the channels of each lane; 0 where no channel is."""
        lo, w, word = self.layout, self.width, self.cached(request)
        lanes = []
        for lane in range(lo.lanes):
            slot, c = divmod(lane, lo.head_lanes)
            at = slot // lo.q_per_kv * lo.kv_chan + c
            used = slot < lo.slots and c < lo.kv_chan
            lanes.append(signed(word >> at * w & (1 << w) - 1, w) if used else 0)
        return lanes

    async def write_acts(self):
        """Every word of the act memory, corners among them."""
        dut, lo, top = self.dut, self.layout, 1 << self.width - 1
        for word in range(lo.act_depth):
            values = [random.choice((-top, top - 1, random.randrange(-top, top)))]
            values += [random.randrange(-top, top) for _ in range(lo.lanes - 1)]
            self.acts[word] = values
            for lane, value in enumerate(values):
                dut.acts_enable.value = 1
                dut.acts_word.value, dut.acts_lane.value = word, lane
                dut.acts_data.value = value & (1 << self.width) - 1
                await RisingEdge(dut.clk)
        dut.acts_enable.value = 0
        await RisingEdge(dut.clk)
        await RisingEdge(dut.clk)

    async def run(self, mode, port=None, expected=(), **fields):
        """One command; its results must be `expected` on `port`. Returns its cycles to done."""
        dut = self.dut
        board = Scoreboard(expected, f"{port} of mode {mode}")
        for name, monitor in self.monitors.items():
            monitor.on_word = board.check if name == port else Scoreboard([], name).check
            monitor.cycles.clear()
        for name in FIELDS:
            getattr(dut, f"command_{name}").value = {"mode": mode, **fields}.get(name, 0)
        dut.command_valid.value = 1
        await RisingEdge(dut.clk)
        while dut.command_ready.value != 1:
            await RisingEdge(dut.clk)
        begun = cycle()
        dut.command_valid.value = 0
        for _ in range(20_000):
            await RisingEdge(dut.clk)
            if dut.done.value == 1:
                await ReadOnly()
                assert board.done, f"mode {mode}: done after {board.seen} results"
                await RisingEdge(dut.clk)
                return cycle() - begun
        raise AssertionError(f"mode {mode}: no done; {board.seen} results")

    def row(self, index, acc):
        entry = self.layout.rows[index]
        return acc, (entry >> 6 if self.image.profile.scale_width else 1), entry & 63

    def lanes_of(self, index):
        w, word = self.image.profile.weight_width, self.layout.weights[index]
        return [signed(word >> w * i & (1 << w) - 1, w) for i in range(self.layout.lanes)]

    async def embed(self, token):
        lo = self.layout
        count, rows = lo.words(lo.config.dim), lo.config.dim
        first = lo.table_word + token * count
        flat = [v for i in range(count) for v in self.lanes_of(first + i)][:rows]
        entry = lo.table_row + token
        expected = [self.row(entry, value << self.image.embed_shift) for value in flat]
        return await self.run(EMBED, "rows", expected, rows=rows, weight_addr=first, row_addr=entry)

    async def matvec(self, weight, entry, rows, words, base):
        expected = []
        for row in range(rows):
            acc = sum(
                a * b
                for i in range(words)
                for a, b in zip(
                    self.lanes_of(weight + row * words + i), self.acts[base + i], strict=True
                )
            )
            expected.append(self.row(entry + row, acc))
        return await self.run(
            MATVEC, "rows", expected, act_base=base, words=words, rows=rows,
            weight_addr=weight, row_addr=entry,
        )  # fmt: skip

    async def scores(self, group, pos):
        lo, expected = self.layout, []
        seq, base = lo.config.seq_len, lo.q_base + group * lo.parts
        kv_word = group // lo.groups_per_kv * lo.parts
        for t in range(pos + 1):
            sums = [0] * (lo.lanes // lo.head_lanes)
            for part in range(lo.parts):
                request = (0, (kv_word + part) * seq + t, kv_word + part, int(t == pos))
                pairs = zip(self.acts[base + part], self.channels(request), strict=True)
                for lane, (a, b) in enumerate(pairs):
                    sums[lane // lo.head_lanes] += a * b
            packed = 0
            for slot in range(lo.slots):
                value = int(saturate(round_shift(sums[slot], self.image.score_shift), 18))
                packed |= (value & (1 << 18) - 1) << 18 * slot
            expected.append((packed, int(t == pos)))
        return await self.run(
            SCORES, "scores", expected, act_base=base, kv_addr=kv_word * seq, kv_word=kv_word,
            pos=pos,
        )  # fmt: skip

    async def values(self, group, part, pos):
        lo = self.layout
        seq, word = lo.config.seq_len, lo.o_base + group * lo.parts + part
        kv_word = group // lo.groups_per_kv * lo.parts + part
        sums, words = [0] * lo.lanes, []
        for t in range(pos + 1):
            p = [random.choice((0, 65536, random.randrange(65537))) for _ in range(lo.slots)]
            p = [value if pos == 0 else 2 * value // (pos + 1) for value in p]
            words.append((sum(v << 18 * s for s, v in enumerate(p)), int(t == pos)))
            request = (1, kv_word * seq + t, kv_word, int(t == pos))
            for lane, v in enumerate(self.channels(request)):
                slot = lane // lo.head_lanes
                sums[lane] += v * p[slot] if slot < lo.slots else 0
        self.acts[word] = [int(saturate(round_shift(s, 16), self.width)) for s in sums]
        feeding = cocotb.start_soon(self.weights.send(words))
        cycles = await self.run(
            VALUES, act_base=word, kv_addr=kv_word * seq, kv_word=kv_word, pos=pos
        )
        await feeding
        return cycles


async def everything(bench):
    """All modes, then Wo, which reads what VALUES wrote. Yields (words, cycles)."""
    lo = bench.layout
    c, seen = lo.config, []
    await bench.write_acts()
    for token in (0, c.vocab_size - 1):
        seen.append((c.dim, await bench.embed(token)))
    qkv = c.dim + 2 * c.kv_dim
    words = lo.words(c.dim)
    seen.append((qkv * words, await bench.matvec(0, 0, qkv, words, 0)))
    for pos in (0, c.seq_len - 1):
        for group in range(lo.groups):
            seen.append(((pos + 1) * lo.parts, await bench.scores(group, pos)))
            for part in range(lo.parts):
                seen.append((pos + 1, await bench.values(group, part, pos)))
    args = qkv * words, qkv, c.dim, lo.attention_words, lo.o_base
    seen.append((c.dim * lo.attention_words, await bench.matvec(*args)))
    last = lo.words(c.hidden_dim)
    await bench.matvec(lo.classifier_word - c.dim * last, lo.classifier_row - c.dim, c.dim, last,
                       lo.z_base)  # fmt: skip
    return seen


@cocotb.test()
async def idle_and_stall(dut):
    """Every result equals integers, whatever the neighbours' pace."""
    bench = EngineBench(dut, 0.3, 0.5)
    await bench.begin()
    await everything(bench)


@cocotb.test()
async def keeps_its_rate(dut):
    """One word per cycle, and the pipeline's length once per command."""
    bench = EngineBench(dut)
    await bench.begin()
    overhead = 15 + bench.layout.lanes.bit_length() - 1
    for words, cycles in await everything(bench):
        assert words < cycles <= words + overhead, (words, cycles)

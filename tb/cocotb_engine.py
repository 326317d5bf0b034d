"""Benches of rtl.engine."""

import os
import random

import cocotb
from bench import Scoreboard, StreamDriver, StreamMonitor, StreamSink, cycle, start
from cocotb.triggers import ReadOnly, RisingEdge
from kv_asks import Asks, enables
from shapes import SHAPES, random_image

from myllama.config import PROFILES
from myllama.fixed import round_shift, saturate
from myllama.layout import Layout
from myllama.rtl.command import EMBED, MATVEC, SCORES, VALUES

FIELDS = ("mode", "act_base", "words", "rows", "weight_addr", "row_addr", "kv_addr", "kv_word")
FIELDS += ("pos",)


def fields_of(layout):
    """Of a command: which row, only where a word has two."""
    return FIELDS if layout.ways == 1 else (*FIELDS, "way")


def signed(value, width):
    return value - (value >> width - 1 << width)


def side_by_side(values, width):
    """Fields of a word, the first lowest."""
    return sum((int(value) & (1 << width) - 1) << width * i for i, value in enumerate(values))


class EngineBench:
    """Drives commands; knows what act memory and KV cache hold."""

    def __init__(self, dut, idle=0.0, stall=0.0):
        self.dut, self.idle = dut, idle
        image = random_image(SHAPES[os.environ["SHAPE"]], PROFILES[os.environ["PROFILE"]])
        self.image, self.layout = image, Layout(image, int(os.environ["LANES"]))
        self.width = image.profile.act_width
        self.acts, self.cache = {}, {}
        self.score_fields = (
            ("data", "last") if self.layout.ways == 1 else ("data", "last", "single")
        )
        self.fields = fields_of(self.layout)
        self.score_sink = StreamSink(dut, "scores", stall, fields=self.score_fields)
        self.row_sink = StreamSink(dut, "rows", stall, fields=("data", "scale", "shift"))
        self.weights = StreamDriver(dut, "weights", idle, fields=("data", "last"))
        self.weights.write((0, 0))
        dut.acts_enable.value = 0
        dut.command_valid.value = 0
        dut.kv_data.value = 0
        for field in self.fields:
            getattr(dut, f"command_{field}").value = 0

    async def begin(self):
        await start(self.dut)
        self.monitors = {
            "rows": StreamMonitor(
                self.dut, "rows", fields=("data", "scale", "shift"), signed=False
            ),
            "scores": StreamMonitor(self.dut, "scores", fields=self.score_fields, signed=False),
        }
        for part in (*self.monitors.values(), self.score_sink, self.row_sink):
            cocotb.start_soon(part.run())
        cocotb.start_soon(self.serve_cache())

    async def serve_cache(self):
        """A word READ_LATENCY cycles after its request."""
        dut, pending, asks = self.dut, [None] * 3, Asks(self.dut, "kv")
        while True:
            await RisingEdge(dut.clk)
            request = None
            if asks.any():
                nets, fresh = (dut.kv_value, dut.kv_addr, dut.kv_kv_word), int(asks.fresh())
                request = (*(int(net.value) for net in nets), fresh)
                expected = enables(self.layout.ways, self.odd, request[0], fresh)
                assert asks.fields() == expected, (asks.fields(), expected)
            pending.append(request)
            served = pending.pop(0)
            dut.kv_data.value = random.getrandbits(8) if served is None else self.cached(served)

    def cached(self, request):
        return self.cache.setdefault(
            request, random.getrandbits(self.layout.ways * self.layout.kv_width)
        )

    def channels(self, request):
        """kv word as the channels of each lane, way after way; 0 where no channel is."""
        lo, w, word = self.layout, self.width, self.cached(request)
        lanes = []
        for lane in range(lo.lanes):
            slot, c = divmod(lane % lo.columns, lo.head_lanes)
            at = lane // lo.columns * lo.kv_per_group * lo.kv_chan
            at += slot // lo.q_per_kv * lo.kv_chan + c
            used = slot < lo.slots and c < lo.kv_chan
            lanes.append(signed(word >> at * w & (1 << w) - 1, w) if used else 0)
        return lanes

    async def write_acts(self):
        """Every word of the act memory, corners among them."""
        dut, lo, top = self.dut, self.layout, 1 << self.width - 1
        for word in range(lo.act_depth):
            values = [random.choice((-top, top - 1, random.randrange(-top, top)))]
            values += [random.randrange(-top, top) for _ in range(lo.columns - 1)]
            self.acts[word] = values
            for lane in range(0, lo.columns, lo.ways):
                dut.acts_enable.value = 1
                dut.acts_word.value, dut.acts_lane.value = word, lane
                dut.acts_data.value = side_by_side(values[lane : lane + lo.ways], self.width)
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
        for name in self.fields:
            getattr(dut, f"command_{name}").value = {"mode": mode, **fields}.get(name, 0)
        self.odd = fields.get("pos", 0) % 2
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

    def rows(self, accs, entries):
        """The transfers of `ways` rows each: their sums, and indices of their entries."""
        lo, found = self.layout, []
        while len(accs) % lo.ways:
            accs, entries = [*accs, 0], [*entries, entries[-1] + 1]
        for i in range(0, len(accs), lo.ways):
            ways = [self.entry(index) for index in entries[i : i + lo.ways]]
            scales = [entry >> 6 if self.image.profile.scale_width else 1 for entry in ways]
            shifts = side_by_side([entry & 63 for entry in ways], 6)
            scales = side_by_side(scales, max(self.image.profile.scale_width, 1))
            found.append((side_by_side(accs[i : i + lo.ways], lo.acc_width), scales, shifts))
        return found

    def entry(self, index):
        lo = self.layout
        word, way = divmod(index, lo.ways)
        return lo.rows[word] >> way * lo.row_width & (1 << lo.row_width) - 1

    def lanes_of(self, index, way):
        lo, w, word = self.layout, self.image.profile.weight_width, self.layout.weights[index]
        first = way * lo.columns
        return [signed(word >> w * i & (1 << w) - 1, w) for i in range(first, first + lo.columns)]

    async def embed(self, token):
        lo = self.layout
        (at, way), dim = divmod(token, lo.ways), lo.config.dim
        count = lo.words(dim)
        first = lo.table_word + at * count
        flat = [v for i in range(count) for v in self.lanes_of(first + i, way)][:dim]
        entry = lo.table_row * lo.ways + token
        accs = [value << self.image.embed_shift for value in flat]
        return await self.run(
            EMBED, "rows", self.rows(accs, [entry] * dim), rows=lo.transfers(dim),
            weight_addr=first, row_addr=lo.table_row + at, way=way,
        )  # fmt: skip

    async def matvec(self, weight, entry, rows, words, base):
        """`rows` transfers of rows of `words` words, from these addresses on."""
        lo, accs = self.layout, []
        for row in range(rows * lo.ways):
            at, way = divmod(row, lo.ways)
            accs.append(
                sum(
                    a * b
                    for i in range(words)
                    for a, b in zip(
                        self.lanes_of(weight + at * words + i, way),
                        self.acts[base + i],
                        strict=True,
                    )
                )
            )
        entries = range(entry * lo.ways, (entry + rows) * lo.ways)
        return await self.run(
            MATVEC, "rows", self.rows(accs, entries), act_base=base, words=words, rows=rows,
            weight_addr=weight, row_addr=entry,
        )  # fmt: skip

    async def scores(self, group, pos):
        lo, expected = self.layout, []
        rows, base = lo.kv_rows, lo.q_base + group * lo.parts
        kv_word, last = group // lo.groups_per_kv * lo.parts, pos // lo.ways
        for t in range(last + 1):
            sums = [0] * (lo.lanes // lo.head_lanes)
            for part in range(lo.parts):
                request = (0, (kv_word + part) * rows + t, kv_word + part, int(t == last))
                pairs = zip(self.acts[base + part] * lo.ways, self.channels(request), strict=True)
                for lane, (a, b) in enumerate(pairs):
                    sums[lane // lo.head_lanes] += a * b
            slots = [way * lo.columns // lo.head_lanes + slot
                     for way in range(lo.ways) for slot in range(lo.slots)]  # fmt: skip
            values = [saturate(round_shift(sums[i], self.image.score_shift), 18) for i in slots]
            ends = int(t == last), int(pos % 2 == 0)
            expected.append((side_by_side(map(int, values), 18), *ends[: lo.ways]))
        # Only of the last transfer does it matter whether there is a second position.
        return await self.run(
            SCORES, "scores", expected, act_base=base, kv_addr=kv_word * rows, kv_word=kv_word,
            pos=pos,
        )  # fmt: skip

    async def values(self, group, part, pos):
        lo = self.layout
        rows, word, last = lo.kv_rows, lo.o_base + group * lo.parts + part, pos // lo.ways
        kv_word = group // lo.groups_per_kv * lo.parts + part
        sums, words = [0] * lo.columns, []
        for t in range(last + 1):
            fields = lo.ways * lo.slots
            p = [random.choice((0, 65536, random.randrange(65537))) for _ in range(fields)]
            p = [value if pos == 0 else 2 * value // (pos + 1) for value in p]
            if t * lo.ways == pos:  # the second position is not there
                p[lo.slots :] = [0] * (fields - lo.slots)
            words.append((side_by_side(p, 18), int(t == last)))
            request = (1, kv_word * rows + t, kv_word, int(t == last))
            for lane, v in enumerate(self.channels(request)):
                way, (slot, column) = lane // lo.columns, (lane % lo.columns // lo.head_lanes,
                                                            lane % lo.columns)  # fmt: skip
                sums[column] += v * p[way * lo.slots + slot] if slot < lo.slots else 0
        self.acts[word] = [int(saturate(round_shift(s, 16), self.width)) for s in sums]
        feeding = cocotb.start_soon(self.weights.send(words))
        cycles = await self.run(
            VALUES, act_base=word, kv_addr=kv_word * rows, kv_word=kv_word, pos=pos
        )
        await feeding
        return cycles


async def everything(bench):
    """All modes, then Wo, which reads what VALUES wrote. Yields (words, cycles)."""
    lo = bench.layout
    c, seen = lo.config, []
    await bench.write_acts()
    for token in (0, 1, c.vocab_size - 1):
        seen.append((c.dim, await bench.embed(token)))
    qkv, x_rows = lo.transfers(c.dim + 2 * c.kv_dim), lo.transfers(c.dim)
    words = lo.words(c.dim)
    seen.append((qkv * words, await bench.matvec(0, 0, qkv, words, 0)))
    for pos in sorted({0, 1, c.seq_len - 2, c.seq_len - 1}):
        for group in range(lo.groups):
            seen.append((lo.transfers(pos + 1) * lo.parts, await bench.scores(group, pos)))
            for part in range(lo.parts):
                seen.append((lo.transfers(pos + 1), await bench.values(group, part, pos)))
    args = qkv * words, qkv, x_rows, lo.attention_words, lo.o_base
    seen.append((x_rows * lo.attention_words, await bench.matvec(*args)))
    last = lo.words(c.hidden_dim)
    await bench.matvec(lo.classifier_word - x_rows * last, lo.classifier_row - x_rows, x_rows, last,
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
    overhead = 14 + bench.layout.ways + bench.layout.columns.bit_length() - 1
    for words, cycles in await everything(bench):
        assert words < cycles <= words + overhead, (words, cycles)

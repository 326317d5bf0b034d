"""Driver, sink, monitor and scoreboard shared by every test bench."""

import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotb.types import Logic
from cocotb.utils import get_sim_time

PERIOD_NS = 10
# What a bit is compared with in every cycle: a 0 or 1 would be made a Logic each time.
LOW, HIGH = Logic(0), Logic(1)


def paces(*pairs):
    """Decorator: a test once for each (idle, stall), all on the same hardware."""
    return cocotb.parametrize((("idle", "stall"), pairs))


class _Port:
    """The nets of one flattened stream: its data fields, valid and ready.

    A word is an int, or a tuple with one int per field if there are several fields.
    Fields other than `data` are unsigned; `signed` says how to read `data`. With `ways` above
    1 each int is a tuple of as many, of the elements side by side, the lowest first.
    """

    def __init__(self, dut, name, fields=("data",), signed=True, ways=1):
        self.name = name
        self.clk = dut.clk
        self.fields = fields
        self.signed = signed
        self.ways = ways
        self.nets = [getattr(dut, f"{name}_{field}") for field in fields]
        self.valid = getattr(dut, f"{name}_valid")
        self.ready = getattr(dut, f"{name}_ready")

    def write(self, word):
        for net, value in zip(self.nets, word if len(self.nets) > 1 else (word,), strict=True):
            parts, width = value if self.ways > 1 else (value,), len(net) // self.ways
            mask = (1 << width) - 1
            net.value = sum((int(part) & mask) << i * width for i, part in enumerate(parts))

    def _split(self, field, net):
        """What a field holds: an int, or a tuple of the elements."""
        raw, width = int(net.value), len(net) // self.ways
        parts = [raw >> i * width & (1 << width) - 1 for i in range(self.ways)]
        if self.signed and field == "data":
            parts = [part - (part >> width - 1 << width) for part in parts]
        return tuple(parts) if self.ways > 1 else parts[0]

    def read(self):
        values = tuple(
            self._split(field, net) for field, net in zip(self.fields, self.nets, strict=True)
        )
        return values if len(values) > 1 else values[0]


def transfers(words, ways, padding=0):
    """The elements of a vector as words of a stream of `ways`; `padding` fills the last."""
    if ways == 1:
        return list(words)
    words = [*words, *[padding] * (-len(words) % ways)]
    return [tuple(words[at : at + ways]) for at in range(0, len(words), ways)]


class StreamDriver(_Port):
    """Source: offers queued words, idling a fraction `idle` of the cycles between them.

    The queue may be a generator; a None in it is an idle cycle.
    """

    def __init__(self, dut, name, idle=0.0, **kinds):
        super().__init__(dut, name, **kinds)
        self.idle = idle
        self.valid.value = 0
        nothing = (0,) * self.ways if self.ways > 1 else 0
        self.write((nothing,) * len(self.nets) if len(self.nets) > 1 else nothing)

    async def send(self, words):
        for word in words:
            if word is None:
                await RisingEdge(self.clk)
                continue
            while random.random() < self.idle:
                await RisingEdge(self.clk)
            self.write(word)
            self.valid.value = 1
            await RisingEdge(self.clk)
            while self.ready.value != HIGH:
                await RisingEdge(self.clk)
            self.valid.value = 0


class StreamSink(_Port):
    """Drives ready, stalling a fraction `stall` of the cycles."""

    def __init__(self, dut, name, stall=0.0, **kinds):
        super().__init__(dut, name, **kinds)
        self.stall = stall
        self.ready.value = 0

    async def run(self):
        edge, ready = RisingEdge(self.clk), None
        while True:
            wanted = random.random() >= self.stall
            if wanted is not ready:
                self.ready.value = ready = wanted
            await edge


class StreamMonitor(_Port):
    """Passive observer: reports each transfer, and fails if a stalled word moves."""

    def __init__(self, dut, name, on_word=None, **kinds):
        super().__init__(dut, name, **kinds)
        self.on_word = on_word
        self.cycles = []  # the clock edge of each transfer

    async def run(self):
        held, edge = None, RisingEdge(self.clk)
        while True:
            await edge
            word = self.read() if self.valid.value == HIGH else None
            assert held is None or word == held, f"{self.name}: stalled word changed"
            held = None
            if word is not None and self.ready.value == HIGH:
                self.cycles.append(cycle())
                if self.on_word:
                    self.on_word(word)
            else:
                held = word


class Scoreboard:
    """Compares observed words with expected ones, in order and bit for bit."""

    def __init__(self, expected, name="word"):
        self.expected = deque(expected)
        self.name = name
        self.seen = 0

    def check(self, actual):
        assert self.expected, f"{self.name}: unexpected word #{self.seen}: {actual}"
        expected = self.expected.popleft()
        assert actual == expected, f"{self.name} #{self.seen}: got {actual}, expected {expected}"
        self.seen += 1

    @property
    def done(self):
        return not self.expected


class StreamBench:
    """Clock, reset, any number of input streams and of output streams with their scoreboards.

        bench = StreamBench(dut, idle=0.5, stall=0.5)
        bench.feed("din", words)
        bench.expect("dout", expected)
        await bench.run()

    `monitors[name].cycles` then holds the clock edge of every transfer of that stream.
    """

    def __init__(self, dut, idle=0.0, stall=0.0):
        self.dut = dut
        self.idle = idle
        self.stall = stall
        self.monitors = {}
        self.scoreboards = {}
        self._parts = []

    def feed(self, name, words, **kinds):
        """Offer `words` on input stream `name`; `kinds`: fields, signed, ways (see _Port)."""
        self.monitors[name] = StreamMonitor(self.dut, name, **kinds)
        self._parts.append(StreamDriver(self.dut, name, self.idle, **kinds).send(words))

    def expect(self, name, words, **kinds):
        """Require exactly `words` from output stream `name`."""
        self.scoreboards[name] = Scoreboard(words, name)
        self.monitors[name] = StreamMonitor(self.dut, name, self.scoreboards[name].check, **kinds)
        self._parts.append(StreamSink(self.dut, name, self.stall, **kinds).run())

    def also(self, coroutine):
        """Run a coroutine of the bench's own beside the streams, from the end of reset."""
        self._parts.append(coroutine)

    async def run(self, timeout=20_000, until=lambda: True):
        """Reset, run until every expected word came and until(), then see that no more come."""
        await start(self.dut)
        for part in (*(monitor.run() for monitor in self.monitors.values()), *self._parts):
            cocotb.start_soon(part)
        boards, edge = self.scoreboards.values(), RisingEdge(self.dut.clk)
        for _ in range(timeout):
            await edge
            if until() and all(board.done for board in boards):
                await ClockCycles(self.dut.clk, 30)
                return
        seen = {name: board.seen for name, board in self.scoreboards.items()}
        raise AssertionError(f"timeout; words seen: {seen}")


def run_clock(clk):
    """Until the test ends; without Python, which would take a fifth of it."""
    Clock(clk, PERIOD_NS, unit="ns", impl="gpi").start()


async def start(dut):
    """Start the clock and reset for two cycles."""
    run_clock(dut.clk)
    dut.rst.value = 1
    await ClockCycles(dut.clk, 2)
    dut.rst.value = 0
    await RisingEdge(dut.clk)


def cycle():
    """Number of the present clock period."""
    return round(get_sim_time("ns") / PERIOD_NS)


def violated(check, expected, actual, **place):
    """Fail, with the check's name first: kv_write: layer 1, position 2, cycle 7: expected ..."""
    where = [f"{name.replace('_', ' ')} {value}" for name, value in place.items()]
    where = ", ".join([*where, f"cycle {cycle()}"])
    raise AssertionError(f"{check}: {where}: expected {expected}, got {actual}")

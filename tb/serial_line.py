"""The other end of a serial line: frames sent and heard, orders and answers as bytes."""

from bench import PERIOD_NS
from cocotb.triggers import FallingEdge, Timer

FRAME = 10
GREEDY = [(0, 2), (0, 2), (0, 4)]  # temperature, top-p and seed of an order
ENDS = 1 << 15  # in a word that ends an answer


def frame(byte, stop=1):
    """Levels of the line, a bit each."""
    return [0, *(byte >> i & 1 for i in range(8)), stop]


def number_bytes(number, words=1):
    return list(number.to_bytes(2 * words, "little"))


def order_bytes(numbers, prompt):
    """numbers: (value, words) of an order's fields."""
    fields = [byte for number in numbers for byte in number_bytes(*number)]
    return [*fields, *(byte for token in prompt for byte in number_bytes(token))]


def words_of(data):
    """The words of an answer, without one of which half has come."""
    return [low | high << 8 for low, high in zip(data[::2], data[1::2], strict=False)]


class Line:
    """A net and the length of its bits, `off` the nominal one by a factor near 1."""

    def __init__(self, net, divisor, off=1.0):
        self.net, self.bit_ps = net, divisor * PERIOD_NS * 1000 * off

    def bits(self, count):
        """A wait of so many bits."""
        return Timer(max(round(count * self.bit_ps), 1), unit="ps")

    async def levels(self, levels):
        for level in levels:
            self.net.value = level
            await self.bits(1)

    async def send(self, data):
        for byte in data:
            await self.levels(frame(byte))

    async def hold(self, level, count):
        self.net.value = level
        await self.bits(count)
        self.net.value = 1

    async def hear(self, heard):
        """Add the line's bytes to the list `heard`, for ever."""
        while True:
            await FallingEdge(self.net)
            await self.bits(0.5)
            levels = []
            for _ in range(FRAME - 1):
                await self.bits(1)
                levels.append(int(self.net.value))
            assert levels[-1] == 1, f"byte {len(heard)} has no stop bit"
            heard.append(sum(level << i for i, level in enumerate(levels[:-1])))

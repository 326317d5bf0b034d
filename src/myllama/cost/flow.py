"""Cycles in which words move through the decoder's streams, from latencies alone.

Every block here has take(cycle): a word is offered from that cycle on; it returns the cycle of
the word's transfer. Words come in order, each offered after the transfer of the one before. A
block that cannot stall any more has passed a word on when take returns.
"""


class Sink:
    """Takes every word at once.

    last  cycle of the last transfer
    """

    def __init__(self):
        self.last = 0

    def take(self, cycle):
        self.last = cycle
        return cycle


class Gate:
    """Lets nothing pass before the cycle `opens`."""

    def __init__(self, opens, sink):
        self._opens, self._sink = opens, sink

    def take(self, cycle):
        return self._sink.take(max(cycle, self._opens))


class Pipe:
    """A pipeline that stops as a whole while a word waits at its end, and takes none then."""

    def __init__(self, latency, sink):
        self._latency, self._sink = latency, sink
        self._stops = []  # (first cycle, the cycle after the last), those of the words inside

    def take(self, cycle):
        entered = self._enter(cycle)
        self._leave(entered, self._latency)
        return entered

    def _enter(self, cycle):
        for first, after in self._stops:
            if first <= cycle < after:
                cycle = after
        self._stops = [stop for stop in self._stops if stop[0] >= cycle]
        return cycle

    def _leave(self, entered, latency):
        there = entered + latency
        there += sum(after - first for first, after in self._stops if first >= entered)
        left = self._sink.take(there)
        if left > there:
            self._stops.append((there, left))


class Sliced(Pipe):
    """A pipeline with a rtl.slice as its last stage: all of it stops while the slice is full."""

    def __init__(self, latency, sink):
        super().__init__(latency, sink)
        self._left = 0

    def _leave(self, entered, latency):
        taken = entered + latency - 1
        taken += sum(after - first for first, after in self._stops if first >= entered)
        if self._left > taken:
            self._stops.append((taken + 1, self._left + 1))
        self._left = self._sink.take(max(taken, self._left) + 1)


class Pairs(Sliced):
    """A Sliced that starts with the second word of a pair and gives two, one after the other."""

    _second = False

    def take(self, cycle):
        entered = self._enter(cycle)
        if self._second:
            self._leave(entered, self._latency)
            self._leave(entered, self._latency + 1)
        self._second = not self._second
        return entered


class Joined(Pipe):
    """A Pipe that makes one word of each pair."""

    _second = False

    def take(self, cycle):
        entered = self._enter(cycle)
        if self._second:
            self._leave(entered, self._latency)
        self._second = not self._second
        return entered


class Parted:
    """The first `count` words to one block, the others to another."""

    def __init__(self, count, head, tail):
        self._left, self._head, self._tail = count, head, tail

    def take(self, cycle):
        if self._left:
            self._left -= 1
            return self._head.take(cycle)
        return self._tail.take(cycle)


class Banks:
    """Two banks of `size` words in turn: one fills while the other drains.

    drains   cycles that a full bank takes to drain
    padding  {number of a bank: cycles in which nothing drains after it}
    ends     [banks] the last cycle of each one's draining, with the padding
    """

    def __init__(self, size, drains, padding):
        self._size, self._drains, self._padding = size, drains, padding
        self._count, self._free = 0, [0, 0]  # the cycle from which a bank takes words
        self.ends = []

    def take(self, cycle):
        bank, word = divmod(self._count, self._size)
        self._count += 1
        taken = max(cycle, self._free[bank % 2])
        if word == self._size - 1:
            begins = max(taken, self.ends[-1] if self.ends else 0) + 1
            self._free[bank % 2] = begins + self._drains
            self.ends.append(begins + self._drains - 1 + self._padding.get(bank, 0))
        return taken


def through_fifo(first, rows, words, to_place, to_leave, depth, freed, sink):
    """Cycles in which `rows` results of `words` words each start, and leave.

    first     cycle of the first word, if there is a place
    to_place  cycles from a result's last word to its push
    to_leave  cycles from its push until it is offered
    depth     places; one is reserved with a result's first word
    freed     cycles from a result's transfer until its place can be
    Returns the cycle of the last word and that of the last result's transfer.
    """
    now, left, leaves = first, 0, []
    for row in range(rows):
        if row >= depth:
            now = max(now, leaves[row - depth] + freed)
        last = now + words - 1
        left = sink.take(max(last + to_place + to_leave, left + 1))
        leaves.append(left)
        now = last + 1
    return last, left

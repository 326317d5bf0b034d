"""How far a story goes, and what it took."""

import time

BOS = 1


def positions(steps, seq_len):
    """How many positions `-n steps` means: all of them for 0, a negative or too large number."""
    return steps if 0 < steps <= seq_len else seq_len


class Statistics:
    """What a run took. An engine without a clock has no `cycles`."""

    def __init__(self, engine):
        self._engine = engine
        self._start = self._first = self._end = time.perf_counter()
        self.tokens = 0

    def count(self):
        """A position is done."""
        self.tokens += 1
        if self.tokens == 1:
            self._first = time.perf_counter()

    def stop(self):
        self._end = time.perf_counter()

    @property
    def rate(self):
        """Tokens per second, or None; llama2.c times from the first token on, so it needs two."""
        if self.tokens > 1 and self._end > self._first:
            return (self.tokens - 1) / (self._end - self._first)
        return None

    def lines(self):
        """The report, one figure per line."""
        yield f"tokens: {self.tokens}"
        cycles = getattr(self._engine, "cycles", None)
        if cycles is not None and self.tokens:
            yield f"cycles per token: {cycles / self.tokens:.1f}"
            if self._end > self._start:
                rate = cycles / (self._end - self._start)
                yield f"simulated cycles per second: {rate:.0f}"
        if self.rate is not None:
            yield f"achieved tok/s: {self.rate:.6f}"

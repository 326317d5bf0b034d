"""Cycles of a token by formula: the shape, the lanes, and the latencies that the blocks state.

No figure here is measured. The words of a command are followed through the streams behind the
engine (flow.py), and the sequencer's steps are taken as it takes them. A step of the sequencer
takes a cycle: what it sees in one cycle it offers as a command in the next.
"""

from dataclasses import dataclass
from functools import cache

from ..rtl import (
    fifo,
    issue,
    kv_cache,
    place,
    requantize,
    residual,
    rmsnorm,
    rope,
    rope_table,
    sampler,
    softmax,
    swiglu,
)
from ..rtl.issue import Stages
from . import flow
from .stages import Cost, products

STEP = 1


@dataclass(frozen=True)
class Ran:
    """A matrix in the engine, in cycles from that in which its command was taken.

    words  that enter it
    last   the last of them
    free   when it takes another command
    given  the last transfer of the vector that it makes
    stored  of QKV: the last words of K, and of V, are in the cache
    """

    words: int
    last: int
    free: int
    given: int
    stored: tuple


# Whatever the position, a matrix waits for the same few things, and nothing else moves it.
@cache
def run(geometry, stage, norm=0, table=0):
    """The Ran of a stage whose rows wait until the cycle `norm`, then until RoPE's `table`."""
    g, c = geometry, geometry.config
    given, banks = flow.Sink(), None
    rows, words, behind = c.dim, g.words(c.dim), flow.Pipe(residual.LATENCY, given)
    if stage == "embedding":
        words = g.ways  # an element a cycle, of which `ways` make a transfer
    elif stage == "QKV":
        rows += 2 * c.kv_dim
        span = g.parts * g.kv_chan // g.ways
        padding = (g.kv_groups * g.kv_per_group - c.n_kv_heads) * span
        last_heads = c.n_kv_heads - 1, 2 * c.n_kv_heads - 1
        banks = flow.Banks(c.head_dim // g.ways, span, dict.fromkeys(last_heads, padding))
        parted = flow.Parted(c.dim // g.ways, given, banks)
        turned = (flow.Pairs if g.ways == 1 else flow.Sliced)(rope.INSIDE, parted)
        behind = flow.Sliced(rope.ENTRANCE, flow.Gate(table, turned))
    elif stage == "Wo":
        words = g.attention_words
    elif stage == "W1/W3":
        rows = 2 * c.hidden_dim
        behind = (flow.Joined if g.ways == 1 else flow.Pipe)(swiglu.latency(g.ways), given)
    elif stage == "W2":
        words = g.words(c.hidden_dim)
    elif stage == "classifier":
        rows, behind = c.vocab_size, given
    to_norm = requantize.row_latency(g.profile.scale_width)
    sink = flow.Gate(norm, flow.Sliced(requantize.NORM_LATENCY, behind))
    sink = flow.Pipe(to_norm, sink)
    rows, stages = g.transfers(rows), Stages(g)
    to_push = 1 + stages.root + 1
    first = issue.LATENCY - 1
    queue = fifo.LATENCY, stages.places, fifo.FREED
    last, left = flow.through_fifo(first, rows, words, to_push, *queue, sink)
    stored = tuple(banks.ends[head] + kv_cache.LATENCY for head in last_heads) if banks else ()
    free = freed(last, stages.count + 1, left + fifo.FREED)
    return Ran(rows * words, last, free, given.last, stored)


def freed(last, inside, emptied):
    """The next command's cycle: `inside` cycles after the last word, and results gone."""
    return max(last + inside, emptied) + issue.TURNAROUND


class Token:
    """Walk of one token at position `pos`; cycle 0 emits the token before it.

    The classifier runs, as it does unless the prompt forces the next token.
    cost  Cost
    """

    def __init__(self, geometry, pos):
        self._g, self._pos, self.cost = geometry, pos, Cost()
        self._stages = Stages(geometry)
        self._now, self._stage = 0, "embedding"
        c = geometry.config
        looked_up = STEP + (pos == 0) * self._start()
        accepted = looked_up + STEP
        self._table = accepted + rope_table.fill_cycles(c.head_dim)
        self._x = 0  # the last transfer of the residual vector
        accepted = self._residual(accepted)
        for _ in range(c.n_layers):
            accepted = self._attention(accepted)
            accepted = self._feed_forward(accepted)
        self._classify(accepted)

    def _start(self):
        """Cycles from a story's start to the end of its first token's reading."""
        return 5 * STEP

    def _enter(self, stage, cycle):
        """`cycle` is the last one of the stage before."""
        self.cost.cycles[self._stage] += cycle - self._now
        self._now, self._stage = cycle, stage

    def _count(self, words, share=1):
        self.cost.words[self._stage] += words
        self.cost.products[self._stage] += products(self._g, self._stage) * share

    def _run(self, accepted, **waits):
        """The Ran of this stage's matrix; it waits until the given cycles."""
        since = {name: max(cycle - accepted, 0) for name, cycle in waits.items()}
        ran = run(self._g, self._stage, **since)
        self._count(ran.words)
        return ran

    def _normed(self):
        """The first cycle in which rows take the norm of the residual vector."""
        latency = rmsnorm.latency(self._g.profile.residual_width, self._g.config.dim)
        return self._x + latency + requantize.NORM_DELAY

    def _after(self, accepted, ran):
        """The next command's cycle: the vector is written and the engine is free."""
        return accepted + max(ran.given + place.LATENCY + STEP, ran.free)

    def _residual(self, accepted):
        """A matrix that is added to the residual vector; returns the next command's cycle."""
        ran = self._run(accepted)
        self._x = accepted + ran.given
        return self._after(accepted, ran)

    # The stages of a layer, from the cycle of their first command to that of the next one.

    def _attention(self, accepted):
        self._enter("QKV", accepted)
        ran = self._run(accepted, norm=self._normed(), table=self._table)
        written_k, written_v = (accepted + cycle for cycle in ran.stored)
        accepted = max(written_k + STEP, accepted + ran.free)
        for _ in range(self._g.groups):
            accepted = self._group(accepted, written_v + STEP)
        self._enter("Wo", accepted)
        return self._residual(accepted)

    def _group(self, accepted, values_written):
        """Scores and values of a group of heads; when the engine is free again."""
        g, stages, attended = self._g, self._stages, self._pos + 1
        words = g.transfers(attended)
        self._enter("scores", accepted)
        last = accepted + issue.LATENCY - 1 + words * g.parts - 1
        self._count(words * g.parts, attended / g.groups)
        scored = last + 1 + stages.scored + fifo.LATENCY
        free = freed(last, stages.count + 1, scored + fifo.FREED)
        weight = scored + softmax.latency(g.slots, g.ways)
        for _ in range(g.parts):
            accepted = max(free, values_written)
            self._enter("softmax", accepted)
            first = max(weight, accepted + issue.LATENCY - 1)
            self._enter("values", first - 1)
            self._count(words, attended / (g.groups * g.parts))
            weight = first + words
            # The last stage in which a word is seen, then none.
            free = freed(weight - 1, 1 + stages.captured + 1, 0)
        return free

    def _feed_forward(self, accepted):
        self._enter("W1/W3", accepted)
        accepted = self._after(accepted, self._run(accepted, norm=self._normed()))
        self._enter("W2", accepted)
        return self._residual(accepted)

    def _classify(self, accepted):
        self._enter("classifier", accepted)
        ran = self._run(accepted, norm=self._normed())
        self._enter("choice", accepted + ran.last)
        # It is looked at in a step, and emitted in the next one.
        self._enter(None, accepted + ran.given + sampler.latency(self._g.ways) + 2 * STEP)


def token(geometry, pos):
    """Cost of the token at position `pos`, from the token before it, or from start."""
    return Token(geometry, pos).cost

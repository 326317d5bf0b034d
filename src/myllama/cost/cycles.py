"""Cycles of a token by formula: the shape, the lanes, and the latencies that the blocks state.

No figure here is measured. The words of a command are followed through the streams behind the
engine (flow.py), and the sequencer's steps are taken as it takes them. A step of the sequencer
takes a cycle: what it sees in one cycle it offers as a command in the next.
"""

from dataclasses import dataclass

from ..rtl import (
    argmax,
    fifo,
    issue,
    kv_cache,
    place,
    requantize,
    residual,
    rmsnorm,
    rope,
    rope_table,
    softmax,
    swiglu,
)
from ..rtl.issue import Stages
from . import flow
from .stages import Cost, products

STEP = 1


@dataclass
class Ran:
    """A command that the engine took: its first and its last word, and when it takes another."""

    first: int
    last: int
    free: int


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
        x = flow.Sink()
        # An element a cycle, of which `ways` make a transfer.
        ran = self._rows(accepted, c.dim, geometry.ways, self._scaled(self._residual(x)))
        for _ in range(c.n_layers):
            ran = self._attention(self._after(x, ran), x)
            ran = self._feed_forward(self._after(x, ran), x)
        self._classify(self._after(x, ran), x)

    def _start(self):
        """Cycles from a story's start to the end of its first token's reading."""
        return 2 * STEP

    def _enter(self, stage, cycle):
        """`cycle` is the last one of the stage before."""
        self.cost.cycles[self._stage] += cycle - self._now
        self._now, self._stage = cycle, stage

    def _count(self, words, share=1):
        self.cost.words[self._stage] += words
        self.cost.products[self._stage] += products(self._g, self._stage) * share

    # The engine, and what takes its rows.

    def _rows(self, accepted, rows, words, sink):
        """EMBED or MATVEC: `rows` elements, `words` words a transfer of them."""
        rows = self._g.transfers(rows)
        first = accepted + issue.LATENCY - 1
        to_push = 1 + self._stages.root + 1
        last, left = flow.through_fifo(
            first, rows, words, to_push, fifo.LATENCY, self._stages.places, sink
        )
        self._count(rows * words)
        return Ran(first, last, self._free(last, self._stages.count + 1, left + 1))

    def _free(self, last, inside, emptied):
        """The next command's cycle: `inside` cycles after the last word, and results gone."""
        return max(last + inside, emptied) + issue.TURNAROUND

    def _scaled(self, sink, opens=0):
        """The row's scale, and from the cycle `opens` on the norm."""
        width = self._g.profile.scale_width
        row = requantize.latency(width) - requantize.NORM_LATENCY
        return flow.Pipe(row, flow.Gate(opens, flow.Pipe(requantize.NORM_LATENCY, sink)))

    def _residual(self, x):
        return flow.Pipe(residual.LATENCY, x)

    def _normed(self, x, sink):
        """Rows that wait for the norm of the vector that came to `x`."""
        width, dim = self._g.profile.residual_width, self._g.config.dim
        return self._scaled(sink, x.last + rmsnorm.latency(width, dim))

    def _after(self, vector, ran):
        """The next command's cycle: the vector is written and the engine is free."""
        return max(vector.last + place.LATENCY + STEP, ran.free)

    # The stages of a layer.

    def _attention(self, accepted, x):
        g, c = self._g, self._g.config
        self._enter("QKV", accepted)
        span = g.parts * g.kv_chan // g.ways
        padding = (g.kv_groups * g.kv_per_group - c.n_kv_heads) * span
        last_heads = c.n_kv_heads - 1, 2 * c.n_kv_heads - 1
        heads = flow.Banks(c.head_dim // g.ways, span, dict.fromkeys(last_heads, padding))
        parted = flow.Parted(c.dim // g.ways, flow.Sink(), heads)
        turned = (flow.Pairs if g.ways == 1 else flow.Pipe)(rope.LATENCY, parted)
        sink = self._normed(x, flow.Gate(self._table, turned))
        ran = self._rows(accepted, c.dim + 2 * c.kv_dim, g.words(c.dim), sink)
        written_k, written_v = (heads.ends[head] + kv_cache.LATENCY for head in last_heads)
        accepted = max(written_k + STEP, ran.free)
        for _ in range(g.groups):
            accepted = self._group(accepted, written_v + STEP)
        self._enter("Wo", accepted)
        x_sink = self._scaled(self._residual(x))
        return self._rows(accepted, c.dim, g.attention_words, x_sink)

    def _group(self, accepted, values_written):
        """Scores and values of a group of heads; when the engine is free again."""
        g, stages, attended = self._g, self._stages, self._pos + 1
        words = g.transfers(attended)
        self._enter("scores", accepted)
        last = accepted + issue.LATENCY - 1 + words * g.parts - 1
        self._count(words * g.parts, attended / g.groups)
        scored = last + 1 + stages.scored + fifo.LATENCY
        free = self._free(last, stages.count + 1, scored + 1)
        weight = scored + softmax.latency(g.slots, g.ways)
        for _ in range(g.parts):
            accepted = max(free, values_written)
            self._enter("softmax", accepted)
            first = max(weight, accepted + issue.LATENCY - 1)
            self._enter("values", first - 1)
            self._count(words, attended / (g.groups * g.parts))
            weight = first + words
            # The last stage in which a word is seen, then none.
            free = self._free(weight - 1, 1 + stages.captured + 1, 0)
        return free

    def _feed_forward(self, accepted, x):
        g, c = self._g, self._g.config
        self._enter("W1/W3", accepted)
        z = flow.Sink()
        pairs = flow.Joined if g.ways == 1 else flow.Pipe
        sink = self._normed(x, pairs(swiglu.latency(g.ways), z))
        ran = self._rows(accepted, 2 * c.hidden_dim, g.words(c.dim), sink)
        accepted = self._after(z, ran)
        self._enter("W2", accepted)
        sink = self._scaled(self._residual(x))
        return self._rows(accepted, c.dim, g.words(c.hidden_dim), sink)

    def _classify(self, accepted, x):
        c = self._g.config
        self._enter("classifier", accepted)
        logits = flow.Sink()
        sink = self._normed(x, logits)
        ran = self._rows(accepted, c.vocab_size, self._g.words(c.dim), sink)
        self._enter("choice", ran.last)
        self._enter(None, logits.last + argmax.LATENCY + STEP)


def token(geometry, pos):
    """Cost of the token at position `pos`, from the token before it, or from start."""
    return Token(geometry, pos).cost

"""Probes of the heads inside a decoder: whose keys and values each sees, and that all end.

kv_head         each query head multiplies the channels of its own kv head
concat          a head's output is the model's
attention_done  Wo reads a head's output when that head has written it, not before
act_read_early  a word of activations is read when nothing is on its way into it, not before
"""

from collections import deque
from itertools import product

from bench import HIGH, cycle, violated
from kv_asks import Asks
from kv_probes import number, signed_fields

from myllama.rtl.command import KvRead


class AttentionProbes:
    """Looks at the engine's lanes and its act memory at every rising edge.

    expected  Expected: of its members, concat and rows
    """

    def __init__(self, dut, geometry, expected):
        self.dut, self.geometry, self.engine = dut, geometry, dut.dot_products
        self.rows, self.concat = expected.rows, expected.concat
        g = geometry
        self.written_kv, self.asks = dut.written_kv, Asks(dut, "kv")
        self.reads, self.captures = self.engine.read_act, self.engine.capture
        places = [(dut, f"{name}_") for name in ("x_place", "q_place", "z_place", "acts")]
        self.on_the_way = [
            *((getattr(at, f"{name}enable"), getattr(at, f"{name}word")) for at, name in places),
            (self.engine.act_we, self.engine.act_waddr),
        ]
        self.captured = False  # in the cycle before: now it is written
        self.words = [[] for _ in range(g.attention_words)]  # (lane, head, channel) of each
        for n, (word, lane) in enumerate(g.attention_places):
            self.words[word].append((lane, *divmod(n, g.config.head_dim)))
        words = range(len(self.words))
        self.outputs = deque((*place, word) for place in self.concat for word in words)
        self.operands = deque(
            (position, layer, value, group * g.parts + part, n)
            for position, layer in self.rows
            for group in range(g.groups)
            for value, part, n in self._operands(position)
        )
        self.lanes = [getattr(self.engine, f"multipliers_{i}").kv for i in range(g.lanes)]
        self.due = deque()
        self.ready = set()  # words written since the layer's keys and values were

    def _operands(self, position):
        times = range(self.geometry.transfers(position + 1))
        parts = range(self.geometry.parts)
        yield from ((0, part, n) for n in times for part in parts)
        yield from ((1, part, n) for part in parts for n in times)

    def look(self):
        if self.written_kv.value == HIGH:
            self.ready = set()
        if self.due and self.due[0] == cycle():
            self.due.popleft()
            self._operand()
        if self.asks.any():
            self.due.append(cycle() + KvRead.READ_LATENCY)
        if self.reads.value == HIGH:
            self._read()
        if self.captured:
            self._write()
        self.captured = self.captures.value == HIGH

    def _operand(self):
        """The lanes' other operand, which is registered at the end of this cycle."""
        if not self.operands:
            return
        position, layer, value, word, n = self.operands.popleft()
        g, width = self.geometry, self.geometry.profile.act_width
        for way, (lane, head, channel) in product(range(g.ways), self.words[word]):
            # Above an even position there is none: the present row stands in for it.
            t = min(n * g.ways + way, position)
            expected = int(self.rows[t, layer][value][head // g.config.kv_mul, channel])
            bits = self.lanes[way * g.columns + lane].value
            raw = number(bits)
            found = str(bits) if raw is None else signed_fields(raw, width, 1)[0]
            if found != expected:
                place = {"layer": layer, "head": head, "position": position, "t": t}
                violated("kv_head", expected, found, **place)

    def _word_at(self, address):
        """Attention word of an act address, or None."""
        word = int(address.value) - self.geometry.o_base
        return word if 0 <= word < len(self.words) else None

    def _write(self):
        word = self._word_at(self.engine.act_waddr)
        width, data = self.geometry.profile.act_width, self.dut.heads_data.value
        if not self.outputs:
            violated("concat", "no word", f"word {word}")
        position, layer, due = self.outputs.popleft()
        if word != due:
            violated("concat", f"word {due}", f"word {word}", layer=layer, position=position)
        raw = number(data)
        if raw is None:
            violated("concat", "known bits", data, layer=layer, position=position)
        lanes = signed_fields(raw, width, self.geometry.columns)
        for lane, head, channel in self.words[word]:
            expected = int(self.concat[position, layer][head, channel])
            if lanes[lane] != expected:
                place = {"layer": layer, "head": head, "position": position}
                violated("concat", expected, lanes[lane], **place)
        self.ready.add(word)

    def _read(self):
        address = self.engine.act_addr.value
        for enable, word in self.on_the_way:
            if enable.value != 0 and word.value == address:
                violated("act_read_early", "a word at rest", f"word {address} on its way")
        word = self._word_at(self.engine.act_addr)
        if word is None:
            return
        if word not in self.ready:
            position, layer, _ = self.outputs[0] if self.outputs else (None, None, None)
            place = {"layer": layer, "head": self.words[word][0][1], "position": position}
            violated("attention_done", "an output that is written", "one that is not", **place)

    def finish(self):
        if self.outputs:
            position, layer, word = self.outputs[0]
            head = self.words[word][0][1]
            place = {"layer": layer, "head": head, "position": position}
            violated("attention_done", "an output", "none", **place)

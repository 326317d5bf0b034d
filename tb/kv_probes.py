"""Probes of the KV cache inside a decoder: what is written, where, when, and what is read.

Each check has a name, which starts the message of its violation:

kv_write         a written word holds the keys or values that S1 computed for its heads
kv_write_place   ... at the address of its layer, word and position
kv_write_enable  ... once per token, and only when its elements have come
kv_done          written.k and written.kv rise when K, and K and V, of the layer are written
kv_read          a read returns what was last written there in this story
kv_read_place    ... the rows 0..pos of the layer's groups, in order
kv_read_above    ... and none above pos
kv_read_early    ... none that is not written yet
kv_bypass        row pos comes from the bypass, not from the memory, and is what was written
"""

from collections import deque

import numpy as np
from bench import HIGH, LOW, cycle, violated
from kv_asks import Asks, enables

from myllama.rtl.command import KvRead
from myllama.rtl.kv_pack import Packed

KINDS = "key", "value"


def number(bits):
    """Some bits as an unsigned number, or None where not all are known.

    is_resolvable says it, too, but bit by bit, and words are wide.
    """
    try:
        return int(bits)
    except ValueError:
        return None


def signed_fields(raw, width, count):
    """The lowest `count` fields of a word as signed numbers."""
    fields = [raw >> width * i & (1 << width) - 1 for i in range(count)]
    return [field - (field >> width - 1 << width) for field in fields]


class KvProbes:
    """Looks at the cache's ports at every rising edge.

    geometry  Geometry
    rows      {(position, layer): (keys, values)}, [n_kv_heads, head_dim] each, as stored,
              in the order of the story
    """

    def __init__(self, dut, geometry, rows):
        self.dut, self.geometry, self.rows = dut, geometry, rows
        g, profile = geometry, geometry.profile
        self.cache = dut.cache
        self.forms = Packed(profile.k_width, g), Packed(profile.v_width, g)
        self.words_in = self.cache.k_in, self.cache.v_in
        self.moves = dut.k_v_valid, dut.k_v_ready
        self.written_k, self.written_kv, self.asks = dut.written_k, dut.written_kv, Asks(dut, "kv")
        self.enables = self.cache.we_keys, self.cache.we_vals  # a bit per way
        self.stored = {}  # (value, way, address): what was last written there
        self.places = deque(rows)  # of which a write is still to come
        self.present = None  # (position, layer) whose rows are read
        self.elements, self.written = 0, []  # of places[0]
        self.reads = self._reads()
        self.next_read = next(self.reads, None)
        self.due = deque()

    def _reads(self):
        g = self.geometry
        for position, layer in self.rows:
            times = range(g.transfers(position + 1))
            for group in range(g.groups):
                first = group // g.groups_per_kv * g.parts
                parts = range(first, first + g.parts)
                yield from ((position, layer, 0, word, n) for n in times for word in parts)
                yield from ((position, layer, 1, word, n) for word in parts for n in times)

    def _row(self, address):
        """The layer, word and t // ways of an address."""
        above, row = divmod(address, self.geometry.kv_rows)
        return *divmod(above, self.geometry.kv_words), row

    def heads_of(self, word):
        return range(
            word // self.geometry.parts * self.geometry.kv_per_group,
            (word // self.geometry.parts + 1) * self.geometry.kv_per_group,
        )

    def padded(self, heads, head, word):
        """The channels of one head in a word; zeros beside the head and beyond the heads."""
        g = self.geometry
        channels = np.zeros(g.parts * g.kv_chan, int)
        if head < len(heads):
            channels[: heads.shape[1]] = heads[head]
        first = word % g.parts * g.kv_chan
        return channels[first : first + g.kv_chan].tolist()

    def _unpacked(self, raw, form):
        """A stored word's numbers, a list per head."""
        channels = form.channels // form.heads
        mantissas = signed_fields(raw, form.mantissa, form.channels)
        shifts = raw >> form.channels * form.mantissa
        found = []
        for head in range(form.heads):
            shift = shifts >> head * form.exponent & (1 << form.exponent) - 1
            mine = mantissas[head * channels : (head + 1) * channels]
            found.append([mantissa << shift for mantissa in mine])
        return found

    def look(self):
        # A word is written in the cycle after its last element went by, or later.
        for value, enable in enumerate(self.enables):
            if enable.value != 0:
                self._write(value, enable.value)
        if all(net.value == HIGH for net in self.moves):
            self.elements += self.geometry.ways
        if self.written_k.value != LOW:
            self._expect_written(self.geometry.kv_words)
        if self.written_kv.value != LOW:
            self._end()
        self._answer()
        if self.asks.any():
            self._request()

    def _write(self, value, enable):
        g = self.geometry
        address, raw = self.cache.waddr.value, self.words_in[value].value
        if not enable.is_resolvable:
            violated("kv_write_enable", "known bits", enable, kind=KINDS[value])
        way = int(enable).bit_length() - 1
        if not self.places:
            violated("kv_write_enable", "no write", f"address {address}", kind=KINDS[value])
        position, layer = self.places[0]
        place = {"kind": KINDS[value], "layer": layer, "position": position}
        n = len(self.written)
        due_value, word = divmod(n, g.kv_words)
        heads = self.heads_of(word)
        place["kv_head"] = heads[0]
        head = min(heads[-1] + 1, g.config.n_kv_heads)
        needed = (due_value * g.config.n_kv_heads + head) * g.config.head_dim
        # With parts, all of a head is there before its first word.
        if due_value > 1 or value != due_value or self.elements < needed:
            violated("kv_write_enable", f"{needed} elements", self.elements, **place)
        due_way, expected = g.kv_place(layer, word, position)
        if address != expected or int(enable) != 1 << due_way:
            found = address
            if address.is_resolvable:
                *above, row = self._row(int(address))
                found = *above, row * g.ways + way
            expected = layer, word, position
            violated("kv_write_place", f"layer, word, t {expected}", found, **place)
        if number(raw) is None:
            violated("kv_write", "known bits", raw, **place)
        vectors = self._unpacked(number(raw), self.forms[value])
        for head, vector in zip(heads, vectors, strict=True):
            expected = self.padded(self.rows[position, layer][value], head, word)
            if vector != expected:
                violated("kv_write", expected, vector, **place | {"kv_head": head})
        self.written.append(address)
        self.stored[value, way, int(address)] = cycle(), vectors

    def _expect_written(self, count):
        if not self.places or len(self.written) != count:
            position, layer = self.places[0] if self.places else self.present
            head = self.heads_of(len(self.written) % self.geometry.kv_words)[0]
            place = {"layer": layer, "kv_head": head, "position": position}
            violated("kv_done", f"{count} words", len(self.written), **place)

    def _end(self):
        self._expect_written(2 * self.geometry.kv_words)
        self.present = self.places.popleft()
        self.elements, self.written = 0, []

    def _request(self):
        dut = self.dut
        nets = dut.kv_value, dut.kv_addr, dut.kv_kv_word, *self.asks.nets.values()
        if not all(net.value.is_resolvable for net in nets):
            violated("kv_read_place", "known bits", [str(net.value) for net in nets])
        value, address, kv_word, *_ = (int(net.value) for net in nets)
        g, row = self.geometry, self._row(address)
        row = *row[:2], row[2] * g.ways
        if not self.next_read:
            violated("kv_read_place", "no read", f"layer, word, t {row}", kind=KINDS[value])
        position, layer, due_value, word, n = self.next_read
        t = n * g.ways
        place = {"kind": KINDS[value], "layer": layer, "kv_head": self.heads_of(word)[0]}
        place |= {"position": position, "t": row[2]}
        if row[2] > position:
            violated("kv_read_above", f"rows to {position}", f"row {row[2]}", **place)
        expected = due_value, layer, word, t
        if (value, *row) != expected or kv_word != word:
            found = *(value, *row), kv_word
            violated("kv_read_place", f"V, layer, word, t {expected}", found, **place)
        expected = enables(g.ways, position % 2, value, int(position - t < g.ways))
        if self.asks.fields() != expected:
            violated("kv_bypass", expected, self.asks.fields(), **place)
        asked = []
        for way in range(g.ways):
            # Above an even position there is none: the present row stands in for it.
            at = g.kv_place(layer, word, min(t + way, position))
            when, vectors = self.stored.get((value, *at), (cycle(), None))
            if when == cycle():
                violated("kv_read_early", "a written row", "one that is not", **place)
            asked.append((vectors, t + way >= position, place | {"t": t + way}))
        self.due.append((cycle() + KvRead.READ_LATENCY, word, asked))
        self.next_read = next(self.reads, None)

    def _answer(self):
        if not self.due or self.due[0][0] != cycle():
            return
        g = self.geometry
        _, word, asked = self.due.popleft()
        data, width = self.dut.kv_data.value, g.profile.act_width
        words = number(data)
        for way, (vectors, fresh, place) in enumerate(asked):
            check = "kv_bypass" if fresh else "kv_read"
            if words is None:
                violated(check, vectors, data, **place)
            flat = signed_fields(words >> way * g.kv_width, width, g.kv_width // width)
            for i, (head, vector) in enumerate(zip(self.heads_of(word), vectors, strict=True)):
                found = flat[i * g.kv_chan : (i + 1) * g.kv_chan]
                if found != vector:
                    violated(check, vector, found, **place | {"kv_head": head})

    def finish(self):
        """At the story's end: nothing is missing."""
        if self.places:
            position, layer = self.places[0]
            violated("kv_write_enable", "a write", "none", layer=layer, position=position)
        if self.next_read:
            position, layer, value, word, n = self.next_read
            place = {"kind": KINDS[value], "layer": layer, "kv_head": self.heads_of(word)[0]}
            violated(
                "kv_read_place",
                f"row {n * self.geometry.ways}",
                "no read",
                **place,
                position=position,
            )

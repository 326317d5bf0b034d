"""layout: the memory contents unpack to the image they came from."""

import time

import numpy as np
import pytest
from shapes import SHAPES, random_image

from myllama.config import PROFILES, ModelConfig
from myllama.layout import Layout


def unpack(word, lanes, width):
    """The signed elements of one word."""
    elements = [word >> width * lane & (1 << width) - 1 for lane in range(lanes)]
    return [e - (e >> width - 1 << width) for e in elements]


class Reader:
    """Takes matrices back out, in order."""

    def __init__(self, layout):
        self.layout, self.word, self.row = layout, 0, 0

    def matrix(self, rows, places):
        """Elements [rows, columns] whose (word, lane) in a row are `places`, and the entries."""
        lo, count = self.layout, 1 + max(word for word, _ in places)
        values, entries = [], []
        for _ in range(0, rows, lo.ways):
            words = lo.weights[self.word : self.word + count]
            lanes = [unpack(word, lo.lanes, lo.profile.weight_width) for word in words]
            for way in range(lo.ways):
                flat = [word[way * lo.columns : (way + 1) * lo.columns] for word in lanes]
                values.append([flat[word][lane] for word, lane in places])
                used = set(places)
                rest = [
                    flat[w][lane]
                    for w in range(count)
                    for lane in range(lo.columns)
                    if (w, lane) not in used
                ]
                assert not any(rest), "padding is not zero"
                entries.append(lo.rows[self.row] >> way * lo.row_width & (1 << lo.row_width) - 1)
            self.word += count
            self.row += 1
        assert not any(map(any, values[rows:])), "a row of padding is not zero"
        return np.array(values[:rows]), np.array(entries[:rows])

    def check(self, matrix, words, scale, shift, places=None):
        plain = [divmod(column, self.layout.columns) for column in range(words.shape[1])]
        values, entries = self.matrix(len(words), places or plain)
        assert np.array_equal(values, words), matrix
        assert np.array_equal(entries & 63, shift), matrix
        expected = scale if self.layout.profile.scale_width else 0
        assert np.array_equal(entries >> 6, np.broadcast_to(expected, shift.shape)), matrix


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("lanes", [4, 8, 16, 64, 128])
@pytest.mark.parametrize("shape", SHAPES)
def test_unpacks_to_the_image(shape, lanes, profile):
    image = random_image(SHAPES[shape], PROFILES[profile])
    layout = Layout(image, lanes)
    reader = Reader(layout)
    for layer in range(image.config.n_layers):
        for name in ("qkv", "wo", "w13", "w2"):
            m = getattr(image, name)
            places = layout.attention_places if name == "wo" else None
            if name == "wo":  # the last words may hold nothing but padding heads
                assert max(places)[0] == layout.attention_words - 1
            reader.check(name, m.words[layer], m.scale[layer], m.shift[layer], places)
    assert (reader.word, reader.row) == (layout.classifier_word, layout.classifier_row)
    m = image.classifier
    reader.check("classifier", m.words, m.scale, m.shift)
    if image.embedding is not None:
        assert (reader.word, reader.row) == (layout.table_word, layout.table_row)
        m = image.embedding
        reader.check("embedding", m.words, m.scale, m.shift)
    else:
        assert layout.table_word == layout.classifier_word
        assert layout.table_row == layout.classifier_row
    assert (reader.word, reader.row) == (len(layout.weights), len(layout.rows))
    gains = [unpack(word, 1, 16)[0] for word in layout.gains]
    assert gains == image.gains.reshape(-1).tolist()


@pytest.mark.parametrize("lanes", [4, 8, 16, 64, 128])
@pytest.mark.parametrize("shape", SHAPES)
def test_attention_words_hold_every_channel_once(shape, lanes):
    image = random_image(SHAPES[shape], PROFILES["exact"])
    layout, c = Layout(image, lanes), image.config
    places = layout.attention_places
    assert len(places) == len(set(places)) == c.dim
    assert layout.slots * layout.head_lanes <= layout.columns
    for index, (word, lane) in enumerate(places):
        head, channel = divmod(index, c.head_dim)
        slot, within = divmod(lane, layout.head_lanes)
        group, part = divmod(word, layout.parts)
        kv_group, kv = group // layout.groups_per_kv, slot // layout.q_per_kv
        assert kv_group * layout.kv_per_group + kv == head // c.kv_mul, "wrong K and V"
        assert part * layout.columns + within == channel
    assert layout.act_depth == layout.z_base + -(-c.hidden_dim // layout.columns)


def test_architecture_examples():
    """15M: 48 channels in 64 lanes. 260K: eight heads of four kv heads in one word."""
    layout = Layout(random_image(SHAPES["260K"], PROFILES["compact"]), 64)
    assert (layout.slots, layout.q_per_kv, layout.kv_per_group, layout.kv_words) == (8, 2, 4, 1)


def test_rows_share_words_where_one_would_leave_half_the_lanes_idle():
    image = random_image(SHAPES["260K"], PROFILES["compact"])
    one, two = Layout(image, 64), Layout(image, 128)
    assert (one.ways, one.columns, two.ways, two.columns) == (1, 64, 2, 64)
    assert (len(two.weights), len(two.rows)) == (len(one.weights) // 2, len(one.rows) // 2)
    # 18 elements are more than half of 32; an odd table of 11 rows is six words of two.
    image = random_image(SHAPES["three"], PROFILES["compact"])
    assert Layout(image, 32).ways == 1
    wide = Layout(image, 64)
    assert wide.ways == 2
    assert len(wide.weights) - wide.table_word == 6


def test_fifteen_million_parameters_take_seconds():
    config = ModelConfig(288, 768, 6, 6, 6, 32000, 256, True)
    image = random_image(config, PROFILES["compact"])
    start = time.monotonic()
    layout = Layout(image, 64)
    assert time.monotonic() - start < 60
    assert len(layout.weights) == 6 * (864 * 5 + 288 * 6 + 1536 * 5 + 288 * 12) + 32000 * 5

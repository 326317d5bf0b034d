"""rtl.sequencer and rtl.place."""

import json

import pytest
from myhdl import ResetSignal
from shapes import SHAPES

from myllama.config import PROFILES
from myllama.geometry import Geometry
from myllama.hdl.convert import convert
from myllama.rtl.command import EMBED, MATVEC, SCORES, VALUES, ActWrite, Command
from myllama.rtl.place import place
from myllama.rtl.plan import Plan, places
from myllama.rtl.progress import Progress, Written
from myllama.rtl.sequencer import POSITION_RANGE, TOKEN_RANGE, sequencer
from myllama.rtl.stream import Stream, VectorStream, bits, flag

LANES = 8
# prompt, what the classifier chooses, steps
STORIES = {
    "prompt": ([1, 5, 3], [7, 2, 8], 5),
    "cut": ([1, 5, 3, 4], [], 2),
    "ends": ([1, 5], [6, 1], 5),
    "nothing": ([1], [], 0),
    "range": ([1, 63], [], 3),
    "full": ([1], [4] * 40, 33),
}


def geometry(shape):
    return Geometry(SHAPES[shape], PROFILES["exact"], LANES)


def vectors(g):
    """(word, lane) of every element of x, q and z, and of an odd vector."""

    def plain(base, count):
        return [(base + i // g.columns, i % g.columns) for i in range(count)]

    q = [(g.q_base + word, lane) for word, lane in g.attention_places]
    found = {"x": plain(0, g.config.dim), "q": q, "z": plain(g.z_base, g.config.hidden_dim)}
    return found | {"odd": plain(g.z_base, g.config.hidden_dim - 1)}


def story_of(g, prompt, chosen, steps):
    """(token in, token out or None, whether it was chosen) per position, and the status."""
    walk, chosen = [], [*chosen]
    token = prompt[0]
    for pos in range(steps):
        if pos == g.config.seq_len:
            return walk, POSITION_RANGE
        if token >= g.config.vocab_size:
            return walk, TOKEN_RANGE
        forced = pos + 1 < len(prompt)
        following = prompt[pos + 1] if forced else chosen.pop(0)
        walk.append((token, following, not forced))
        token = following
        if token == 1:
            break
    return walk, 0


def commands(g, prompt, chosen, steps):
    """The commands of a story, its tokens and its status."""
    c, found = g.config, []
    walk, status = story_of(g, prompt, chosen, steps)
    table = places(g)["embedding"]
    for token, _, classified in walk:
        x_words = g.words(c.dim)
        at = token // g.ways
        entry = {"weight_addr": table[0] + at * x_words, "row_addr": table[1] + at}
        found.append({"mode": EMBED, "rows": g.transfers(c.dim), **entry})
        weight = row = 0

        def matvec(base, words, rows):
            nonlocal weight, row
            rows = g.transfers(rows)
            fields = {"act_base": base, "words": words, "rows": rows}
            found.append({"mode": MATVEC, "weight_addr": weight, "row_addr": row, **fields})
            weight, row = weight + rows * words, row + rows

        for layer in range(c.n_layers):
            matvec(0, x_words, c.dim + 2 * c.kv_dim)
            for group in range(g.groups):
                kv_word = group // g.groups_per_kv * g.parts
                first = group * g.parts
                for part in range(-1, g.parts):
                    base = g.q_base + first if part < 0 else g.o_base + first + part
                    addr = (layer * g.kv_words + kv_word + max(part, 0)) * g.kv_rows
                    mode = SCORES if part < 0 else VALUES
                    fields = {"mode": mode, "act_base": base, "kv_addr": addr}
                    fields["kv_word"] = kv_word + max(part, 0)
                    found.append(fields)
            matvec(g.o_base, g.attention_words, c.dim)
            matvec(0, x_words, 2 * c.hidden_dim)
            matvec(g.z_base, g.words(c.hidden_dim), c.dim)
        if classified:
            matvec(0, x_words, c.vocab_size)
    return found, [following for _, following, _ in walk], status


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("story", STORIES)
def test_sequencer(hdl, tmp_path, shape, story):
    g = geometry(shape)
    if story in ("full", "range") and shape == "260K":
        pytest.skip("33 positions do not fill it, and every token its port can carry is in range")
    rst = ResetSignal(0, active=1, isasync=False)
    token = (g.config.vocab_size - 1).bit_length()
    count = (g.config.seq_len + 1).bit_length()
    end = places(g)["end"]
    dut = sequencer(
        flag(),
        rst,
        flag(),
        bits(count),
        bits(count),
        Stream(token, signed=False),
        Stream(token, signed=False),
        Written(),
        Command(g, *end),
        Progress(g),
        Stream(token, signed=False),
        flag(),
        flag(),
        bits(2),
        Plan(g),
        g,
    )
    files = convert(dut, tmp_path, "sequencer")
    prompt, chosen, steps = STORIES[story]
    # Within the shape's vocabulary, but for the one that shall not be.
    top = min((1 << token) - 1, 63)
    prompt = [min(word, top) if word == 63 else word for word in prompt]
    steps = min(steps, g.config.seq_len + 1)
    env = {"SHAPE": shape, "STORY": json.dumps([prompt, chosen, steps])}
    hdl("sequencer", files, "cocotb_control", "commands_follow_the_story", env)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("vector", ["x", "q", "z", "odd"])
@pytest.mark.parametrize("ways", [1, 2])
def test_place(hdl, tmp_path, shape, ways, vector):
    g = geometry(shape)
    c = g.config
    base, count, head_dim, head_lanes, slots = {
        "x": (0, c.dim, c.dim, g.columns, 1),
        "q": (g.q_base, c.dim, c.head_dim, g.head_lanes, g.slots),
        "z": (g.z_base, c.hidden_dim, c.hidden_dim, g.columns, 1),
        "odd": (g.z_base, c.hidden_dim - 1, c.hidden_dim - 1, g.columns, 1),
    }[vector]
    rst, width = ResetSignal(0, active=1, isasync=False), g.profile.act_width
    ports = flag(), rst, VectorStream(width, ways), ActWrite(g, ways), flag()
    dut = place(*ports, base, count, head_dim, head_lanes, slots, g.columns)
    files = convert(dut, tmp_path, "place")
    env = {"SHAPE": shape, "VECTOR": vector, "WAYS": ways}
    hdl("place", files, "cocotb_control", "every_element_has_its_place", env)

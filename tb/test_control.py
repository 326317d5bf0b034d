"""rtl.sequencer and rtl.place."""

import json
from itertools import product

import pytest
from myhdl import ResetSignal, Signal
from shapes import SHAPES

from myllama.config import PROFILES
from myllama.geometry import Geometry
from myllama.hdl.convert import convert
from myllama.rtl.admission import (
    POSITION_RANGE,
    PROMPT_EMPTY,
    START_RANGE,
    STATUS_WIDTH,
    TEMPERATURE_WORD,
    TOKEN_RANGE,
)
from myllama.rtl.command import EMBED, MATVEC, SCORES, VALUES, ActWrite, Command
from myllama.rtl.place import place
from myllama.rtl.plan import Plan, places
from myllama.rtl.progress import Progress, Written
from myllama.rtl.sampler import TEMPERATURE_WIDTH
from myllama.rtl.sequencer import sequencer
from myllama.rtl.stream import Stream, VectorStream, bits, flag
from myllama.tables import RATE_WIDTH

LANES = 8
# Starts: first position, prompt, what the classifier chooses, steps, temperature if not 0
STORIES = {
    "prompt": [(0, [1, 5, 3], [7, 2, 8], 5)],
    "cut": [(0, [1, 5, 3, 4], [], 2)],
    "ends": [(0, [1, 5], [6, 1], 5)],
    "nothing": [(0, [1], [], 0)],
    "empty": [(0, [], [], 3)],
    "range": [(0, [1, 63], [], 3), (0, [63], [], 3), (1, [5], [], 2), (0, [1, 2], [3], 2)],
    "full": [(0, [1], [4] * 40, 33), (33, [4], [], 33)],
    # On, on from a cut prompt, on after BOS, nothing more, and again from the middle.
    "on": [
        (0, [1, 5, 3], [], 2),
        (2, [3], [7, 1], 5),
        (4, [2, 9], [4], 6),
        (6, [4], [], 5),
        (3, [8], [2, 6], 5),
        (5, [6], [3], 5),
    ],
    # Too far: before any, after some, after what a step back left, and then as it may be.
    "beyond": [
        (1, [5], [2, 2], 3),
        (0, [1], [5, 6], 2),
        (3, [6], [], 4),
        (1, [5], [6], 2),
        (3, [5], [], 4),
        (2, [6], [2], 3),
        # A temperature whose mantissa has no highest bit; one as it may be, and again.
        (0, [1], [], 2, 1),
        (0, [1, 5], [3, 7], 3, 9 << RATE_WIDTH | 3 << RATE_WIDTH - 2),
        (2, [3], [], 4, 9 << RATE_WIDTH | (1 << RATE_WIDTH - 1) - 1),
    ],
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


def story_of(g, kept, start_pos, prompt, chosen, steps, temperature):
    """What a start after `kept` positions leads to, and how many the cache then holds.

    (token in, token out or None, whether it was chosen) per position, and the status.
    """
    walk, prompt, chosen = [], [*prompt], [*chosen]
    if not prompt:
        return walk, 1 << PROMPT_EMPTY, kept
    if start_pos > kept:
        return walk, 1 << START_RANGE, kept
    if temperature and temperature % (1 << RATE_WIDTH) < 1 << RATE_WIDTH - 1:
        return walk, 1 << TEMPERATURE_WORD, kept
    seq_len, vocab_size = g.config.seq_len, g.config.vocab_size
    if steps <= start_pos:
        return walk, 0, kept
    token = prompt.pop(0) if start_pos < seq_len else None
    for pos in range(start_pos, steps):
        if pos == seq_len:
            return walk, 1 << POSITION_RANGE, pos
        if token >= vocab_size:
            return walk, 1 << TOKEN_RANGE, pos
        forced = bool(prompt)
        following = prompt.pop(0) if forced else chosen.pop(0)
        walk.append((token, following, not forced))
        if following >= vocab_size:
            walk[-1] = token, None, False
            return walk, 1 << TOKEN_RANGE, pos + 1
        token = following
        if token == 1:
            break
    return walk, 0, pos + 1


def commands(g, walk):
    """The commands of a start, from what story_of says of it."""
    c, found = g.config, []
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
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_sequencer(hdl, tmp_path, shape):
    g = geometry(shape)
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
        bits(count),
        bits(TEMPERATURE_WIDTH),
        Stream(token),
        Stream(token),
        Written(),
        Command(g, *end),
        Progress(g),
        Stream(token),
        Signal(bool(1)),
        flag(),
        flag(),
        bits(STATUS_WIDTH),
        Plan(g),
        g,
    )
    files = convert(dut, tmp_path, "sequencer")
    # Within the shape's vocabulary, but for the one that shall not be.
    top, end = min((1 << token) - 1, 63), g.config.seq_len
    stories = {
        story: [
            (
                min(start_pos, end),
                [min(word, top) if word == 63 else word for word in prompt],
                chosen,
                min(steps, end + 1),
                *(temperature or [0]),
            )
            for start_pos, prompt, chosen, steps, *temperature in starts
        ]
        for story, starts in STORIES.items()
    }
    if shape == "260K":
        # 33 positions do not fill it, and every token its port can carry is in range.
        del stories["full"], stories["range"]
    env = {"SHAPE": shape, "STORIES": json.dumps(stories)}
    hdl("sequencer", files, "cocotb_control", "commands_follow_the_story", env)


@pytest.mark.parametrize("shape", SHAPES)
def test_place(hdl, tmp_path, shape):
    """Every vector's place in one simulation, side by side and on clocks of their own."""
    g, files, names = geometry(shape), [], []
    c, width = g.config, g.profile.act_width
    places = {
        "x": (0, c.dim, c.dim, g.columns, 1),
        "q": (g.q_base, c.dim, c.head_dim, g.head_lanes, g.slots),
        "z": (g.z_base, c.hidden_dim, c.hidden_dim, g.columns, 1),
        "odd": (g.z_base, c.hidden_dim - 1, c.hidden_dim - 1, g.columns, 1),
    }
    for (vector, sizes), ways in product(places.items(), (1, 2)):
        rst = ResetSignal(0, active=1, isasync=False)
        ports = flag(), rst, VectorStream(width, ways), ActWrite(g, ways), flag()
        names.append(f"place_{vector}_{ways}")
        files += convert(place(*ports, *sizes, g.columns), tmp_path, names[-1])
    top = tmp_path / "places.v"
    units = "".join(f"{name} u_{name} ();\n" for name in names)
    top.write_text(f"module places;\n{units}endmodule\n")
    hdl("places", [*files, top], "cocotb_control", "every_element_has_its_place", {"SHAPE": shape})

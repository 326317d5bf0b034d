"""Small decoders that between them reach every case of the word geometry."""

import re
from functools import cache

from myllama.checkpoint import random_checkpoint
from myllama.config import PROFILES, ModelConfig
from myllama.geometry import Geometry
from myllama.model.decoder import Model
from myllama.quantize import quantize

# name: shape, profile, lanes, prompt, steps
CASES = {
    # Grouped queries, several heads in a word.
    "grouped": (ModelConfig(32, 44, 2, 8, 4, 40, 12, False), "exact", 16, [1, 7, 3], 8),
    # One kv head, a head over two words, a classifier of its own.
    "wide": (ModelConfig(48, 40, 2, 4, 1, 24, 8, False), "exact", 8, [1, 5], 6),
    # Nothing is a power of two nor a multiple of the lanes.
    "odd": (ModelConfig(18, 22, 3, 3, 3, 29, 9, True), "exact", 8, [1, 2, 9], 8),
    "grouped_compact": (ModelConfig(32, 44, 2, 8, 4, 40, 12, False), "compact", 16, [1, 7], 6),
    "odd_compact": (ModelConfig(18, 22, 3, 3, 3, 29, 9, False), "compact", 8, [1, 2], 6),
    # Two rows in a word: grouped queries; two groups and odd everything; the same, narrow.
    "two_ways": (ModelConfig(16, 12, 2, 8, 4, 20, 6, False), "exact", 32, [1, 7, 3], 6),
    "two_ways_odd": (ModelConfig(30, 23, 2, 5, 5, 29, 7, False), "exact", 64, [1, 2], 7),
    "two_ways_compact": (ModelConfig(18, 23, 2, 3, 3, 29, 6, True), "compact", 64, [1, 2], 6),
}

# The smallest with two groups of two kv heads, two query heads each; it is full at position 4.
_SMALL = ModelConfig(16, 12, 2, 8, 4, 20, 4, False)
SMALL = {
    "small": (_SMALL, "exact", 8, [1, 19], 5),
    "small_compact": (_SMALL, "compact", 8, [1, 19], 5),
}
STORIES = CASES | SMALL


@cache
def image_of(name):
    config, profile, *_ = STORIES[name]
    return quantize(random_checkpoint(config, seed=4), PROFILES[profile])


def geometry_of(name):
    config, profile, lanes, *_ = STORIES[name]
    return Geometry(config, PROFILES[profile], lanes)


def model_of(name):
    """Integer model that sums up softmax as the case's decoder does."""
    return Model(image_of(name), ways=geometry_of(name).ways)


def without_initial_values(folder):
    """Take those of the registers, not the contents of ROMs, out of the Verilog of a folder."""
    for path in folder.glob("*.v"):
        text = re.sub(r"(?ms)^initial begin\n.*?^end\n", "", path.read_text())
        assert "initial begin" not in text
        path.write_text(text)

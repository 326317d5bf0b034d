"""The cycles of a token: by formula, and as the running hardware takes them, stage by stage."""

from itertools import pairwise

import pytest
from decoder_cases import CASES, image_of

from myllama.checkpoint import load
from myllama.config import PROFILES, ModelConfig
from myllama.cost.cycles import token
from myllama.cost.watch import Watched
from myllama.geometry import Geometry
from myllama.quantize import quantize
from myllama.rtl.build import convert


def agree(image, lanes, positions, folder):
    geometry = Geometry(image.config, image.profile, lanes)
    convert(image, lanes, folder)
    hardware = Watched(image, lanes, geometry, folder=folder)
    for pos in positions:
        seen, _ = hardware.token(pos)
        told = token(geometry, pos)
        assert seen.cycles == told.cycles, pos
        assert seen.words == told.words, pos
        for stage, count in seen.products.items():
            assert told.products[stage] == pytest.approx(count, abs=1e-6), (pos, stage)
    hardware.close()


# A Verilator build each; the others have all there is.
SWEPT = {"odd", "grouped", "grouped_compact", "two_ways", "two_ways_compact"}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.sweep) if n in SWEPT else n for n in CASES]
)
def test_formula_and_hardware_agree(name, tmp_path):
    config, _, lanes, *_ = CASES[name]
    agree(image_of(name), lanes, range(config.seq_len), tmp_path)


@pytest.mark.sweep
@pytest.mark.parametrize("lanes", [16, 32, 64, 128])
def test_stories260k(shared, tmp_path, lanes):
    image = quantize(load(shared("checkpoints/stories260K.bin")), PROFILES["exact"])
    agree(image, lanes, (0, 1, 63, 255, 511), tmp_path)


# Cycles of the token at position 0, and words that enter the engine in them: a change of either
# is to be seen.
STORIES260K = ModelConfig(64, 172, 5, 8, 4, 512, 512, True)
PINNED = {16: (17966, 16392), 32: (9534, 8388), 64: (5169, 4226), 128: (3124, 2150)}


@pytest.mark.parametrize("lanes", PINNED)
def test_cost_of_stories260k(lanes):
    cost = token(Geometry(STORIES260K, PROFILES["exact"], lanes), 0)
    assert (cost.cycles.total(), cost.words.total()) == PINNED[lanes]


def test_growth_of_stories260k():
    """A position more costs a word of K and one of V per layer; with two ways, two of them do."""
    for lanes, each in (64, 10), (128, 5):
        geometry = Geometry(STORIES260K, PROFILES["exact"], lanes)
        cycles = [token(geometry, pos).cycles.total() for pos in (1, 3, 63, 255, 511)]
        assert [b - cycles[0] for b in cycles[1:]] == [each * n for n in (2, 62, 254, 510)]


def test_mean_of_stories260k():
    for lanes, mean in (64, 6439.0), (128, 3754.0):
        geometry = Geometry(STORIES260K, PROFILES["exact"], lanes)
        total = sum(token(geometry, pos).cycles.total() for pos in range(256))
        assert total / 256 == pytest.approx(mean, abs=0.05)


def test_multipliers_are_busy():
    cost = token(Geometry(STORIES260K, PROFILES["exact"], 64), 255)
    assert cost.busy(64)[0] >= 0.80


def test_lanes_scale():
    """Twice the lanes nearly halve the cycles of the matrices."""
    matrices = ("QKV", "Wo", "W1/W3", "W2", "classifier")
    costs = [token(Geometry(STORIES260K, PROFILES["exact"], n), 0).cycles for n in (16, 32, 64)]
    cycles = [sum(cost[stage] for stage in matrices) for cost in costs]
    for few, many in pairwise(cycles):
        assert few / many >= 2 * 0.9

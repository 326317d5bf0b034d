"""A trained model through the hardware: stories260K, token for token the integer model's."""

from functools import cache
from itertools import islice

import pytest

from myllama.checkpoint import load
from myllama.config import PROFILES
from myllama.geometry import Geometry
from myllama.model.decoder import Model
from myllama.quantize import quantize
from myllama.rtl.build import convert
from myllama.sim import Rtl

# Cycles to the first token; at 128 lanes two rows, and two positions, go at once.
CYCLES = {64: 5174, 128: 3113}


@pytest.fixture(scope="module")
def image(shared):
    return quantize(load(shared("checkpoints/stories260K.bin")), PROFILES["exact"])


@pytest.fixture(scope="module")
def verilog(image, tmp_path_factory):
    """Folder with the Verilog of so many lanes."""

    @cache
    def converted(lanes):
        folder = tmp_path_factory.mktemp("stories260K")
        convert(image, lanes, folder)
        return folder

    return converted


@pytest.mark.parametrize(
    "lanes, simulator, count", [(64, "icarus", 8), (64, "verilator", 128), (128, "verilator", 128)]
)
def test_story(image, verilog, lanes, simulator, count):
    rtl = Rtl(image, lanes, simulator, folder=verilog(lanes))
    tokens = rtl.decode([1], 256)
    story = [next(tokens)]
    assert rtl.cycles == CYCLES[lanes]
    story += islice(tokens, count - 1)
    model = Model(image, ways=Geometry(image.config, image.profile, lanes).ways)
    assert story == [*islice(model.decode([1], 256), count)]
    rtl.close()

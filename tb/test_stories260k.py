"""A trained model through the hardware: stories260K, token for token the integer model's."""

from itertools import islice

import pytest

from myllama.checkpoint import load
from myllama.config import PROFILES
from myllama.model.decoder import Model
from myllama.quantize import quantize
from myllama.rtl.build import convert
from myllama.sim import Rtl

LANES = 64


@pytest.fixture(scope="module")
def image(shared):
    return quantize(load(shared("checkpoints/stories260K.bin")), PROFILES["exact"])


@pytest.fixture(scope="module")
def verilog(image, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stories260K")
    convert(image, LANES, folder)
    return folder


@pytest.mark.parametrize("simulator, count", [("icarus", 8), ("verilator", 128)])
def test_story(image, verilog, simulator, count):
    rtl = Rtl(image, LANES, simulator, folder=verilog)
    tokens = rtl.decode([1], 256)
    story = [next(tokens)]
    assert rtl.cycles == 5180
    story += islice(tokens, count - 1)
    assert story == [*islice(Model(image).decode([1], 256), count)]
    rtl.close()

"""A trained model through the hardware: stories260K, token for token the integer model's."""

from contextlib import closing
from functools import cache
from itertools import islice

import pytest

from myllama.checkpoint import load
from myllama.config import PROFILES
from myllama.geometry import Geometry
from myllama.model.decoder import Model
from myllama.quantize import quantize
from myllama.rtl.build import convert
from myllama.rtl.sampler import longest
from myllama.sampled import read_cases, verify
from myllama.sampling import Sampling
from myllama.sim import Rtl
from myllama.tokenizer import Tokenizer

# Cycles to the first token; at 128 lanes two rows, and two positions, go at once.
CYCLES = {64: 5169, 128: 3124}


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
    "lanes, simulator, count", [(64, "icarus", 3), (64, "verilator", 128), (128, "verilator", 128)]
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


def sampled(shared, image, folder, lanes, chosen):
    """sampled.Verdict on some of llama2.c's sampled texts, which the hardware tells, too."""
    cases = read_cases(shared("reference/llama2c_260K_sampled.json"))[chosen]
    tokenizer = Tokenizer.load(shared("checkpoints/tok512.bin"), image.config.vocab_size)
    checkpoint = load(shared("checkpoints/stories260K.bin"))
    ways = Geometry(image.config, image.profile, lanes).ways
    with closing(Rtl(image, lanes, "verilator", folder=folder)) as rtl:
        return verify(checkpoint, image, tokenizer, cases, ways=ways, rtl=rtl)


@pytest.mark.parametrize("lanes, number", [(64, 2), pytest.param(128, 5, marks=pytest.mark.sweep)])
def test_a_sampled_text(shared, image, verilog, lanes, number):
    """One with top-p and one without are llama2.c's, and the integer model's token for token."""
    verdict = sampled(shared, image, verilog(lanes), lanes, slice(number, number + 1))
    assert (verdict.count, verdict.unequal, verdict.partings) == (1, [], [])


@pytest.mark.parametrize("lanes", CYCLES)
def test_cycles_of_a_draw(image, verilog, lanes):
    ways = Geometry(image.config, image.profile, lanes).ways
    with closing(Rtl(image, lanes, "verilator", folder=verilog(lanes))) as rtl:
        for topp in (1, 0.9):
            sampler = rtl.sampler(Sampling.of(1, topp, 42))
            (cycles,) = [rtl.cycles for _ in rtl.decode([1], 1, sampler)]
            most = CYCLES[lanes] + longest(image.config.vocab_size, topp < 1, ways)
            # The last pass ends at the token that is drawn.
            assert CYCLES[lanes] + image.config.vocab_size < cycles <= most


@pytest.mark.sweep
@pytest.mark.parametrize("lanes", CYCLES)
def test_every_sampled_text(shared, image, verilog, lanes):
    verdict = sampled(shared, image, verilog(lanes), lanes, slice(None))
    print(verdict)
    assert (verdict.count, verdict.unequal) == (48, [])
    assert len(verdict.partings) <= 8

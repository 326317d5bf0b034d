"""What run prints is what llama2.c prints, to the byte."""

import hashlib

import pytest

from myllama import cli

LLAMA2C = {
    "200": "f5a0e67db7424051520e7d8db9880b3dc2aa13577db570c28805c1b51c42eaf0",
    "0": "e0c267ef267cb50130db210849536569e50920fbfdf130bc9784d6d5ae66aaad",
}


@pytest.mark.parametrize("steps", LLAMA2C)
def test_digest(steps, shared, capfdbinary):
    """stories260K at temperature 0: 200 positions, and all until BOS."""
    checkpoint = shared("checkpoints/stories260K.bin")
    tokenizer = shared("checkpoints/tok512.bin")
    words = ["-z", str(tokenizer), "-t", "0", "-n", steps, "--engine", "reference"]
    assert cli.main(["run", str(checkpoint), *words]) == 0
    assert hashlib.sha256(capfdbinary.readouterr().out).hexdigest() == LLAMA2C[steps]

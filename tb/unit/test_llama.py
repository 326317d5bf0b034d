"""myllama.llama: the same text from Python as from the command line."""

import io
from pathlib import Path

import pytest

from myllama import cli, commands, engines
from myllama.errors import InputError
from myllama.llama import Llama, load, read_files

CHECKPOINT = commands.embedded_checkpoint()
README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def files():
    return read_files(CHECKPOINT)


@pytest.fixture(scope="module")
def reference(files):
    return Llama(*files, engine="reference")


@pytest.mark.parametrize("temperature, seed", [(0, 0), (0.9, 5)])
def test_text_of_the_command_line(temperature, seed, reference, capfdbinary):
    words = ["-i", "One day", "-n", "40", "-t", str(temperature), "-s", str(seed)]
    assert cli.main(["run", str(CHECKPOINT), "--engine", "reference", *words]) == 0
    out, err = capfdbinary.readouterr()
    pieces = reference.generate("One day", 40, temperature, seed=seed)
    assert b"".join(pieces) + b"\n" == out
    assert next(reference.statistics.lines()) == err.decode().splitlines()[0]


def test_pieces_come_one_by_one(reference):
    pieces = reference.generate(steps=9)
    first = [next(pieces), next(pieces)]
    pieces.close()
    assert reference.statistics.tokens == 2
    whole = list(reference.generate(b"", 9))
    assert len(whole) == 9 and whole[:2] == first


def test_errors_come_with_the_call(files):
    """Before an engine is built, which may take minutes."""
    built = Llama(*files, progress=pytest.fail)
    with pytest.raises(InputError, match=r"temperature 0\.5 asks for sampling, which engine rtl"):
        built.generate(temperature=0.5)
    with pytest.raises(InputError, match="lone surrogate"):
        built.generate("\ud800")
    for option, word in (("engine", "steam"), ("profile", "wide")):
        with pytest.raises(InputError, match=f"there is no '{word}', only"):
            Llama(*files, **{option: word})


def test_close_ends_the_engine_that_was_built(files, monkeypatch):
    class Engine:
        closed = 0

        def decode(self, prompt, steps):
            return iter([300])

        def close(self):
            self.closed += 1

    made = Engine()
    monkeypatch.setattr(engines, "build", lambda *args, **options: made)
    with Llama(*files):
        pass
    assert not made.closed
    with Llama(*files) as llama:
        list(llama.generate())
        assert not made.closed
    assert made.closed == 1


def test_chat_starts_afresh(reference):
    outs = [io.BytesIO(), io.BytesIO()]
    for out in outs:
        list(reference.generate(steps=20))
        reference.chat(None, out, 150, 1, seed=3, system=b"Be kind.", user=b"Who?")
    assert outs[0].getvalue() == outs[1].getvalue()
    assert len(outs[0].getvalue()) > 50


def test_example_of_the_readme(monkeypatch, capsys):
    """The Python block runs as it stands."""
    monkeypatch.chdir(README.parent)
    block = README.read_text().partition("## From Python\n")[2].partition("\n## ")[0]
    code = [line[4:] for line in block.splitlines() if line.startswith("    ") or not line]
    exec("\n".join(code).replace('"model"', '"reference"'), {})
    assert capsys.readouterr().out.startswith("Once upon a time")


def test_load_takes_paths_and_names(tmp_path):
    with load(str(CHECKPOINT), engine="reference") as llama:
        assert len(list(llama.generate(steps=3))) == 3
    with pytest.raises(InputError, match="does not exist"):
        load(CHECKPOINT, tmp_path / "none.bin")

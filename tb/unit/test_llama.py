"""myllama.load: the same text from Python as from the command line, and the same refusals."""

import io
from pathlib import Path

import pytest

from myllama import cli, commands, engines, load
from myllama.errors import InputError

CHECKPOINT = commands.embedded_checkpoint()
README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def reference():
    return load(CHECKPOINT).reference


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


def test_one_text_at_a_time(reference):
    """The cache is the newer one's, which the older does not spoil."""
    whole = list(reference.generate("One", 6))
    older, newer = reference.generate("Two", 6), reference.generate("One", 6)
    next(older)
    begun = [next(newer), next(newer)]
    with pytest.raises(InputError, match="another text has begun on this engine"):
        next(older)
    assert begun + list(newer) == whole
    pieces = reference.generate("One", 6)
    next(pieces)
    reference.trace("Two", pos=1)
    with pytest.raises(InputError, match="another text has begun on this engine"):
        next(pieces)


def test_errors_come_with_the_call(tmp_path):
    """Before anything is built, which may take minutes."""
    llama = load(CHECKPOINT, progress=pytest.fail)
    (tmp_path / "file").touch()
    talk = llama.rtl.generate
    for said, call in (
        ("temperature -1 is below 0; give 0 or more", lambda: talk(temperature=-1)),
        ("temperature nan is not a number", lambda: talk(temperature=float("nan"))),
        ("top-p 2 is outside 0 to 1; give", lambda: talk(topp=2)),
        ("more than 64 bits", lambda: talk(seed=1 << 64)),
        ("lone surrogate", lambda: talk("\ud800")),
        (r"the prompt has \d+ tokens, but the model has 512 positions", lambda: talk("~" * 999)),
        ("choose 0 to 511", lambda: llama.rtl.trace(pos=512)),
        ("choose 0 to 511", lambda: llama.kv(pos=512)),
        ("choose 0 to 4", lambda: llama.rtl.trace(layer=5)),
        (
            "file is a file, but the Verilog needs a folder",
            lambda: llama.convert(tmp_path / "file"),
        ),
    ):
        with pytest.raises(InputError, match=said):
            call()


@pytest.mark.parametrize(
    "options, said",
    [
        ({"profile": "wide"}, "there is no 'wide', only exact, compact"),
        ({"simulator": "vcs"}, "there is no 'vcs', only verilator, icarus"),
        ({"lanes": 63}, "lanes is 63, but must be a power of two"),
        ({"seq_len": 513}, "seq_len is 513, but this model has positions for 1 to 512"),
    ],
)
def test_options_are_refused_at_once(options, said):
    with pytest.raises(InputError, match=said):
        load(CHECKPOINT, **options)


def test_close_ends_the_engine_that_was_built(monkeypatch):
    class Decoder:
        closed = 0

        def decode(self, prompt, steps):
            return iter([300])

        def close(self):
            self.closed += 1

    made = Decoder()
    monkeypatch.setattr(engines, "build", lambda name, llama: made)
    with load(CHECKPOINT):
        pass
    assert not made.closed
    with load(CHECKPOINT) as llama:
        list(llama.rtl.generate())
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
    exec("\n".join(code).replace(".model", ".reference"), {})
    assert capsys.readouterr().out.startswith("Once upon a time")


def test_load_takes_paths_and_names(tmp_path):
    with load(str(CHECKPOINT)) as llama:
        assert len(list(llama.reference.generate(steps=3))) == 3
    with pytest.raises(InputError, match="does not exist"):
        load(CHECKPOINT, tmp_path / "none.bin").reference.generate()
    with pytest.raises(InputError, match="does not exist"):
        load(tmp_path / "none.bin")

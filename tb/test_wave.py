"""Waveforms: what is dumped is what the model says, and save files name only what is there."""

import re
from functools import cache

import pytest
from decoder_cases import CASES, image_of

from myllama import cli
from myllama.errors import InputError
from myllama.geometry import Geometry
from myllama.model.decoder import Model
from myllama.rtl.build import convert
from myllama.wave import record as recording
from myllama.wave.bench import channels
from myllama.wave.history import History
from myllama.wave.record import record
from myllama.wave.views import NAMES, SEQUENCER
from myllama.wave.window import Window

vcd = pytest.importorskip("vcd.reader", reason="pyvcd is absent; make setup installs it")
# Heads side by side in a word; a head over two words; exponents and padding.
SHOWN = ("grouped", "wide", "odd_compact", "two_ways")
PERIOD = 10_000  # of the clock, in ps


class Dump:
    """Signals of a VCD: {path: bits}, and {path: [(time, bits), ...]} of their values."""

    def __init__(self, path):
        self.bits, self.changes, scopes, codes, self.times = {}, {}, [], {}, []
        with open(path, "rb") as file:
            for token in vcd.tokenize(file):
                kind, data = token.kind, token.data
                if kind is vcd.TokenKind.SCOPE:
                    scopes.append(data.ident)
                elif kind is vcd.TokenKind.UPSCOPE:
                    scopes.pop()
                elif kind is vcd.TokenKind.VAR:
                    name = ".".join([*scopes, data.reference])
                    self.bits[name] = data.bit_index
                    codes.setdefault(data.id_code, []).append(name)
                elif kind is vcd.TokenKind.CHANGE_TIME:
                    self.times.append(data)
                elif kind in (vcd.TokenKind.CHANGE_SCALAR, vcd.TokenKind.CHANGE_VECTOR):
                    for name in codes[data.id_code]:
                        self.changes.setdefault(name, []).append((self.times[-1], data.value))

    def at(self, name, time):
        """Value at a time: an int, or text with unknown bits."""
        value = [value for when, value in self.changes[name] if when <= time][-1]
        return int(value) if isinstance(value, str) and value in "01" else value

    def words(self, name, valid):
        """[(time, value)] of what is there while `valid` is high."""
        times = sorted({time for path in (name, valid) for time, _ in self.changes[path]})
        return [(time, self.at(name, time)) for time in times if self.at(valid, time) == 1]


@pytest.fixture(scope="module")
def verilog(tmp_path_factory):
    """verilog(case): the folder with its Verilog."""

    @cache
    def converted(name):
        folder = tmp_path_factory.mktemp(name)
        convert(image_of(name), CASES[name][2], folder)
        return folder

    return converted


@pytest.fixture(scope="module")
def dumped(tmp_path_factory, verilog):
    """dumped(case, window, fst=False): its Recording and its Dump."""

    @cache
    def make(name, window, fst=False):
        _, _, lanes, prompt, _ = CASES[name]
        out = tmp_path_factory.mktemp("wave")
        image = image_of(name)
        made = record(image, lanes, prompt, window, out, fst, print, verilog(name))
        return made, Dump(out / f"{window.name}.vcd")

    return make


def named(save):
    """Signals of a save file."""
    lines = [line for line in save.read_text().splitlines() if line[0] not in "[@-*^"]
    return [line.rpartition(" ")[2] for line in lines]


@pytest.mark.parametrize("name", SHOWN)
def test_rows_are_the_models_and_every_name_is_there(dumped, name):
    made, dump = dumped(name, Window(pos=1, layer=1))
    config, _, lanes, prompt, _ = CASES[name]
    image = image_of(name)
    g = Geometry(config, image.profile, lanes)
    # Row 0 was put there, row 1 is written by the hardware.
    expected, end = History(image, lanes, prompt, 2), dump.times[-1]
    for kind, rows in (("k", expected.keys), ("v", expected.values)):
        for t in (0, 1):
            for i in range(g.kv_words):
                way, address = g.kv_place(1, i, t)
                word = rows[way][address]
                assert dump.at(f"waves.{kind}_row_{t}_word_{i}", end) == word
        first = dump.changes[f"waves.{kind}_row_1_word_0"][0][1]
        assert set(str(first)) == {"x"}, "row 1 is unknown until it is written"
    model = Model(image, ways=g.ways)
    for t, token in enumerate(expected.tokens[:2]):
        taps = {}
        model.forward(
            token, t, lambda layer, kind, words, to=taps: to.update({(layer, kind): words})
        )
        for channel in range(channels(g)):
            value = int(taps[1, "k"][0, channel]) % (1 << g.profile.act_width)
            assert dump.at(f"waves.k_row_{t}_channel_{channel}", end) == value

    signals = named(made.save)
    assert len(signals) > 300
    for signal in signals:
        path, _, bits = signal.partition("[")
        index = dump.bits[path]
        assert bits == ("" if index is None else "{}:{}]".format(*index)), signal
    text = made.save.read_text()
    assert f'[dumpfile] "{made.dump.resolve()}"' in text
    for kind, frac in (("K", image.formats.k), ("V", image.formats.v[1])):
        shown = f"[fpshift_count] {frac}\n@40000420\n+{{{kind}[1] channel 0}}"
        assert shown in text


def test_the_window_is_the_layers_attention(dumped):
    _, dump = dumped("grouped", Window(pos=1, layer=1))
    states = [SEQUENCER.words[v] for _, v in dump.changes["bench.dut.control.state"]]
    assert states[:2] == ["QKV", "WAIT_K"] and states[-2:] == ["WAIT_X", "W13"]
    assert dump.at("bench.dut.progress_pos", dump.times[0]) == 1
    assert dump.at("bench.dut.progress_layer", dump.times[0]) == 1
    for pulse in ("written_k", "written_kv", "engine_done", "written_x"):
        assert any(value == "1" for _, value in dump.changes[f"bench.dut.{pulse}"])


@pytest.mark.parametrize("name", ["grouped", "odd_compact"])
def test_a_loaded_past_is_a_simulated_one(dumped, name):
    """From the second layer on, all that is shown is the same, cycle by cycle.

    But for the classifier's last words, which are of the position before, and for what the FIFOs
    of scores and weights show while they are empty.
    """
    loaded, dump = dumped(name, Window(pos=2, layer=1))
    whole, other = dumped(name, Window(pos=2, layer=1, whole=True))
    assert (loaded.first, loaded.last) == (whole.first, whole.last)
    shift = other.times[0] - dump.times[0]
    assert shift > 1000 * PERIOD
    text = loaded.save.read_text()
    shown = {signal.partition("[")[0] for signal in named_open(text)}
    shown -= {f"bench.dut.{name}_data" for name in ("logits", "chosen", "token")}
    assert len(shown) > 50
    fifo = re.compile(r"(?:waves|bench\.dut)\.(score|weight)(?:_\d+|s_last)$")
    words = {signal: found[1] for signal in shown if (found := fifo.match(signal))}
    assert {*words.values()} == {"score", "weight"}
    for signal, stream in words.items():
        valid = f"bench.dut.{stream}s_valid"
        late = [(time - shift, value) for time, value in other.words(signal, valid)]
        assert dump.words(signal, valid) == late != [], signal
    for signal in shown - words.keys():
        late = [(time - shift, value) for time, value in other.changes[signal]]
        assert dump.changes[signal] == late, signal


def named_open(text):
    """Signals of a save file that belong to a stage, not to a block's own list."""
    head = text[: text.index("-block ")]
    return [line.rpartition(" ")[2] for line in head.splitlines() if line.startswith("+{")]


def test_cycles_and_fst(dumped):
    made, dump = dumped("grouped", Window(first=20, last=60), fst=True)
    assert (made.first, made.last) == (20, 60)
    assert dump.times[-1] - dump.times[0] == 40 * PERIOD
    assert made.dump.suffix == ".fst"
    # A block of kind 0, the header, of 329 bytes.
    assert made.dump.read_bytes()[:9] == b"\0" + (329).to_bytes(8, "big")
    assert f'"{made.dump.resolve()}"' in made.save.read_text()
    _, end = dumped("grouped", Window(pos=0, first=1300))
    assert SEQUENCER.words[end.at("bench.dut.control.state", end.times[-1])] == "EMIT"


def test_names_of_states_are_those_of_the_verilog(dumped, verilog):
    made, _ = dumped("grouped", Window())
    folder = made.save.parent
    for names in NAMES:
        lines = (folder / "names" / f"{names.title}.txt").read_text().splitlines()
        mapping = (folder / ".surfer" / "mappings" / names.title).read_text().splitlines()
        assert mapping[:2] == [f"Name = {names.title}", f"Bits = {names.width}"]
        assert mapping[2:] == [f"0b{line}" for line in lines]
    text = (verilog("grouped") / "sequencer.v").read_text()
    states = dict(re.findall(r"(\w+) = 5'b(\d+)", text))
    lines = (folder / "names" / "sequencer.txt").read_text().splitlines()
    assert {name: bits for bits, name in map(str.split, lines)} == states


@pytest.mark.parametrize(
    "words, said",
    [
        (["--pos", "512"], "--pos 512 is outside the model's positions, 0 to 511"),
        (["--layer", "5"], "--layer 5 is outside the model's layers, 0 to 4"),
        (["--layer", "-1"], "--layer -1 is outside"),
        (["--from", "9", "--to", "9"], "give one of 10 to"),
        (["--from", "-1"], "--from -1 is no cycle"),
        (["-o", __file__], "is a file"),
    ],
)
def test_refusals(words, said, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["wave", *words]) == 2
    out, err = capfd.readouterr()
    assert out == "" and said in err and err.count("\n") == 1
    assert not [*tmp_path.iterdir()]


def test_past_the_end_and_past_the_story(dumped):
    with pytest.raises(InputError, match=r"--from 9999 is past the end of position 1.* \d+ cycles"):
        dumped("grouped", Window(first=9999))
    with pytest.raises(InputError, match="the story ends at position 1,"):
        History(image_of("grouped"), 16, [1, 5, 1], 2)


def test_without_pyvcd(monkeypatch, capfd):
    monkeypatch.setattr(recording.importlib.util, "find_spec", lambda name: None)
    assert cli.main(["wave"]) == 2
    assert "pyvcd is not installed" in capfd.readouterr().err

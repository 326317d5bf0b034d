"""The whole decoder: every tap in Icarus, every token in both simulators."""

import subprocess

import numpy as np
import pytest
from decoder_cases import CASES, image_of, model_of

from myllama.errors import InputError
from myllama.rtl.build import convert
from myllama.rtl.tapped import TAPS
from myllama.sampling import Sampling
from myllama.sim import Rtl
from myllama.sim.draws import Draws

# Cycles from start to the token after each of the first two positions.
CYCLES = {
    "grouped": [1427, 2857],
    "wide": [3866, 7924],
    "odd": [2025, 4063],
    "grouped_compact": [1441, 2989],
    "odd_compact": [2045, 4213],
    "two_ways": [507, 1009],
    "two_ways_odd": [779, 1592],
    "two_ways_compact": [587, 1210],
}


@pytest.fixture(scope="module")
def verilog(tmp_path_factory):
    """Folder with the Verilog of a case."""
    made = {}

    def folder(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            convert(image_of(name), CASES[name][2], made[name])
        return made[name]

    return folder


LINTS = {
    "iverilog": ["iverilog", "-g2005", "-Wall", "-t", "null", "-s", "decoder"],
    "verilator": ["verilator", "--lint-only", "-Wall", "--top-module", "decoder"],
}


@pytest.mark.parametrize("tool", LINTS)
@pytest.mark.parametrize("name", CASES)
def test_no_tool_warns(verilog, name, tool):
    command = [*LINTS[tool], *sorted(verilog(name).glob("*.v"))]
    said = subprocess.run(command, cwd=verilog(name), capture_output=True, text=True)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


@pytest.mark.parametrize("name", CASES)
def test_taps(hdl, verilog, name):
    sources = sorted(verilog(name).glob("*.v"))
    # $readmemh looks in the working directory.
    env, folder = {"CASE": name}, str(verilog(name))
    hdl("decoder", sources, "cocotb_decoder", "every_tap_equals_the_model", env, work_dir=folder)


# Verilator's builds take longest; the narrower words have theirs in a sweep.
TOLD = [
    pytest.param(
        name,
        simulator,
        marks=[pytest.mark.sweep] * (simulator == "verilator" and name.endswith("compact")),
    )
    for name in CASES
    for simulator in ("icarus", "verilator")
]


@pytest.mark.parametrize("name, simulator", TOLD)
def test_tokens(verilog, name, simulator):
    config, _, lanes, prompt, _ = CASES[name]
    image = image_of(name)
    rtl = Rtl(image, lanes, simulator, folder=verilog(name))
    expected = [*model_of(name).decode(prompt, config.seq_len)]
    assert [*rtl.decode(prompt, config.seq_len)] == expected
    seen = [(token, rtl.cycles) for token in rtl.decode(prompt, 2)]
    assert seen == [*zip(expected, CYCLES[name], strict=False)]
    rtl.close()


@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
@pytest.mark.parametrize("name", ["wide", "odd_compact", "two_ways_odd"])
def test_trace(verilog, name, simulator):
    """Every tap at the trace port, of every layer, is the model's to the bit.

    At every position in Verilator; Icarus is too slow for more than the first ones.
    """
    config, _, lanes, prompt, _ = CASES[name]
    image = image_of(name)
    rtl = Rtl(image, lanes, simulator, folder=verilog(name))
    model = model_of(name)
    # Where the prompt is forced, the traced position still has logits of its own.
    tokens = [prompt[0], *model_of(name).decode(prompt, config.seq_len)]
    positions = 2 if simulator == "icarus" else len(tokens) - 1
    for pos in range(positions):
        taps = {}
        model.forward(tokens[pos], pos, lambda *tap, seen=taps: seen.update({tap[:2]: tap[2]}))
        for layer in range(config.n_layers):
            path, traced = rtl.trace(prompt, layer, pos)
            assert path[:-1] == tokens[: pos + 1]
            assert path[-1] == int(taps[-1, "logits"].argmax())
            assert {name for _, name in traced} == set(TAPS)
            for key, words in traced.items():
                assert np.array_equal(words, taps[key]), (pos, *key)
    # What follows is as if nothing had been traced.
    assert [(token, rtl.cycles) for token in rtl.decode(prompt, 2)] == [
        *zip(tokens[1:], CYCLES[name], strict=False)
    ]
    for layer, pos in ((config.n_layers, 0), (-1, 0), (0, config.seq_len), (0, -1)):
        with pytest.raises(InputError, match="choose 0 to"):
            rtl.trace(prompt, layer, pos)
    rtl.close()


@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
@pytest.mark.parametrize(
    "name", ["grouped", "wide", "odd_compact", "two_ways_odd", "two_ways_compact"]
)
def test_key_values(verilog, name, simulator):
    """The memories of the KV cache hold the model's keys and values after any position."""
    config, _, lanes, prompt, _ = CASES[name]
    image = image_of(name)
    rtl, model = Rtl(image, lanes, simulator, folder=verilog(name)), model_of(name)
    shape = config.n_layers, config.n_kv_heads, 4, config.head_dim
    expected = {"k": np.zeros(shape, np.int64), "v": np.zeros(shape, np.int64)}
    path, *_ = rtl.key_values(prompt, 3)

    def tap(layer, kind, value):
        if kind in expected:
            expected[kind][layer, :, pos] = np.reshape(value, shape[1:2] + shape[3:])

    for pos, token in enumerate(path):
        model.forward(token, pos, tap)
    assert path == [prompt[0], *model_of(name).decode(prompt, 3)]
    for last in (0, 3):
        tokens, keys, values = rtl.key_values(prompt, last)
        assert tokens == path[: last + 1]
        assert np.array_equal(keys, expected["k"][:, :, : last + 1])
        assert np.array_equal(values, expected["v"][:, :, : last + 1])
    with pytest.raises(InputError, match="choose 0 to"):
        rtl.key_values(prompt, config.seq_len)
    rtl.close()


@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
@pytest.mark.parametrize("name", ["grouped", "two_ways"])
def test_goes_on(verilog, name, simulator):
    """A story in two starts is the story in one, in its cycles too, wherever it is cut."""
    _, _, lanes, prompt, steps = CASES[name]
    rtl = Rtl(image_of(name), lanes, simulator, folder=verilog(name))
    whole = [(token, rtl.cycles) for token in rtl.decode(prompt, steps)]
    tokens = [prompt[0], *(token for token, _ in whole)]
    for cut in (1, 4):
        assert [*rtl.decode(prompt, cut)] == tokens[1 : cut + 1]
        rest = [tokens[cut], *prompt[cut + 1 :]]
        again = [(token, rtl.cycles) for token in rtl._decode(rest, steps, cut)]
        # A start takes five cycles that the middle of a story does not.
        late = whole[cut - 1][1] - 5
        assert again == [(token, cycles - late) for token, cycles in whole[cut:]]
    # Position by position every one is chosen, as in a chat.
    model = model_of(name)
    for pos, token in enumerate(tokens[:4]):
        assert rtl.following(token, pos) == model.following(token, pos)
    with pytest.raises(InputError, match="does not hold every position before"):
        rtl.following(5, 5)
    rtl.close()


@pytest.mark.parametrize(
    "name, simulator",
    [("grouped", "verilator"), ("two_ways_odd", "icarus"), ("two_ways_odd", "verilator")],
)
def test_draws(verilog, name, simulator):
    """Sampled tokens are the model's, and one generator goes on from start to start."""
    config, _, lanes, prompt, _ = CASES[name]
    rtl = Rtl(image_of(name), lanes, simulator, folder=verilog(name))
    model, samplers = model_of(name), []
    steps, stories = config.seq_len, (prompt, [1])
    choices = (0.8, 0.9, 42), (1, 1, 7), (2, 0.5, 3)
    if simulator == "icarus":
        # It is too slow for more than the first positions.
        steps, stories, choices = 3, stories[:1], choices[:1]
    for choice in choices:
        sampling = Sampling.of(*choice)
        ours, models = rtl.sampler(sampling), model.sampler(sampling)
        samplers.append(ours)
        for story in stories:
            expected = [*model.decode(story, steps, models)]
            assert [*rtl.decode(story, steps, ours)] == expected
        # Position by position every token is drawn, as in a chat.
        for pos, token in enumerate(prompt):
            assert rtl.following(token, pos, ours) == model.following(token, pos, models)
    # At temperature 0 nothing costs a cycle more.
    seen = [rtl.cycles for _ in rtl.decode(prompt, 2)]
    assert seen == CYCLES[name]
    assert rtl.following(5, 2, ours) == model.following(5, 2, models)
    next(rtl.decode(prompt, 2))
    for taken in samplers:
        with pytest.raises(InputError, match="these draws cannot go on"):
            [*rtl.decode(prompt, 1, taken)]
    rtl.close()


@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_bad_starts(verilog, simulator):
    """The hardware says what is wrong and stops; the host says it first where it can."""
    config, _, lanes, prompt, _ = CASES["grouped"]
    rtl = Rtl(image_of("grouped"), lanes, simulator, folder=verilog("grouped"))
    for start, said in (
        (([], 2, 0), "has no tokens"),
        (([1, config.vocab_size], 2, 0), "outside the vocabulary"),
        (([5], 3, 2), "does not hold every position"),
        (([1, *[5] * config.seq_len], config.seq_len + 1, 0), "after the last position"),
    ):
        with pytest.raises(InputError, match=said):
            list(rtl._decode(*start))
    with pytest.raises(InputError, match="not a word that stands for one"):
        list(rtl.decode(prompt, 2, Draws(1, 0, 1)))
    for prompt, steps, said in (
        ([], 2, "has no tokens"),
        ([1, config.vocab_size], 2, "outside the vocabulary of 40"),
        ([1], config.seq_len + 1, "13 steps were asked for"),
        ([1, *[5] * config.seq_len], 2, "the prompt has 13 tokens"),
    ):
        for engine in (rtl, model_of("grouped")):
            with pytest.raises(InputError, match=said):
                engine.decode(prompt, steps)
    # A prompt longer than the steps is cut by them.
    forced = [1, *[5] * (config.seq_len - 1)]
    assert [*rtl.decode(forced, 3)] == forced[1:4]
    rtl.close()

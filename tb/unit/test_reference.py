"""myllama.reference against llama2.c's tokens and logits, and against itself."""

import json
from dataclasses import replace

import numpy as np
import pytest

from myllama import reference
from myllama.checkpoint import load, random_checkpoint
from myllama.config import ModelConfig
from myllama.errors import InputError
from myllama.reference import FINAL_TAPS, LAYER_TAPS, Reference

SMALL = ModelConfig(
    dim=24,
    hidden_dim=20,
    n_layers=3,
    n_heads=6,
    n_kv_heads=2,
    vocab_size=30,
    seq_len=12,
    shared_classifier=False,
)
TOKENS = [1, 7, 29, 0, 7, 3, 12, 12, 5, 28, 2, 9]


@pytest.fixture(scope="module")
def stories(shared):
    return Reference(load(shared("checkpoints/stories260K.bin")))


@pytest.fixture(scope="module")
def cases(shared):
    return json.loads(shared("reference/llama2c_260K_greedy.json").read_text())["cases"]


def collect(forward, *args):
    """What a forward pass taps: {(layer, name): value}, in order."""
    seen = {}

    def tap(layer, name, value):
        assert (layer, name) not in seen
        assert value.dtype == np.float32, name
        seen[layer, name] = value

    forward(*args, tap=tap)
    return seen


def test_all_greedy_cases_of_llama2c(stories, cases):
    """Teacher forced: the argmax after each prefix of the text is its next token."""
    assert len(cases) == 60
    for first in range(0, 60, 15):
        batch = cases[first : first + 15]
        tokens = np.zeros((15, 256), int)
        for row, case in zip(tokens, batch, strict=True):
            row[: len(case["tokens"]) - 1] = case["tokens"][:-1]
        best = stories.forward_sequence(tokens).argmax(axis=-1)
        for row, case in zip(best, batch, strict=True):
            start, end = len(case["prompt_tokens"]), len(case["tokens"])
            assert case["tokens"][:start] == case["prompt_tokens"]
            assert row[start - 1 : end - 1].tolist() == case["tokens"][start:], case["prompt"]


def test_decoding_word_by_word_gives_the_same_tokens(stories, cases):
    """The empty prompt, the smallest gap of all (6.6e-5), a text that BOS ends, a long prompt."""
    narrow = min(range(60), key=lambda i: cases[i]["min_top1_top2_gap"])
    ended = next(i for i in range(60) if cases[i]["tokens"][-1] == 1)
    long = max(range(60), key=lambda i: len(cases[i]["prompt_tokens"]))
    for index in {0, narrow, ended, long}:
        case = cases[index]
        assert list(stories.decode(case["prompt_tokens"], 256)) == case["tokens"][1:]


def test_logits_of_llama2c(stories, cases, shared):
    expected = np.load(shared("reference/llama2c_260K_logits.npz"))
    for name in expected.files:
        tokens = cases[int(name.removeprefix("prompt"))]["tokens"][: len(expected[name])]
        stories.reset()
        single = [stories.forward(token, pos) for pos, token in enumerate(tokens)]
        batched = stories.forward_sequence(np.array([tokens]))[0]
        assert np.abs(single - expected[name]).max() < 1e-4
        assert np.abs(batched - expected[name]).max() < 1e-4


@pytest.mark.parametrize("kv_heads", [1, 2, 3, 6])
@pytest.mark.parametrize("shared_classifier", [False, True])
def test_both_paths_agree_at_every_tap(kv_heads, shared_classifier):
    """Multi-query, grouped-query and multi-head attention, each classifier."""
    config = replace(SMALL, n_kv_heads=kv_heads, shared_classifier=shared_classifier)
    decoder = Reference(random_checkpoint(config, 2))
    batched = collect(decoder.forward_sequence, np.array([TOKENS[::-1], TOKENS]))
    for pos, token in enumerate(TOKENS):
        for (layer, name), value in collect(decoder.forward, token, pos).items():
            whole = batched[layer, name][1]
            if name == "scores":
                assert not whole[:, pos, pos + 1 :].any()
                whole = whole[:, pos, : pos + 1]
            else:
                whole = whole[pos]
            np.testing.assert_allclose(value, whole, rtol=1e-4, atol=1e-5, err_msg=name)


def test_taps_come_in_order_with_their_shapes():
    decoder = Reference(random_checkpoint(SMALL, 2))
    decoder.forward(1, 0)
    seen = collect(decoder.forward, 2, 1)
    names = [(layer, name) for layer in range(3) for name in LAYER_TAPS]
    assert list(seen) == names + [(-1, name) for name in FINAL_TAPS]
    wide = {"k": (8,), "v": (8,), "scores": (6, 2), "logits": (30,)}
    wide |= dict.fromkeys(("h1", "h3", "ffn_core"), (20,))
    for (_, name), value in seen.items():
        assert value.shape == wide.get(name, (24,)), name


def test_taps_obey_their_definitions():
    """Each value from those before it, in float64 and with loops instead of matrices."""
    model = random_checkpoint(SMALL, 2)
    decoder = Reference(model)
    for pos, token in enumerate(TOKENS[:5]):
        at = collect(decoder.forward, token, pos)
    x = model.token_embedding_table[TOKENS[4]].astype(float)
    for layer in range(3):
        now = {name: at[layer, name].astype(float) for name in LAYER_TAPS}
        expected = {
            "xhat": x / np.sqrt(np.mean(x**2) + 1e-5) * model.rms_att_weight[layer],
            "v": model.wv[layer] @ now["xhat"],
            "wo": model.wo[layer] @ now["concat"],
            "x_att": x + now["wo"],
            "h1": model.w1[layer] @ now["xhat_ffn"],
            "h3": model.w3[layer] @ now["xhat_ffn"],
            "ffn_core": now["h1"] / (1 + np.exp(-now["h1"])) * now["h3"],
            "w2": model.w2[layer] @ now["ffn_core"],
            "x_ffn": now["x_att"] + now["w2"],
        }
        for name, matrix in (("q", model.wq), ("k", model.wk)):
            raw = matrix[layer] @ now["xhat"]
            turned = [
                (raw[i] + 1j * raw[i + 1]) * np.exp(4j * 10000.0 ** -(i % 4 / 4))
                for i in range(0, raw.size, 2)
            ]
            expected[name] = np.array([[z.real, z.imag] for z in turned]).ravel()
        scores, concat = np.zeros((6, 5)), []
        for head in range(6):
            kv = slice(head // 3 * 4, head // 3 * 4 + 4)
            for t in range(5):
                scores[head, t] = now["q"][4 * head : 4 * head + 4] @ decoder.keys[layer, t, kv] / 2
            weight = np.exp(scores[head]) / np.exp(scores[head]).sum()
            concat += list(weight @ decoder.values[layer, :5, kv])
        expected |= {"scores": scores, "concat": np.array(concat)}
        for name, value in expected.items():
            np.testing.assert_allclose(now[name], value, rtol=1e-4, atol=1e-5, err_msg=name)
        x = now["x_ffn"]
    norm = x / np.sqrt(np.mean(x**2) + 1e-5) * model.rms_final_weight
    np.testing.assert_allclose(at[-1, "norm_final"], norm, rtol=1e-4)
    np.testing.assert_allclose(at[-1, "logits"], model.wcls @ norm, rtol=1e-4, atol=1e-5)


def test_the_cache_keeps_what_was_tapped():
    decoder = Reference(random_checkpoint(SMALL, 2))
    for pos, token in enumerate(TOKENS[:3]):
        seen = collect(decoder.forward, token, pos)
        np.testing.assert_array_equal(decoder.keys[1, pos], seen[1, "k"])
        np.testing.assert_array_equal(decoder.values[1, pos], seen[1, "v"])
    assert not decoder.keys[:, 3:].any()
    decoder.reset()
    assert not decoder.keys.any()
    assert not decoder.values.any()


def scripted(monkeypatch, best):
    """A decoder whose logits favour best[pos], and a tie after it where best is a pair."""
    decoder = Reference(random_checkpoint(SMALL, 2))
    fed = []

    def forward(token, pos, tap=None):
        fed.append(token)
        logits = np.zeros(30, np.float32)
        logits[list(best[pos])] = 1
        return logits

    monkeypatch.setattr(decoder, "forward", forward)
    return decoder, fed


def test_generation_forces_the_prompt_then_follows_the_logits(monkeypatch):
    decoder, fed = scripted(monkeypatch, [(9,), (9,), (8, 5), (7,), (6,)])
    assert list(decoder.decode([1, 4, 3], 5)) == [4, 3, 5, 7, 6]
    assert fed == [1, 4, 3, 5, 7]


def test_generation_ends_after_bos_and_not_after_eos(monkeypatch):
    decoder, _ = scripted(monkeypatch, [(9,), (2,), (1,), (7,)])
    assert list(decoder.decode([1], 4)) == [9, 2, 1]
    decoder, _ = scripted(monkeypatch, [(9,)] * 4)
    assert list(decoder.decode([1, 5, 1, 6], 4)) == [5, 1]


def test_steps_cut_a_long_prompt(monkeypatch):
    decoder, _ = scripted(monkeypatch, [(9,)] * 4)
    assert list(decoder.decode([1, 4, 3, 5], 2)) == [4, 3]
    assert list(decoder.decode([1, 4], 0)) == []


def test_silu_of_large_arguments():
    x = np.array([-1000, -100, 0, 100, 1000], np.float32)
    np.testing.assert_allclose(reference.silu(x), [0, 0, 0, 100, 1000], atol=1e-30)


def test_what_is_out_of_range():
    decoder = Reference(random_checkpoint(SMALL, 2))
    for token in (-1, 30):
        with pytest.raises(InputError, match=f"token {token} is outside the vocabulary of 30"):
            decoder.forward(token, 0)
        with pytest.raises(InputError, match=f"token {token} is outside"):
            decoder.forward_sequence(np.array([[1, token]]))
        with pytest.raises(InputError, match=f"token {token} is outside"):
            decoder.decode([1, token], 2)
    for pos in (-1, 12):
        with pytest.raises(InputError, match=rf"position {pos} is outside 0\.\.11"):
            decoder.forward(1, pos)
    with pytest.raises(InputError, match="13 steps were asked for"):
        decoder.decode([1], 13)
    with pytest.raises(InputError, match="-1 steps were asked for"):
        decoder.decode([1], -1)
    with pytest.raises(InputError, match="the prompt has no tokens"):
        decoder.decode([], 2)
    with pytest.raises(InputError, match="13 tokens is longer than the 12 positions"):
        decoder.forward_sequence(np.ones((1, 13), int))
    with pytest.raises(InputError, match="must be integers"):
        decoder.forward_sequence(np.ones(3, int))
    with pytest.raises(InputError, match="must be integers"):
        decoder.forward_sequence(np.ones((1, 3)))

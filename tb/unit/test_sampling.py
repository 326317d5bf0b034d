"""myllama.sampler against llama2.c: its generator's words, its texts, and each rule by hand."""

import json
import time

import numpy as np
import pytest

from myllama import cli
from myllama.checkpoint import load
from myllama.errors import InputError
from myllama.reference import Reference
from myllama.sampler import Sampler, shares, softmax
from myllama.sampling import as_llama2c
from myllama.xorshift import Xorshift

TEXTS = "reference/llama2c_260K_sampled.json"


def words(seed, count):
    """The definition on plain integers, as a map of bits: x ^= x >> a, x ^= x << b, x ^= x >> c."""
    state = [seed >> i & 1 for i in range(64)]
    for _ in range(count):
        for shift in (12, -25, 27):
            moved = [state[i + shift] if 0 <= i + shift < 64 else 0 for i in range(64)]
            state = [a ^ b for a, b in zip(state, moved, strict=True)]
        product = sum(bit << i for i, bit in enumerate(state)) * 2685821657736338717
        yield product % 2**64 // 2**32


@pytest.mark.parametrize("seed", [1, 42, 133742, 2**63, -1])
def test_first_thousand_words(seed):
    generator = Xorshift(seed)
    assert [generator.word() for _ in range(1000)] == list(words(seed % 2**64, 1000))


def test_words_of_llama2c():
    generator = Xorshift(42)
    expected = [0x56CE4AB7, 0xC841EB53, 0xCA466BE0, 0xF1ACC733]
    assert [generator.word() for _ in range(4)] == expected
    assert Xorshift(1337).word() == 0x3AF61262


def test_coins_of_llama2c():
    generator = Xorshift(42)
    coins = [generator.coin() / 2**24 for _ in range(3)]
    assert [f"{coin:.9f}" for coin in coins] == ["0.339085221", "0.782255828", "0.790136993"]


def test_seed_0_is_the_time(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1234567.9)
    assert Xorshift(0).word() == Xorshift(1234567).word()


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_seeds_have_64_bits(seed):
    with pytest.raises(InputError, match="more than 64 bits"):
        Xorshift(seed)


@pytest.mark.parametrize("temperature", [float("nan"), float("inf")])
def test_temperature_is_a_number(temperature):
    with pytest.raises(InputError, match="is not a number"):
        Sampler(temperature, 0.9, 1)


@pytest.mark.parametrize(
    "temperature, topp, said",
    [
        (-0.5, 0.9, "temperature -0.5 is below 0"),
        (1, 1.5, "top-p 1.5 is outside 0 to 1"),
        (1, -0.1, "top-p -0.1 is outside 0 to 1"),
        (1, float("nan"), "top-p nan is outside 0 to 1"),
    ],
)
def test_ranges(temperature, topp, said):
    """A sentence here, and what llama2.c takes instead for the command line."""
    with pytest.raises(InputError, match=said):
        Sampler(temperature, topp, 1)
    heard = []
    taken = as_llama2c(temperature, topp, heard.append)
    assert taken == ((0, topp) if temperature < 0 else (1, 0.9))
    assert len(heard) == 1 and heard[0].startswith(said)
    assert as_llama2c(*taken, pytest.fail) == taken


def with_coins(sampler, *coins):
    """A sampler whose generator is replaced by a list of coins."""
    coins = iter(coins)
    sampler._generator.coin = lambda: round(next(coins) * 2**24)
    return sampler


LOGITS = np.log(np.array([0.125, 0.5, 0.125, 0.25], np.float32))


@pytest.mark.parametrize("temperature", [0, 1e-50])
def test_no_temperature_is_the_first_largest_and_draws_no_coin(temperature):
    sampler = with_coins(Sampler(temperature, 0.9, 1))
    assert sampler.sample(np.array([0, 3, 3, 1], np.float32)) == 1


@pytest.mark.parametrize("topp", [0, 1])
def test_without_top_p_tokens_share_the_coin_in_their_order(topp):
    sampler = with_coins(Sampler(1, topp, 1), 0, 0.12, 0.13, 0.62, 0.63, 0.74, 0.76, 0.999)
    assert [sampler.sample(LOGITS) for _ in range(8)] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_top_p_keeps_the_likeliest_in_descending_order():
    """0.5 + 0.25 pass 0.7, and share the coin 2 to 1."""
    sampler = with_coins(Sampler(1, 0.7, 1), 0, 0.66, 0.67, 0.999)
    assert [sampler.sample(LOGITS) for _ in range(4)] == [1, 1, 3, 3]


def test_top_p_takes_equals_by_index():
    sampler = with_coins(Sampler(1, 0.8, 1), 0.999)
    assert sampler.sample(LOGITS) == 0


def test_too_unlikely_tokens_are_cut_before_top_p():
    """Only rounding can bring them back: here the first does not pass top-p by itself."""
    topp = np.float32(1 - 2.0**-24)
    probabilities = np.array([topp, 2.0**-24 * 0.99], np.float32)
    assert shares(probabilities, topp)[0].tolist() == [0]
    probabilities[1] = 2.0**-24
    assert shares(probabilities, topp)[0].tolist() == [0, 1]


def test_a_small_top_p_of_equals_keeps_one():
    sampler = with_coins(Sampler(1, 0.1, 1), 0.999)
    assert sampler.sample(np.zeros(4, np.float32)) == 0


@pytest.mark.parametrize("logits", [[1, 2, 3, 2], [-1, -2, -0.5, -2]], ids=["positive", "negative"])
def test_a_temperature_near_0_goes_to_the_largest(logits):
    sampler = Sampler(1e-39, 0.9, 1)
    assert sampler.sample(np.array(logits, np.float32)) == 2


def test_a_huge_temperature_makes_all_alike():
    sampler = with_coins(Sampler(1e300, 0, 1), 0.26, 0.76)
    assert [sampler.sample(LOGITS) for _ in range(2)] == [1, 3]


def test_temperature_divides():
    sampler = with_coins(Sampler(0.5, 0, 1), 0.73, 0.75)
    # Squared and normalised: 1/22, 16/22, 1/22, 4/22.
    assert [sampler.sample(LOGITS) for _ in range(2)] == [1, 1]
    assert softmax(LOGITS / np.float32(0.5))[1] == pytest.approx(16 / 22)


def test_a_coin_beyond_the_rounded_sum_takes_the_last():
    """Ten probabilities of 0.1 may sum to less than 1 in float32."""
    sampler = with_coins(Sampler(1, 0, 1), 1 - 2.0**-24)
    logits = np.zeros(1000, np.float32)
    assert np.cumsum(softmax(logits), dtype=np.float32)[-1] < 1 - 2.0**-24
    assert sampler.sample(logits) == 999


def test_prompt_draws_no_coin(monkeypatch):
    """Whatever the prompt, the first free position gets the seed's first coin."""
    drawn = []
    real = Xorshift.coin
    monkeypatch.setattr(Xorshift, "coin", lambda self: drawn.append(real(self)) or drawn[-1])
    decoder = Reference(load(cli.commands.embedded_checkpoint()))
    sampler = Sampler(1, 0.9, 42)
    list(decoder.decode([1, 403, 407, 261], 5, sampler))
    assert len(drawn) == 2


def test_every_sampled_text_of_llama2c(shared, capfdbinary):
    golden = json.loads(shared(TEXTS).read_text())
    checkpoint = str(shared("checkpoints/stories260K.bin"))
    assert len(golden["cases"]) == 48
    for case in golden["cases"]:
        flags = {"-t": "temperature", "-p": "topp", "-s": "seed", "-n": "steps", "-i": "prompt"}
        words = [word for flag, key in flags.items() for word in (flag, str(case[key]))]
        assert cli.main(["run", checkpoint, "--engine", "reference", *words]) == 0
        assert capfdbinary.readouterr().out == case["text"].encode(), words

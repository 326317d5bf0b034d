"""rtl.sampler and its blocks: generated Verilog against models and against MyHDL sources."""

import random

import pytest
from myhdl import ResetSignal
from stimulus import RESET_CYCLES, random_stimulus

from myllama import sampling
from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.buckets import buckets
from myllama.rtl.likelihood import likelihood
from myllama.rtl.sampler import CLEAR, Sampling, longest, sampler
from myllama.rtl.stream import Stream, VectorStream, bits, flag, word
from myllama.rtl.xorshift import PERIOD, xorshift
from myllama.tables import KEY_WIDTH, RATE_WIDTH, WEIGHT_FRAC

# vocab_size, ways, idle, stall; each takes its part of the runs
SHAPES = [(2, 1), (13, 2), (50, 1), (2, 2), (13, 1), (50, 2)]
POINTS = [(*shape, *pace) for shape, pace in zip(SHAPES, 3 * [(0, 0), (0.3, 0.6)], strict=True)]
RUNS = [(t, p) for t in (0, 0.02, 0.7, 1, 30) for p in (1, 0.1, 0.9, 0.999)]


def reset():
    return ResetSignal(0, active=1, isasync=False)


def sampler_ports(vocab_size, ways):
    return {
        "clk": flag(),
        "rst": reset(),
        "start": flag(),
        **vars(Sampling()),
        "logits": VectorStream(32, ways),
        "token": Stream((vocab_size - 1).bit_length()),
    }


def follow_model(hdl, tmp_path, runs, vocab_size, ways, idle, stall, every=1):
    dut = sampler(**sampler_ports(vocab_size, ways), vocab_size=vocab_size)
    sources = convert(dut, tmp_path, "dut")
    env = {"VOCAB_SIZE": vocab_size, "WAYS": ways, "IDLE": idle, "STALL": stall, "EVERY": every}
    env["RUNS"] = " ".join(f"{temperature},{topp}" for temperature, topp in runs)
    hdl("dut", sources, "cocotb_sampler", "tokens_of_vectors", env)


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_sampler(hdl, tmp_path, point):
    runs = RUNS[POINTS.index(point) :: len(POINTS)]
    follow_model(hdl, tmp_path, runs, *point, every=2 if point[3] else 1)


def test_sampler_of_512_tokens(hdl, tmp_path):
    """Its draws end within longest, which is within two passes, with top-p within twelve."""
    assert longest(512, topp=0, ways=2) <= 1_100
    assert longest(512, topp=1, ways=2) <= 12 * 512
    follow_model(hdl, tmp_path, [(1, 1), (0.8, 0.95)], 512, 2, 0, 0, every=3)


def draws(vocab_size, ways, count):
    """Stimulus of a sampler: settings, logits, then quiet until the token has been taken."""
    rng = random.Random(3)
    idle = dict.fromkeys(
        ("start", "temperature", "topp", "seed", "logits_data", "logits_valid", "token_ready"), 0
    )
    yield from [{**idle, "rst": 1}] * RESET_CYCLES
    yield from [{"rst": 0}] * CLEAR
    for number in range(count):
        words = sampling.Sampling.of(*rng.choice(RUNS), rng.getrandbits(64)).words(16)
        words = zip(("temperature", "topp", "seed"), words, strict=True)
        yield dict(words)
        yield {"start": 1}
        yield {"start": 0}
        spread = (1 << 16, 1 << 18, 1 << 30)[number % 3]
        for _ in range(-(-vocab_size // ways)):
            pair = [rng.randint(-spread, spread) & (1 << 32) - 1 for _ in range(ways)]
            raw = sum(logit << 32 * i for i, logit in enumerate(pair))
            yield {"logits_data": raw, "logits_valid": 1}
        yield {"logits_valid": 0}
        for _ in range(longest(vocab_size, 1, ways) + PERIOD):
            yield {"token_ready": int(rng.random() < 0.3)}
        yield {"token_ready": 1}


@pytest.mark.parametrize("ways, count", [(1, 9), (2, 5)])
def test_sampler_in_myhdl_equals_verilog(tmp_path, ways, count):
    stimulus = list(draws(13, ways, count))
    check(sampler, sampler_ports(13, ways), stimulus, tmp_path, "sampler", {"vocab_size": 13})


def xorshift_ports():
    coin = Stream(24)
    return {"clk": flag(), "rst": reset(), "load": flag(), "seed": bits(64), "coin": coin}


def test_xorshift(hdl, tmp_path):
    sources = convert(xorshift(**xorshift_ports()), tmp_path, "xorshift")
    hdl("xorshift", sources, "cocotb_sampler", "coins_of_seeds")


def test_xorshift_in_myhdl_equals_verilog(tmp_path):
    ports, rates = xorshift_ports(), {"load": 0.004, "coin_ready": 0.1}
    stimulus = random_stimulus(ports, ["load", "seed", "coin_ready"], 3000, rates=rates)
    check(xorshift, ports, stimulus, tmp_path, "xorshift")


def test_likelihood_in_myhdl_equals_verilog(tmp_path):
    ports = {
        "clk": flag(),
        "enters": flag(),
        "best": word(32),
        "logit": word(32),
        "shift": bits(6),
        "mantissa": bits(RATE_WIDTH),
        "next_key": bits(KEY_WIDTH),
        "key": bits(KEY_WIDTH),
        "weight": word(WEIGHT_FRAC + 2),
    }
    rng, stimulus = random.Random(4), []
    for _ in range(40):
        # Steady for a while; shifts around the one at which distances neither vanish nor saturate.
        reach = rng.randint(1, 31)
        best = rng.randint(-(1 << 31) + (1 << reach), (1 << 31) - 1)
        shift = min(max(reach + rng.randint(-2, 20), 0), 63)
        mantissa = rng.randint(1 << RATE_WIDTH - 1, (1 << RATE_WIDTH) - 1)
        steady = {"best": best, "shift": shift, "mantissa": mantissa}
        stimulus += [{"enters": 0}] * 3
        for _ in range(40):
            logit = best - rng.randint(0, 1 << reach)
            stimulus.append({**steady, "enters": int(rng.random() < 0.8), "logit": logit})
    check(likelihood, ports, stimulus, tmp_path, "likelihood", unread=("next_key", "key", "weight"))


def test_buckets_in_myhdl_equal_verilog(tmp_path):
    depth = 8
    ports = {
        "clk": flag(),
        "rst": reset(),
        "add": flag(),
        "bucket": bits(3),
        "weight": word(WEIGHT_FRAC + 2),
        "read": flag(),
        "erase": flag(),
        "place": bits(3),
        "entry": bits(WEIGHT_FRAC + 10),
    }
    rng = random.Random(5)
    idle = dict.fromkeys(("add", "bucket", "weight", "read", "erase", "place"), 0)
    stimulus = [{**idle, "rst": 1}] * RESET_CYCLES
    # Emptied, filled with repeats one after another, read, and emptied again.
    for turn in range(25):
        reads = {**idle, "rst": 0, "read": 1}
        for erase in (0, 1) if turn else (1,):
            stimulus += [{**reads, "erase": erase, "place": place} for place in range(depth)]
        stimulus.append(idle)
        for _ in range(40):
            weight = rng.choice((0, 1, 1 << WEIGHT_FRAC, rng.getrandbits(WEIGHT_FRAC)))
            adds = {"add": int(rng.random() < 0.8), "bucket": rng.choice((0, 1, 7))}
            stimulus.append({**idle, **adds, "weight": weight})
        stimulus += [idle] * 2
    check(buckets, ports, stimulus, tmp_path, "buckets", {"depth": depth}, unread=("entry",))

"""Bench of rtl.kv_cache."""

import os
import random

import cocotb
import numpy as np
from bench import StreamDriver, cycle, start
from cocotb.triggers import RisingEdge
from shapes import SHAPES

from myllama.config import PROFILES
from myllama.geometry import Geometry
from myllama.model.kv_cache import stored
from myllama.rtl.command import KvRead


def vectors(rng, heads, head_dim, width):
    """Heads of every magnitude, with the corners of the format."""
    top = 1 << width - 1
    x = np.zeros((heads, head_dim), np.int64)
    for head in x:
        reach = 1 << int(rng.integers(0, width))
        head[:] = rng.integers(-reach, reach, head_dim)
        if rng.random() < 0.4:
            head[rng.integers(head_dim)] = rng.choice((-top, top - 1, -reach, reach - 1))
    return x


def words(heads, g):
    """The words of one position: heads [n_kv_heads, head_dim], padded with zeros."""
    padded = np.zeros((g.kv_groups * g.kv_per_group, g.parts * g.kv_chan), np.int64)
    padded[: heads.shape[0], : heads.shape[1]] = heads
    flat = padded.reshape(g.kv_words, -1)
    mask, width = (1 << g.profile.act_width) - 1, g.profile.act_width
    return [sum((int(v) & mask) << width * i for i, v in enumerate(row)) for row in flat]


async def check_reads(dut, requests):
    """One request per cycle; each word READ_LATENCY cycles later."""
    latency, due = KvRead.READ_LATENCY, []
    for request, word in [*requests, *[(None, None)] * latency]:
        dut.read_enable.value = request is not None
        if request is not None:
            names = ("value", "addr", "kv_word", "fresh")
            for name, field in zip(names, request, strict=True):
                getattr(dut, f"read_{name}").value = field
        due.append((request, word))
        await RisingEdge(dut.clk)
        if len(due) > latency:
            asked, expected = due.pop(0)
            got = dut.read_data.value
            assert expected is None or int(got) == expected, f"{asked}: {got} not {expected:x}"
    dut.read_enable.value = 0


@cocotb.test()
async def reads_back_what_the_model_stores(dut):
    g = Geometry(
        SHAPES[os.environ["SHAPE"]], PROFILES[os.environ["PROFILE"]], int(os.environ["LANES"])
    )
    c, p = g.config, g.profile
    rng = np.random.default_rng(random.getrandbits(32))
    din = StreamDriver(dut, "din")
    for name in ("enable", "value", "addr", "kv_word", "fresh"):
        getattr(dut, f"read_{name}").value = 0
    dut.base.value = dut.pos.value = 0
    await start(dut)
    memory = {}
    for pos in [0, 1, 2, c.seq_len - 1]:
        for layer in range(c.n_layers):
            base = layer * g.kv_words * c.seq_len
            dut.base.value, dut.pos.value = base, pos
            k, v = (vectors(rng, c.n_kv_heads, c.head_dim, p.act_width) for _ in range(2))
            new = {}
            for value, x, width in ((0, k, p.k_width), (1, v, p.v_width)):
                for i, w in enumerate(words(stored(x, width, p.act_width), g)):
                    new[value, base + i * c.seq_len + pos, i] = w
            din.idle = 0.3 if pos else 0.0
            begun = cycle()
            cocotb.start_soon(din.send([*k.reshape(-1), *v.reshape(-1)]))
            for _ in range(5000):
                await RisingEdge(dut.clk)
                if dut.done.value == 1:
                    break
            else:
                raise AssertionError("no done")
            if not pos:
                steps = 2 * g.kv_groups * g.kv_per_group * g.parts * g.kv_chan
                assert cycle() - begun <= steps + c.head_dim + 8, "slower than an element a cycle"
            await RisingEdge(dut.clk)
            requests = [((*key, 1), word) for key, word in new.items()]
            requests += [((*key, 0), word) for key, word in memory.items()]
            rng.shuffle(requests)
            await check_reads(dut, [(tuple(map(int, key)), int(w)) for key, w in requests])
            memory.update(new)

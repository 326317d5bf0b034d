"""Random expressions, thousands of them: MyHDL against Icarus, bit for bit."""

import importlib.util
import random
import re
from itertools import count

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from idioms import signed
from myhdl import Signal, intbv
from test_hdl_idioms import OPERANDS, corner_or_random

from myllama.hdl.cosim import check

BATCHES, BATCH, VECTORS = 40, 100, 60
WIDEST = 300

LEAVES = st.sampled_from(
    [
        *"abwuvnc", "w[n]", "a[12:4]", "a[12:4].signed()", "w[40:3]", "w[20:].signed()",
        "w[n+8:n]", "w[n+8:n].signed()", "u[3]", "a[16:]", "1", "-1", "127", "-128", "5",
        str(1 << 31), str(-(1 << 31)), str((1 << 35) + 1),
    ]
)  # fmt: skip
AMOUNTS = st.sampled_from(["1", "3", "8", "n"])
POWERS = st.sampled_from(["2", "8", "64"])


def compound(inner):
    infix = st.sampled_from(["+", "-", "*", "&", "|", "^", "+", "-", "*"])
    relation = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    return st.one_of(
        st.tuples(inner, infix, inner).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(inner, infix, inner).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(inner, AMOUNTS).map("({0[0]} << {0[1]})".format),
        st.tuples(inner, AMOUNTS).map("({0[0]} >> {0[1]})".format),
        st.tuples(inner, POWERS).map("({0[0]} // {0[1]})".format),
        st.tuples(inner, POWERS).map("({0[0]} % {0[1]})".format),
        st.tuples(inner, relation, inner).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(inner, inner, inner).map("({0[0]} if {0[1]} > 3 else {0[2]})".format),
        inner.map("(0 - {})".format),
        LEAVES.map("(-{})".format),
    )


EXPRESSIONS = st.recursive(LEAVES, compound, max_leaves=7)
NUMBER = count()

HEAD = """
from myhdl import *
from myllama.hdl.elaborate import insts

class Results:
    pass

@block
def expressions(clk, a, b, w, u, v, n, c, y):
"""
ONE = """
    @always_comb
    def evaluate_{i}():
        y.y{i}.next = {text}
"""


def evaluated(text, vectors):
    """The values of an expression, from Python's integers and MyHDL's words."""
    compiled = compile(text, text, "eval")
    values = []
    for vector in vectors:
        words = {
            name: intbv(vector[name], min=low, max=high) for name, (low, high) in OPERANDS.items()
        }
        values.append(int(eval(compiled, {}, {**words, "c": bool(vector["c"])})))
    return values


def narrowest(values):
    """The signal that just holds them: what is dropped must be what does not matter."""
    low, high = min(values), max(values)
    if low >= 0:
        return Signal(intbv(0)[max(high.bit_length(), 2) :])
    width = max((~low).bit_length(), high.bit_length()) + 1
    bounds = signed(max(width, 2))
    return Signal(intbv(0, min=bounds[0], max=bounds[1]))


@settings(
    max_examples=BATCHES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(texts=st.lists(EXPRESSIONS, min_size=BATCH, max_size=BATCH, unique=True))
def compare_batch(folder, seen, texts):
    rng = random.Random(len(seen))
    # MyHDL evaluates once before the first vector, with every operand at 0.
    vectors = [dict.fromkeys([*OPERANDS, "c"], 0)]
    vectors += [
        {**{name: corner_or_random(rng, *OPERANDS[name]) for name in OPERANDS}, "c": i & 1}
        for i in range(VECTORS)
    ]
    source, results = HEAD, type("Results", (), {})()
    for i, text in enumerate(texts):
        if not set(re.findall(r"[a-z]+", text)) & {*OPERANDS, "c"} or text in seen:
            continue
        values = evaluated(text, vectors)
        if max(abs(value) for value in values).bit_length() > WIDEST:
            continue
        setattr(results, f"y{i}", narrowest(values))
        source += ONE.format(i=i, text=text)
        seen.add(text)
    here = folder / str(next(NUMBER))
    here.mkdir()
    path = here / "expressions.py"
    path.write_text(source + "\n    return insts()\n")
    spec = importlib.util.spec_from_file_location("expressions", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    ports = {"clk": Signal(bool(0))}
    ports |= {name: Signal(intbv(0, min=lo, max=hi)) for name, (lo, hi) in OPERANDS.items()}
    ports |= {"c": Signal(bool(0)), "y": results}
    check(module.expressions, ports, vectors, here, "expressions")


def test_random_expressions(tmp_path):
    seen = set()
    compare_batch(tmp_path, seen)
    print(f"{len(seen)} different expressions of {BATCHES * BATCH}")
    assert len(seen) >= 2000
    assert next(NUMBER) >= BATCHES

"""What conversion refuses, each with the file and the line that it is about."""

import inspect
import re

import pytest
from myhdl import Signal, always, always_comb, block, concat, intbv, modbv

from myllama.hdl.convert import convert
from myllama.hdl.elaborate import insts
from myllama.hdl.errors import ConversionRefused

TABLE = tuple(range(8))


def word():
    return Signal(intbv(0)[8:])


@block
def chained_comparison(clk, a, b, y):
    @always_comb
    def f():
        y.next = 1 < a < 5  # refused

    return insts()


@block
def builtin_call(clk, a, b, y):
    @always_comb
    def f():
        y.next = max(a, b)  # refused

    return insts()


@block
def table_in_expression(clk, a, b, y):
    @always_comb
    def f():
        y.next = TABLE[int(a[3:])] + 1  # refused

    return insts()


@block
def part_of_expression(clk, a, b, y):
    @always_comb
    def f():
        y.next = (a ^ b)[4:]  # refused

    return insts()


@block
def varying_width(clk, a, b, y):
    @always_comb
    def f():
        y.next = a[b[3:] : 0]  # refused

    return insts()


@block
def negative_division(clk, a, b, y):
    s = Signal(intbv(0, min=-128, max=128))

    @always(clk.posedge)
    def g():
        s.next = a - 5

    @always_comb
    def f():
        y.next = (s // 3) & 255  # refused

    return insts()


@block
def negative_shift(clk, a, b, y):
    @always_comb
    def f():
        y.next = (a << (b - 3)) & 255  # refused

    return insts()


@block
def signed_concat(clk, a, b, y):
    s = Signal(intbv(0, min=-8, max=8))

    @always(clk.posedge)
    def g():
        s.next = 1

    @always_comb
    def f():
        y.next = concat(s, a[4:])  # refused

    return insts()


@block
def operand_of_and(clk, a, b, y):
    @always_comb
    def f():
        y.next = a and b  # refused

    return insts()


@block
def complement_of_bit(clk, a, b, y):
    @always_comb
    def f():
        y.next = ~a[0]  # refused

    return insts()


@block
def word_as_condition(clk, a, b, y):
    @always_comb
    def f():
        y.next = 0
        if a:  # refused
            y.next = b

    return insts()


@block
def two_processes(clk, a, b, y):
    @always(clk.posedge)
    def f():
        y.next = a

    @always(clk.posedge)  # refused
    def g():
        y.next = b

    return insts()


@block
def partial_modbv(clk, a, b, y):
    m = Signal(modbv(0, min=0, max=10))

    @always(clk.posedge)
    def f():
        m.next = m + 1  # refused

    @always_comb
    def g():
        y.next = m

    return insts()


@block
def open_loop(clk, a, b, y):
    @always(clk.posedge)
    def f():
        for i in range(a):  # refused
            y.next = i

    return insts()


REFUSED = [
    chained_comparison,
    builtin_call,
    table_in_expression,
    part_of_expression,
    varying_width,
    negative_division,
    negative_shift,
    signed_concat,
    operand_of_and,
    complement_of_bit,
    word_as_condition,
    two_processes,
    partial_modbv,
    open_loop,
]


def refusal(function, tmp_path):
    with pytest.raises(ConversionRefused) as caught:
        convert(function(Signal(bool(0)), word(), word(), word()), tmp_path, "top")
    return str(caught.value)


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: f.func.__name__)
def test_is_refused_at_its_line(function, tmp_path):
    lines, first = inspect.getsourcelines(function.func)
    line = first + next(i for i, text in enumerate(lines) if "# refused" in text)
    message = refusal(function, tmp_path)
    found = re.match(rf"{re.escape(__file__)}:(\d+): ", message)
    assert found, message
    assert abs(int(found[1]) - line) <= 1, message
    assert not list(tmp_path.glob("top.v"))


@block
def keyword_name(clk, a, b, y):
    reg = word()

    @always_comb
    def f():
        reg.next = a

    @always_comb
    def g():
        y.next = reg

    return insts()


@block
def child(clk, a, y):
    @always(clk.posedge)
    def f():
        y.next = a

    return insts()


@block
def two_children(clk, a, b, y):
    u_first = child(clk, a, y)
    u_second = child(clk, b, y)
    return insts()


@block
def list_port(clk, words, y):
    @always_comb
    def f():
        y.next = words[0]

    return insts()


@block
def list_between_blocks(clk, a, b, y):
    words = [a, b]
    u_child = list_port(clk, words, y)
    return insts()


@pytest.mark.parametrize(
    "function, reason",
    [
        (keyword_name, "reg is a word of Verilog"),
        (two_children, "y has two drivers"),
        (list_between_blocks, "list of signals"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_is_refused(function, reason, tmp_path):
    message = refusal(function, tmp_path)
    assert reason in message
    assert re.match(rf"{re.escape(__file__)}:\d+: ", message), message

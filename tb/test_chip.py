"""A decoder behind a serial line: orders, answers, and a small one whole."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from decoder_cases import SMALL, image_of
from myhdl import ResetSignal
from serial_line import ENDS, GREEDY, order_bytes
from stimulus import random_stimulus

from myllama.config import ModelConfig
from myllama.errors import InputError
from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.hdl.ports import port_signals
from myllama.rtl.admission import STATUS_WIDTH
from myllama.rtl.answers import LINE, answers
from myllama.rtl.build import convert_chip
from myllama.rtl.decoder import Ports
from myllama.rtl.orders import Order, orders
from myllama.rtl.stream import Stream, bits, flag
from myllama.rtl.uart import Received

CONFIG = ModelConfig(16, 12, 2, 8, 4, 300, 11, False)
PLACES, DIVISOR = CONFIG.seq_len + 1, 8


def reset():
    return ResetSignal(0, active=1, isasync=False)


def orders_ports():
    ports = Ports(CONFIG)
    return {
        "clk": flag(),
        "rst": reset(),
        "received": Received(),
        "running": flag(),
        "order": Order(ports),
        "prompt": ports.prompt,
        "start": flag(),
        "refused": flag(),
        "late": flag(),
    }


def answers_ports():
    names = ("started", "refused", "late", "broken")
    return {
        "clk": flag(),
        "rst": reset(),
        **{name: flag() for name in names},
        "token": Stream(9),
        "done": flag(),
        "status": bits(STATUS_WIDTH),
        "running": flag(),
        "dout": Stream(8),
    }


def test_orders(hdl, tmp_path):
    files = convert(orders(**orders_ports(), places=PLACES), tmp_path, "orders")
    widths = {name: len(number) for name, number in vars(orders_ports()["order"]).items()}
    env = {"WIDTHS": json.dumps(widths), "PLACES": PLACES}
    hdl("orders", files, "cocotb_chip", "orders_become_starts", env)


def test_orders_in_myhdl_equals_verilog(tmp_path):
    """Bytes of small numbers, most of them, so that many orders end."""
    inputs = ["received_data", "received_valid", "running", "prompt_ready"]
    choices = {"received_data": [0, 0, 0, 0, 0, 1, 2, 3, 255]}
    rates = {"received_valid": 0.2, "running": 0.2}
    stimulus = random_stimulus(
        orders_ports(), inputs, 8000, rates=rates | {"prompt_ready": 0.3}, choices=choices
    )
    check(orders, orders_ports(), stimulus, tmp_path, "orders", {"places": PLACES})


def test_answers(hdl, tmp_path):
    files = convert(answers(**answers_ports()), tmp_path, "answers")
    hdl("answers", files, "cocotb_chip", "answers_of_stories")


def test_answers_in_myhdl_equals_verilog(tmp_path):
    ports = answers_ports()
    inputs = [n for n in port_signals(ports) if n not in ("clk", "rst", "running", "dout_data")]
    inputs = [n for n in inputs if n not in ("token_ready", "dout_valid")]
    rates = {"started": 0.1, "refused": 0.02, "broken": 0.01, "done": 0.05, "late": 0.1}
    stimulus = random_stimulus(ports, inputs, 4000, rates=rates)
    check(answers, answers_ports(), stimulus, tmp_path, "answers")


@pytest.fixture(scope="module")
def verilog(tmp_path_factory):
    """The files of the smallest decoder's chip."""
    folder = tmp_path_factory.mktemp("chip")
    return convert_chip(image_of("small"), SMALL["small"][2], folder, DIVISOR)


def test_no_tool_warns(verilog):
    for command in (
        ["iverilog", "-g2005", "-Wall", "-t", "null", "-s", "chip"],
        ["verilator", "--lint-only", "-Wall", "--top-module", "chip"],
    ):
        said = subprocess.run(
            [*command, *verilog], cwd=verilog[0].parent, capture_output=True, text=True
        )
        assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_stories(hdl, verilog):
    env, folder = {"CASE": "small", "DIVISOR": DIVISOR}, str(verilog[0].parent)
    hdl("chip", verilog, "cocotb_chip", "a_decoder_on_a_line", env, work_dir=folder)


def test_the_example_of_the_docs():
    order = order_bytes([(0, 1), (3, 1), (256, 1), *GREEDY], [1, 403, 407])
    words = [bytes(order[at : at + 2]).hex(" ") for at in range(0, len(order), 2)]
    text = (Path(__file__).parents[1] / "docs/fpga.md").read_text()
    assert f"\n    {'  '.join(words)}\n" in text
    assert f"the answer is {(ENDS | 1 << LINE).to_bytes(2, 'little').hex(' ')}" in text


@pytest.mark.parametrize("vocab_size, seq_len", [(32769, 8), (20, 32767)])
def test_what_no_word_can_carry(tmp_path, vocab_size, seq_len):
    config = ModelConfig(4, 6, 1, 2, 1, vocab_size, seq_len, True)
    image = SimpleNamespace(config=config)
    with pytest.raises(InputError, match=r"line carries up to 32768 and 32766; give fewer"):
        convert_chip(image, 4, tmp_path, DIVISOR)
    assert not [*tmp_path.iterdir()]

"""rtl.uart: generated Verilog against frames, and against its MyHDL source."""

import random

import pytest
from myhdl import ResetSignal, Signal
from stimulus import random_stimulus

from myllama.errors import InputError
from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.stream import Stream, flag
from myllama.rtl.uart import Received, divisor_of, receiver, transmitter


def receiver_ports():
    rst = ResetSignal(0, active=1, isasync=False)
    return {"clk": flag(), "rst": rst, "line": Signal(bool(1)), "received": Received()}


def transmitter_ports():
    rst, line = ResetSignal(0, active=1, isasync=False), Signal(bool(1))
    return {"clk": flag(), "rst": rst, "din": Stream(8), "line": line}


@pytest.mark.parametrize(
    "divisor, case", [(8, "bytes_of_frames"), (13, "bytes_of_frames"), (8, "what_is_no_byte")]
)
def test_receiver(hdl, tmp_path, divisor, case):
    files = convert(receiver(**receiver_ports(), divisor=divisor), tmp_path, "receiver")
    hdl("receiver", files, "cocotb_uart", case, {"DIVISOR": divisor})


@pytest.mark.parametrize("divisor, idle", [(8, 0), (11, 0.98)])
def test_transmitter(hdl, tmp_path, divisor, idle):
    files = convert(transmitter(**transmitter_ports(), divisor=divisor), tmp_path, "transmitter")
    env = {"DIVISOR": divisor, "IDLE": idle}
    hdl("transmitter", files, "cocotb_uart", "frames_of_bytes", env)


def test_receiver_in_myhdl_equals_verilog(tmp_path):
    """A line of random runs, among them glitches, bytes and breaks."""
    rng, stimulus = random.Random(3), [{"rst": 1, "line": 1}] * 2
    while len(stimulus) < 6000:
        length = rng.choice((1, 3, 8, 8, 8, 16, 24, 100))
        stimulus += [{"rst": 0, "line": rng.randrange(2)}] * length
    check(receiver, receiver_ports(), stimulus, tmp_path, "receiver", {"divisor": 8})


def test_transmitter_in_myhdl_equals_verilog(tmp_path):
    stimulus = random_stimulus(transmitter_ports(), ["din_data", "din_valid"], 2000)
    parameters = {"divisor": 8}
    check(transmitter, transmitter_ports(), stimulus, tmp_path, "transmitter", parameters)


@pytest.mark.parametrize(
    "clock, baud, cycles",
    [(110, 1_000_000, 110), (110, 115_200, 955), (25, 3_125_000, 8), (12, 1_500_000, 8)],
)
def test_divisor(clock, baud, cycles):
    assert divisor_of(clock, baud) == cycles


@pytest.mark.parametrize(
    "clock, baud, said",
    [
        (25, 4_000_000, "has 8 cycles per bit only up to 3125000; give a lower one"),
        (110, 10**12, "only up to 13750000; give a lower one"),
        (25, 2_900_000, "2777778 is the nearest, more than 2% off; give that"),
    ],
)
def test_a_rate_that_cannot_be(clock, baud, said):
    with pytest.raises(InputError, match=said):
        divisor_of(clock, baud)

"""rtl.route: what joins words, against their order and against its MyHDL source."""

import pytest
from myhdl import ResetSignal
from stimulus import random_stimulus

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.route import pair_up
from myllama.rtl.stream import VectorStream, flag

WIDTH = 16
COUNTS = [2, 3, 12, 13]


def ports():
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "din": VectorStream(WIDTH, 1),
        "dout": VectorStream(WIDTH, 2),
    }


@pytest.mark.parametrize("count", COUNTS)
def test_pair_up(hdl, tmp_path, count):
    sources = convert(pair_up(**ports(), count=count), tmp_path, "pair_up")
    env = {"WIDTH": WIDTH, "COUNT": count}
    hdl("pair_up", sources, "cocotb_route", "pairs_of_vectors", env)


@pytest.mark.parametrize("count", COUNTS)
def test_pair_up_in_myhdl_equals_verilog(tmp_path, count):
    stimulus = random_stimulus(ports(), ["din_data", "din_valid", "dout_ready"], 1000)
    # The data of no transfer is unknown until a first word has come.
    stimulus[2] |= {"din_valid": 1, "dout_ready": 1}
    check(pair_up, ports(), stimulus, tmp_path, "pair_up", {"count": count})

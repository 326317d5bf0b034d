"""rtl.cordic: generated Verilog against the model, and against its MyHDL source."""

from myhdl import ResetSignal
from stimulus import random_stimulus

from myllama.hdl.convert import convert
from myllama.hdl.cosim import check
from myllama.rtl.cordic import LATENCY, cordic
from myllama.rtl.rope_table import TRIG_WIDTH
from myllama.rtl.stream import bits, flag, word
from myllama.tables import PHASE_WIDTH


def ports():
    return {
        "clk": flag(),
        "rst": ResetSignal(0, active=1, isasync=False),
        "start": flag(),
        "phase": bits(PHASE_WIDTH),
        "done": flag(),
        "cosine": word(TRIG_WIDTH),
        "sine": word(TRIG_WIDTH),
    }


def test_cordic(hdl, tmp_path):
    sources = convert(cordic(**ports()), tmp_path, "cordic")
    hdl("cordic", sources, "cocotb_cordic", "cosines_and_sines")


def test_cordic_in_myhdl_equals_verilog(tmp_path):
    stimulus = random_stimulus(ports(), ["phase", "start"], 60 * LATENCY)
    for cycle, values in enumerate(stimulus):
        values["start"] = cycle % LATENCY == LATENCY - 1
    check(cordic, ports(), stimulus, tmp_path, "cordic")

"""How each engine is built: the one place where a name becomes a decoder.

Imports are made where they are needed, so that a command loads only what it uses.
"""

from . import tools
from .errors import InputError

ENGINES = ("reference", "model", "rtl")
SIMULATORS = ("verilator", "icarus")
_NEEDS = {
    "verilator": (tools.VERILATOR, tools.GXX, tools.MAKE),
    "icarus": (tools.ICARUS,),
}


def build(name, checkpoint, profile, lanes, simulator, progress):
    """An object with decode(prompt, steps); `rtl` also counts its cycles."""
    if name == "reference":
        from .reference import Reference

        return Reference(checkpoint)
    if name == "model":
        from .model.decoder import Model

        return Model(image(checkpoint, profile, progress))
    simulator = choose_simulator(simulator)
    from .sim.rtl import Rtl

    quantized = image(checkpoint, profile, progress)
    progress(f"building the hardware of {lanes} lanes for {simulator}")
    return Rtl(quantized, lanes, simulator)


def image(checkpoint, profile, progress):
    """The quantized checkpoint of the profile called `profile`."""
    from .config import PROFILES
    from .quantize import quantize

    return quantize(checkpoint, PROFILES[profile], progress)


def convert(checkpoint, profile, lanes, folder, progress):
    """Write the Verilog of a checkpoint into `folder`."""
    from .rtl.build import convert

    quantized = image(checkpoint, profile, progress)
    progress(f"converting {lanes} lanes to Verilog in {folder}")
    convert(quantized, lanes, folder)


def choose_simulator(wanted=None):
    """`wanted` if it is here; without a wish Verilator, else Icarus."""
    for name in [wanted] if wanted else SIMULATORS:
        lacking = [tool for tool in _NEEDS[name] if not tools.usable(tool)]
        if not lacking:
            return name
    if wanted:
        names = " and ".join(f"{tool.name} {tool.oldest} or newer" for tool in lacking)
        raise InputError(f"--simulator {wanted} needs {names}; run make setup or myllama doctor")
    raise InputError(
        "neither Verilator nor Icarus is here to simulate the hardware;"
        " run make setup, or use --engine model"
    )

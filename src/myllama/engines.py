"""How each engine is built: the one place where a name becomes a decoder.

Imports are made where they are needed, so that a command loads only what it uses.
"""

ENGINES = ("reference", "model", "rtl")
SIMULATORS = ("verilator", "icarus")


def build(name, checkpoint, profile, lanes, simulator, progress):
    """An object with decode(prompt, steps); `rtl` also has cycles and close().

    lanes      of the hardware; the model sums up softmax as they do
    simulator  None takes the fastest that is installed
    """
    if name == "reference":
        from .reference import Reference

        return Reference(checkpoint)
    if name == "model":
        from .model.decoder import Model

        quantized = image(checkpoint, profile, progress)
        return Model(quantized, ways=ways(quantized, lanes))
    from .sim.rtl import Rtl

    return Rtl(image(checkpoint, profile, progress), lanes, simulator, progress)


def image(checkpoint, profile, progress):
    """The quantized checkpoint of the profile called `profile`."""
    from .config import PROFILES
    from .quantize import quantize

    return quantize(checkpoint, PROFILES[profile], progress)


def ways(image, lanes):
    """Positions that the hardware of `lanes` takes at once, as the integer model then does."""
    from .geometry import Geometry

    return Geometry(image.config, image.profile, lanes).ways


def convert(checkpoint, profile, lanes, folder, progress, seq_len=None, divisor=None):
    """Write the Verilog of a checkpoint into `folder`; returns its files.

    seq_len  positions of its KV cache; None keeps the checkpoint's
    divisor  cycles per bit of a chip's serial lines; None makes the decoder alone
    """
    from .rtl.build import convert, convert_chip

    if seq_len is not None:
        checkpoint.config.shortened(seq_len)  # refused before the long work
    quantized = image(checkpoint, profile, progress)
    if seq_len is not None:
        quantized = quantized.shortened(seq_len)
    progress(f"converting {lanes} lanes to Verilog in {folder}")
    if divisor is not None:
        return convert_chip(quantized, lanes, folder, divisor)
    return convert(quantized, lanes, folder)

"""An image as Verilog: the decoder, or a chip of it, and the contents of its memories."""

from myhdl import ResetSignal, Signal

from ..errors import InputError
from ..hdl.alone import alone
from ..hdl.convert import convert as to_verilog
from ..layout import Layout
from .answers import END
from .chip import chip
from .decoder import Ports, decoder
from .stream import flag


def convert(image, lanes, outdir):
    """Write the decoder of `image` into `outdir`: Verilog and hex files. Returns the former."""
    rst = ResetSignal(0, active=1, isasync=False)
    ports, layout = vars(Ports(image.config)), Layout(image, lanes)
    with alone():
        top = decoder(flag(), rst, **ports, layout=layout, **_constants(image))
    return to_verilog(top, outdir, "decoder")


def convert_chip(image, lanes, outdir, divisor):
    """The same of rtl.chip, whose lines have `divisor` cycles per bit."""
    config, most = image.config, 1 << END
    # A token has END bits beside the one that says it is none.
    if config.vocab_size > most or config.seq_len + 1 >= most:
        raise InputError(
            f"the model has {config.vocab_size} tokens and {config.seq_len} positions, but the"
            f" serial line carries up to {most} and {most - 2}; give fewer positions (--seq-len)"
            " or a smaller model"
        )
    pins = flag(), flag(), flag(), Signal(bool(1))
    with alone():
        top = chip(*pins, Layout(image, lanes), _constants(image), divisor)
    return to_verilog(top, outdir, "chip")


def _constants(image):
    """What the hardware needs of an Image beside its Layout."""
    return {
        "score_shift": int(image.score_shift),
        "embed_shift": int(image.embed_shift),
        "eps": int(image.eps),
        "norm_base": int(image.norm_base),
        "h1_frac": int(image.formats.h1),
    }

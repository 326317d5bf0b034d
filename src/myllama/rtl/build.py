"""An image as Verilog: the decoder and the contents of its memories."""

from myhdl import ResetSignal

from ..hdl.convert import convert as to_verilog
from ..layout import Layout
from .decoder import Ports, decoder
from .stream import flag


def convert(image, lanes, outdir):
    """Write the decoder of `image` into `outdir`: Verilog and hex files. Returns the former."""
    layout = Layout(image, lanes)
    rst = ResetSignal(0, active=1, isasync=False)
    top = decoder(
        flag(),
        rst,
        **vars(Ports(image.config)),
        layout=layout,
        score_shift=int(image.score_shift),
        embed_shift=int(image.embed_shift),
        eps=int(image.eps),
        norm_base=int(image.norm_base),
        h1_frac=int(image.formats.h1),
    )
    return to_verilog(top, outdir, "decoder")

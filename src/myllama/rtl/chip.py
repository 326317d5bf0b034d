"""A decoder on four pins: orders come in on one line, tokens leave on another."""

from myhdl import ResetSignal, always, block

from ..hdl.elaborate import insts
from .answers import answers
from .decoder import Ports, decoder
from .orders import Order, orders
from .stream import Stream, flag
from .uart import Received, receiver, transmitter


@block
def chip(clk, rst, rxd, txd, layout, constants, divisor):
    """A decoder behind a serial line; docs/fpga.md has the bytes.

    rst        from outside, in step with no clock, as rxd; it need not be used
    rxd, txd   8 data bits, no parity, 1 stop bit
    layout     Layout
    constants  the decoder's other arguments, by name
    divisor    cycles per bit

    Rate       a token each time the decoder has one, but not before the line has taken the two
               bytes of the last: 20 * divisor cycles
    """
    config = layout.config
    ports = Ports(config)
    ports.trace = None
    order = Order(ports)
    received, answer = Received(), Stream(8)
    refused, late, running = flag(), flag(), flag()
    early, broken = flag(), flag()
    reset, restart = (ResetSignal(0, active=1, isasync=False) for _ in range(2))
    # The story's last token may be one that the prompt has for the position after the last.
    places = config.seq_len + 1

    listen = receiver(clk, reset, rxd, received, divisor)
    order_in = orders(
        clk, restart, received, running, order, ports.prompt, ports.start, refused, late, places
    )
    core = decoder(clk, restart, **vars(ports), layout=layout, **constants)
    answer_out = answers(
        clk, reset, ports.start, refused, late, broken,
        ports.token, ports.done, ports.status, running, answer,
    )  # fmt: skip
    speak = transmitter(clk, reset, answer, txd, divisor)

    @always(clk.posedge)
    def resets():
        early.next = rst
        reset.next = early
        broken.next = received.broken
        restart.next = early or received.broken

    return insts()

"""What comes with a start, for as long as the story lasts."""

from myhdl import always, block

from ..hdl.elaborate import insts
from .stream import bits


class Asked:
    """The numbers of a start: see decoder.Ports."""

    def __init__(self, start_pos, prompt_len, steps, temperature, topp, seed):
        self.start_pos, self.prompt_len, self.steps = start_pos, prompt_len, steps
        self.temperature, self.topp, self.seed = temperature, topp, seed

    def like(self):
        """Signals of the same widths, to hold them."""
        return Asked(**{name: bits(len(signal)) for name, signal in vars(self).items()})


@block
def hold(clk, idle, asked, held):
    """held is what was asked in the last cycle in which idle was high."""

    @always(clk.posedge)
    def follow():
        if idle:
            held.start_pos.next = asked.start_pos
            held.prompt_len.next = asked.prompt_len
            held.steps.next = asked.steps
            held.temperature.next = asked.temperature
            held.topp.next = asked.topp
            held.seed.next = asked.seed

    return insts()

"""The cosines and sines of one position, made once and read by every head and layer."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from ..tables import PHASE_WIDTH, TRIG_FRAC, rope_phase_steps
from . import cordic as rotator
from .cordic import cordic
from .stream import bits, flag, up_to, word

TRIG_WIDTH = TRIG_FRAC + 2
# Cycles from the start, or from the second result of two, to the rotation of the next two.
PHASE_LATENCY = 4


def fill_cycles(head_dim):
    """Cycles from start to valid: a register, then per two pairs their phases and rotations."""
    pairs = head_dim // 2
    return 1 + -(-pairs // 2) * (PHASE_LATENCY + rotator.LATENCY + 1) + 1 - pairs % 2


@block
def rope_table(clk, rst, start, pos, valid, re, raddr, cosine, sine, head_dim):
    """Fill head_dim / 2 entries for position `pos`; read them with one cycle of latency.

    clk, rst      clock; synchronous reset, active high
    start         pulse; pos is read in the cycles that follow, until valid
    pos           position
    valid         level: the table belongs to pos
    re, raddr     read enable and pair number
    cosine, sine  signed words of TRIG_WIDTH bits, TRIG_FRAC of them fraction

    Latency    fill_cycles(head_dim) cycles from start to valid
    Model      myllama.model.rope.trig, bit exact
    """
    pairs = head_dim // 2
    last = pairs - 1
    # A table has two entries at least, even for the one pair of head_dim 2.
    steps = (rope_phase_steps(head_dim) * 2)[: max(pairs, 2)]

    # The pair whose phase is to come, and the one whose result is.
    coming, pair = up_to(len(steps) - 1), up_to(len(steps) - 1)
    low_bits = PHASE_WIDTH // 2
    step, pos_d1 = bits(PHASE_WIDTH), bits(len(pos))
    lower, upper = bits(low_bits + len(pos)), bits(PHASE_WIDTH - low_bits + len(pos))
    phase = bits(PHASE_WIDTH)
    started, first, second, third, rotate = (flag() for _ in range(5))
    done, filling, write, odd = flag(), flag(), flag(), flag()
    new_cosine, new_sine = word(TRIG_WIDTH), word(TRIG_WIDTH)
    entry, kept = bits(2 * TRIG_WIDTH), bits(2 * TRIG_WIDTH)

    u_cordic = cordic(clk, rst, rotate, phase, done, new_cosine, new_sine)
    u_table = ram_sdp(clk, write, pair, entry, re, raddr, kept, len(steps), style="distributed")

    @always(clk.posedge)
    def phase_step():
        step.next = steps[int(coming)]

    @always(clk.posedge)
    def multiply():
        # Between registers of the multipliers, which take no operand as wide as a step.
        pos_d1.next = pos
        lower.next = pos_d1 * step[low_bits:]
        upper.next = pos_d1 * step[:low_bits]
        phase.next = ((upper << low_bits) + lower) % (1 << PHASE_WIDTH)

    @always_comb
    def pack():
        entry.next = concat(new_sine[TRIG_WIDTH:], new_cosine[TRIG_WIDTH:])
        # Of an odd number of pairs, the last one has no second.
        write.next = done and filling

    @always_comb
    def unpack():
        cosine.next = kept[TRIG_WIDTH:].signed()
        sine.next = kept[2 * TRIG_WIDTH : TRIG_WIDTH].signed()

    @always_seq(clk.posedge, reset=rst)
    def fill():
        started.next = start
        first.next = started
        second.next = first
        third.next = second
        rotate.next = third
        if start:
            valid.next = False
        if started:
            filling.next = True
        elif write:
            if pair == last:
                filling.next = False
                valid.next = True
            else:
                first.next = odd

    @always(clk.posedge)
    def count():
        # Started, they need no reset.
        if started:
            coming.next = 0
            pair.next = 0
            odd.next = False
        else:
            if (first or second) and coming != last:
                coming.next = coming + 1
            if write:
                odd.next = not odd
                if pair != last:
                    pair.next = pair + 1

    return insts()

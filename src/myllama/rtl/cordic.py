"""Cosines and sines of two phases, which take turns in one rotator."""

from myhdl import Signal, always, always_comb, always_seq, block, concat, intbv

from ..hdl.elaborate import insts
from ..tables import CORDIC_ANGLES, CORDIC_GUARD, CORDIC_START, CORDIC_STEPS, PHASE_WIDTH
from .stream import bits, flag, up_to, word

# One cycle to split the phase, two per rotation, one to round, one to turn the quadrant.
LATENCY = 2 * CORDIC_STEPS + 3


@block
def cordic(clk, rst, start, phase, done, cosine, sine):
    """Cosine and sine of phase / 2**PHASE_WIDTH turns, by rotations (Volder, 1959).

    clk, rst      clock; synchronous reset, active high
    start         pulse; one phase is read with it, another in the next cycle
    phase         PHASE_WIDTH bits, one turn
    done          two cycles: cosine and sine of the first phase, then of the second, which
                  stay until the next ones
    cosine, sine  signed words of TRIG_FRAC fraction bits and two more

    Latency    LATENCY cycles from start to the first cycle of done
    Rate       2 phases per LATENCY cycles
    Model      myllama.model.cordic, bit exact; Error: 3 LSB
    """
    eighth = 1 << PHASE_WIDTH - 3
    last = CORDIC_STEPS - 1
    half = 1 << CORDIC_GUARD - 1
    width = CORDIC_START.bit_length() + 2

    turned = bits(PHASE_WIDTH)
    enters, started = flag(), flag()
    quadrants = bits(4)  # of the next result, and of the one after it
    x, y, dx, dy, x_d1, y_d1 = (word(width) for _ in range(6))
    angle, angle_d1 = word(PHASE_WIDTH), word(PHASE_WIDTH)
    step = word(PHASE_WIDTH - 2)
    rotation, places = up_to(last), up_to(last + 1)
    back, minus_dx, plus_dy, minus_step = flag(), word(width), word(width), word(PHASE_WIDTH - 2)
    turning, adds, second, finishes = flag(), flag(), flag(), flag()
    # Bit 0: the last rotation is added; then the result is rounded, then it is turned.
    leaves = Signal(intbv(0)[3:])
    rounded_x, rounded_y = word(width - CORDIC_GUARD), word(width - CORDIC_GUARD)

    @always_comb
    def from_the_middle_of_a_quadrant():
        # The rotations reach 45 degrees to either side.
        turned.next = (phase + eighth) % (1 << PHASE_WIDTH)

    @always_comb
    def look_up():
        step.next = CORDIC_ANGLES[int(rotation)]

    @always_comb
    def shift():
        dx.next = y >> places
        dy.next = x >> places

    @always_comb
    def flags():
        enters.next = start or started
        finishes.next = turning and rotation == last

    @always(clk.posedge)
    def choose_sense():
        # What is taken away is added as its complement and one more.
        x_d1.next = x
        y_d1.next = y
        angle_d1.next = angle
        back.next = angle < 0
        if angle < 0:
            minus_dx.next = dx
            plus_dy.next = ~dy
            minus_step.next = step
        else:
            minus_dx.next = ~dx
            plus_dy.next = dy
            minus_step.next = ~step

    @always(clk.posedge)
    def add():
        if enters:
            x.next = CORDIC_START
            y.next = 0
            angle.next = turned[PHASE_WIDTH - 2 :] - eighth
        elif adds:
            x.next = x_d1 + minus_dx + (not back)
            y.next = y_d1 + plus_dy + back
            angle.next = angle_d1 + minus_step + (not back)

    @always_seq(clk.posedge, reset=rst)
    def count():
        started.next = start
        adds.next = turning
        leaves.next = concat(leaves[2:], finishes)
        done.next = leaves[2]
        if start:
            turning.next = True
        elif finishes and second:
            turning.next = False

    @always(clk.posedge)
    def walk():
        # Started, they need no reset.
        if start:
            second.next = False
            rotation.next = 0
            places.next = 1
        elif turning:
            second.next = not second
            if second and rotation != last:
                rotation.next = rotation + 1
                places.next = places + 1

    @always(clk.posedge)
    def keep_quadrants():
        if enters or leaves[2]:
            quadrants.next = concat(quadrants[2:], turned[PHASE_WIDTH : PHASE_WIDTH - 2])

    @always(clk.posedge)
    def round_half_up():
        rounded_x.next = (x + half) >> CORDIC_GUARD
        rounded_y.next = (y + half) >> CORDIC_GUARD

    @always(clk.posedge)
    def turn():
        if leaves[2]:
            if quadrants[4:2] == 0:
                cosine.next = rounded_x
                sine.next = rounded_y
            elif quadrants[4:2] == 1:
                cosine.next = -rounded_y
                sine.next = rounded_x
            elif quadrants[4:2] == 2:
                cosine.next = -rounded_x
                sine.next = -rounded_y
            else:
                cosine.next = rounded_y
                sine.next = -rounded_x

    return insts()

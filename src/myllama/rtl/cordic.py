"""Cosine and sine, one rotation per cycle."""

from myhdl import always_comb, always_seq, block

from ..hdl.elaborate import insts
from ..tables import CORDIC_ANGLES, CORDIC_GUARD, CORDIC_START, CORDIC_STEPS, PHASE_WIDTH
from .stream import bits, flag, up_to, word

# One cycle to split the phase, one per rotation, one to round, one to turn the quadrant.
LATENCY = CORDIC_STEPS + 3


@block
def cordic(clk, rst, start, phase, done, cosine, sine):
    """Cosine and sine of phase / 2**PHASE_WIDTH turns, by rotations (Volder, 1959).

    clk, rst      clock; synchronous reset, active high
    start         pulse; phase is read with it
    phase         PHASE_WIDTH bits, one turn
    done          pulse: cosine and sine are there, and stay until the next start
    cosine, sine  signed words of TRIG_FRAC fraction bits and two more

    Latency    LATENCY cycles from start to done
    Rate       1 call per LATENCY cycles
    Model      myllama.model.cordic, bit exact; Error: 3 LSB
    """
    eighth = 1 << PHASE_WIDTH - 3
    last = CORDIC_STEPS - 1
    half = 1 << CORDIC_GUARD - 1
    width = CORDIC_START.bit_length() + 2

    turned = bits(PHASE_WIDTH)
    quadrant = bits(2)
    x, y, dx, dy = (word(width) for _ in range(4))
    angle = word(PHASE_WIDTH)
    step = word(PHASE_WIDTH - 2)
    rotation, places = up_to(last), up_to(last + 1)
    back, minus_dx, plus_dy, minus_step = flag(), word(width), word(width), word(PHASE_WIDTH - 2)
    turning, rounding, placing = flag(), flag(), flag()
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
    def choose_sense():
        # What is taken away is added as its complement and one more.
        back.next = angle < 0
        if angle < 0:
            minus_dx.next = dx
            plus_dy.next = ~dy
            minus_step.next = step
        else:
            minus_dx.next = ~dx
            plus_dy.next = dy
            minus_step.next = ~step

    @always_seq(clk.posedge, reset=rst)
    def rotate():
        rounding.next = turning and rotation == last
        placing.next = rounding
        done.next = placing
        if start:
            quadrant.next = turned[: PHASE_WIDTH - 2]
            angle.next = turned[PHASE_WIDTH - 2 :] - eighth
            x.next = CORDIC_START
            y.next = 0
            rotation.next = 0
            places.next = 1
            turning.next = True
        elif turning:
            x.next = x + minus_dx + (not back)
            y.next = y + plus_dy + back
            angle.next = angle + minus_step + (not back)
            if rotation == last:
                turning.next = False
            else:
                rotation.next = rotation + 1
                places.next = places + 1
        if rounding:
            rounded_x.next = (x + half) >> CORDIC_GUARD
            rounded_y.next = (y + half) >> CORDIC_GUARD
        if placing:
            if quadrant == 0:
                cosine.next = rounded_x
                sine.next = rounded_y
            elif quadrant == 1:
                cosine.next = -rounded_y
                sine.next = rounded_x
            elif quadrant == 2:
                cosine.next = -rounded_x
                sine.next = -rounded_y
            else:
                cosine.next = rounded_y
                sine.next = -rounded_x

    return insts()

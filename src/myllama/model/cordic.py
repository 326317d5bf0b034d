"""Bit-exact model of rtl.cordic."""

from ..tables import CORDIC_ANGLES, CORDIC_GUARD, CORDIC_START, PHASE_WIDTH


def cordic(phase):
    """(cosine, sine) of phase / 2**PHASE_WIDTH turns, 1.0 = 1 << TRIG_FRAC. phase: int."""
    eighth = 1 << PHASE_WIDTH - 3
    turned = (phase + eighth) & (1 << PHASE_WIDTH) - 1
    quadrant = turned >> PHASE_WIDTH - 2
    angle = (turned & (1 << PHASE_WIDTH - 2) - 1) - eighth
    x, y = CORDIC_START, 0
    for i, step in enumerate(CORDIC_ANGLES, 1):
        dx, dy = y >> i, x >> i
        if angle >= 0:
            x, y, angle = x - dx, y + dy, angle - step
        else:
            x, y, angle = x + dx, y - dy, angle + step
    half = 1 << CORDIC_GUARD - 1
    x, y = (x + half) >> CORDIC_GUARD, (y + half) >> CORDIC_GUARD
    return ((x, y), (-y, x), (-x, -y), (y, -x))[quadrant]

"""What stands in for the watched simulation where a test is about the report of it."""

import numpy as np

from myllama.cost.cycles import token
from myllama.cost.watch import UNITS


class Hardware:
    """Takes the cycles of the formula; its units work by turns."""

    def __init__(self, image, lanes, geometry, progress):
        self._geometry = geometry

    def token(self, pos):
        cost = token(self._geometry, pos)
        cycles = np.arange(cost.cycles.total())
        return cost, {name: cycles % (i + 2) == 0 for i, name in enumerate(UNITS)}

    def mean(self, positions):
        tokens = [token(self._geometry, pos).cycles.total() for pos in range(positions)]
        return sum(tokens) / positions

    def close(self):
        pass

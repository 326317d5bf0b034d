"""Block RAMs trade places, until their wires get no shorter by it.

nextpnr's placer takes them one after another to the nearest site that is free, which may be at the
other end of the chip: nearly all are in use.
"""

from collections import defaultdict

import numpy as np

from .chips import position
from .netlist import OUTSIDE

# Wider nets are everywhere, wherever one of their cells is.
_WIDEST = 400


class _Wires:
    """The nets of cells that trade: the i-th of `names` is at sites[i], and at[i] is where that is.

    A site beyond these is free: the place of a cell without wires.
    """

    def __init__(self, netlist, placement, names, sites):
        self.sites = sites
        self.at = np.array([position(site) for site in sites], float)
        # Of each net: which of the cells are on it, and the box around its others.
        self.nets, self.of = [], defaultdict(set)
        index = {name: i for i, name in enumerate(names)}
        cells = {bit: {name for name, *_ in found} for bit, found in netlist.readers.items()}
        for bit, (name, *_) in netlist.drivers.items():
            cells.setdefault(bit, set()).add(name)
        for on_net in cells.values():
            mine = [index[name] for name in on_net if name in index]
            if not mine or len(on_net) > _WIDEST:
                continue
            others = on_net - index.keys() - {OUTSIDE}
            places = [place for name in others if (place := placement.of(netlist, name))]
            for i in mine:
                self.of[i].add(len(self.nets))
            low, high = np.full(2, np.inf), np.full(2, -np.inf)
            if places:
                low, high = np.min(places, axis=0), np.max(places, axis=0)
            self.nets.append((mine, low, high))

    def swap(self, one, other):
        """Two cells trade their sites."""
        self.at[[one, other]] = self.at[[other, one]]
        self.sites[one], self.sites[other] = self.sites[other], self.sites[one]

    def _box(self, net, cells):
        """Corners of the box around these cells, and what of the net does not trade."""
        _, low, high = self.nets[net]
        if cells:
            here = self.at[cells]
            low, high = np.minimum(low, here.min(axis=0)), np.maximum(high, here.max(axis=0))
        return low, high

    def length(self, nets=None):
        """Half the circumference of the boxes around nets, all unless said, in tiles."""
        total = 0
        for net in range(len(self.nets)) if nets is None else nets:
            low, high = self._box(net, self.nets[net][0])
            total += (high - low).sum()
        return total

    def lengthening(self, cell):
        """How much longer the cell's nets are with it than without it, for each place of `at`."""
        boxes = []
        for net in self.of[cell]:
            box = self._box(net, [i for i in self.nets[net][0] if i != cell])
            if np.isfinite(box[0]).all():
                boxes.append(box)
        if not boxes:
            return np.zeros(len(self.at))
        low, high = (np.array(corners)[:, None] for corners in zip(*boxes, strict=True))
        return (np.maximum(low - self.at, 0) + np.maximum(self.at - high, 0)).sum(axis=(0, 2))


def _trade(wires):
    """Let every cell trade once, the most wire first. Returns whether one did."""
    costs = np.array([wires.lengthening(cell) for cell in range(len(wires.sites))])
    own, traded = np.diag(costs), set()
    # Exact for two that have no common net; the others are measured below.
    gains = own[:, None] + own - costs - costs.T
    best_first = np.argsort(-np.triu(gains), axis=None)
    for one, other in zip(*np.unravel_index(best_first, gains.shape), strict=True):
        if gains[one, other] <= 0:
            break
        if one in traded or other in traded:
            continue
        nets = wires.of[one] | wires.of[other]
        before = wires.length(nets)
        wires.swap(one, other)
        if wires.length(nets) < before:
            traded |= {one, other}
        else:
            wires.swap(one, other)
    return bool(traded)


def trade_places(netlist, placement, kind, sites):
    """Let the cells of one type trade their sites, or take free ones of `sites`, in a Placement.

    Returns the length of their nets before and after it, in tiles: of each net, half the
    circumference of the box around it.
    """
    names = [name for name, _ in netlist.of_type(kind)]
    held = [placement.sites[name] for name in names]
    wires = _Wires(netlist, placement, names, held + [site for site in sites if site not in held])
    before = wires.length()
    while _trade(wires):
        pass
    for name, site in zip(names, wires.sites, strict=False):
        placement.move(name, site)
    return before, wires.length()

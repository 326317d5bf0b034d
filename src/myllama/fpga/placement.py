"""A placement of nextpnr's, as the cells of Yosys's netlist see it."""

from .chips import position
from .netlist import OUTSIDE

# Cells that are no place of their own, and the input whose cell is where they are.
_INSIDE = {"PFUMX": "ALUT", "L6MUX21": "D0"}


class Placement:
    """Where nextpnr put the cells of a netlist, from the module that it writes.

    sites  {name of a cell: what nextpnr calls the site that it is at}
    """

    def __init__(self, module):
        self.sites, self._places = {}, {}
        for name, cell in module["cells"].items():
            site = cell["attributes"].get("NEXTPNR_BEL", "")
            at = position(site)
            if at:
                self.sites[name] = site
                # Carries and memories of LUTs became several cells.
                for known in (name, name.rpartition("$")[0]):
                    self._places.setdefault(known, at)

    def move(self, name, site):
        """The cell is at another site."""
        self.sites[name] = site
        self._places[name] = position(site)

    def of(self, netlist, name):
        """(x, y) of a cell of the netlist that was placed; None if it has none."""
        while name not in self._places:
            cell = netlist.cells.get(name)
            if cell is None or cell["type"] not in _INSIDE:
                return None
            bit = cell["connections"][_INSIDE[cell["type"]]][0]
            name, _, _ = netlist.drivers.get(bit, (OUTSIDE, None, None))
        return self._places[name]

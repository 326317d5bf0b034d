"""What a decoder costs, as text, as JSON and as a picture; the hardware beside the formula."""

from dataclasses import dataclass
from pathlib import Path

from ..atomic import replacing
from ..geometry import Geometry
from ..rtl.kv_pack import Packed
from ..rtl.plan import places
from .cycles import token
from .stages import STAGES
from .watch import Watched

POSITIONS = 0, 1, 63, 255, 511
MEAN = 256


def memories(geometry):
    """{name: bits} of the memories that grow with the model."""
    g, p = geometry, geometry.profile
    words, rows = places(g)["end"]
    kv = Packed(p.k_width, g).width + Packed(p.v_width, g).width
    return {
        "weights": words * g.lanes * p.weight_width,
        "row scales and shifts": rows * g.ways * g.row_width,
        "KV cache": g.ways * g.kv_depth * kv,
        "activations": g.act_depth * g.columns * p.act_width,
    }


@dataclass
class Report:
    """hardware, formula: {position: Cost}; mean: cycles of (hardware, formula); units of the last
    position: {name: [cycles] bool}."""

    geometry: Geometry
    hardware: dict
    formula: dict
    count: int
    mean: tuple
    units: dict

    @property
    def growth(self):
        """Cycles that a position more costs: both passes over its words, of `ways` positions."""
        g = self.geometry
        return 2 * g.config.n_layers * g.groups * g.parts // g.ways

    def lines(self):
        c, g = self.geometry.config, self.geometry
        yield (
            f"dim {c.dim}, hidden {c.hidden_dim}, {c.n_layers} layers, {c.n_heads} heads,"
            f" {c.n_kv_heads} kv heads, vocabulary {c.vocab_size}; {g.lanes} lanes,"
            f" profile {g.profile.name}"
        )
        yield ""
        yield "cycles of a token, hardware (formula)"
        yield f"{'position':<14}" + "".join(f"{pos:>18,}" for pos in self.hardware)
        for stage in STAGES:
            cells = ""
            for pos, cost in self.hardware.items():
                cells += f"{_pair(cost.cycles[stage], self.formula[pos].cycles[stage]):>18}"
            yield f"{stage:<14}{cells}"
        totals = [
            _pair(cost.cycles.total(), self.formula[pos].cycles.total())
            for pos, cost in self.hardware.items()
        ]
        yield f"{'all':<14}" + "".join(f"{cell:>18}" for cell in totals)
        for name, share in (("busy", 0), ("of use", 1)):
            cells = [
                f"{cost.busy(g.lanes)[share]:.1%} ({self.formula[pos].busy(g.lanes)[share]:.1%})"
                for pos, cost in self.hardware.items()
            ]
            yield f"{name:<14}" + "".join(f"{cell:>18}" for cell in cells)
        yield f"mean of {self.count}: {self.mean[0]:,.1f} ({self.mean[1]:,.1f})"
        yield f"growth per position: {self._grown()} ({self.growth})"
        yield ""
        last = max(self.hardware)
        yield f"position {last}: cycles, of them with a word entering the engine, and waiting"
        for stage in STAGES:
            cycles, words = (getattr(self.hardware[last], n)[stage] for n in ("cycles", "words"))
            yield f"{stage:<14}{cycles:>10,}{words:>10,}{cycles - words:>10,}"
        yield ""
        yield f"position {last}: cycles a unit works, beside the multipliers, and alone"
        lanes = self.units["multipliers"]
        for name, works in self.units.items():
            both = int((works & lanes).sum())
            yield f"{name:<16}{int(works.sum()):>10,}{both:>10,}{int(works.sum()) - both:>10,}"
        yield ""
        for name, bits in memories(g).items():
            yield f"{name:<24}{bits:>14,} bits"

    def json(self):
        """The same as plain values."""
        both = {"hardware": self.hardware, "formula": self.formula}
        costs = {
            who: {
                pos: {
                    "cycles": dict(cost.cycles),
                    "words": dict(cost.words),
                    "all": cost.cycles.total(),
                    "busy": cost.busy(self.geometry.lanes)[0],
                    "of use": cost.busy(self.geometry.lanes)[1],
                }
                for pos, cost in costs.items()
            }
            for who, costs in both.items()
        }
        return {
            "lanes": self.geometry.lanes,
            "profile": self.geometry.profile.name,
            "positions": costs,
            "mean": {"of": self.count, "hardware": self.mean[0], "formula": self.mean[1]},
            "growth": {"hardware": self._grown(), "formula": self.growth},
            "memory bits": memories(self.geometry),
        }

    def draw(self, path):
        """A bar of stages per position, and what works in which cycle of the last one."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(14, 8), layout="constrained")
        bars, line = figure.subplots(2, 1)
        left = dict.fromkeys(self.hardware, 0)
        names = [f"position {pos}" for pos in self.hardware]
        for stage in STAGES:
            cycles = [cost.cycles[stage] for cost in self.hardware.values()]
            bars.barh(names, cycles, left=list(left.values()), label=stage)
            left = {pos: at + n for (pos, at), n in zip(left.items(), cycles, strict=True)}
        bars.set_xlabel("cycles")
        bars.legend(ncols=len(STAGES), fontsize="small")
        for row, works in enumerate(self.units.values()):
            line.broken_barh(_runs(works), (row - 0.4, 0.8))
        line.set_yticks(range(len(self.units)), list(self.units))
        line.invert_yaxis()
        line.set_xlabel(f"cycle of the token at position {max(self.hardware)}")
        with replacing(path) as file:
            figure.savefig(file, format=Path(path).suffix[1:], dpi=100)

    def _grown(self):
        first, last = min(self.hardware), max(self.hardware)
        # The first token's start is no growth.
        before = min(self.hardware.keys() - {first}, default=first)
        if before == last:
            return None
        cycles = [self.hardware[pos].cycles.total() for pos in (before, last)]
        return (cycles[1] - cycles[0]) / (last - before)


def report(image, lanes, progress=lambda message: None):
    """The Report of an Image with `lanes` multipliers."""
    geometry = Geometry(image.config, image.profile, lanes)
    seq_len = image.config.seq_len
    hardware, formula = {}, {}
    watched = Watched(image, lanes, geometry, progress)
    try:
        for pos in (pos for pos in POSITIONS if pos < seq_len):
            progress(f"position {pos}")
            hardware[pos], units = watched.token(pos)
            formula[pos] = token(geometry, pos)
        count = min(MEAN, seq_len)
        progress(f"mean of {count} positions")
        seen = watched.mean(count)
    finally:
        watched.close()
    told = sum(token(geometry, pos).cycles.total() for pos in range(count)) / count
    return Report(geometry, hardware, formula, count, (seen, told), units)


def _pair(seen, told):
    return f"{seen:,} ({told:,})"


def _runs(works):
    """(first cycle, length) of each run of cycles in which something works."""
    edges = [0, *works.astype(int).tolist(), 0]
    starts = [i for i in range(len(edges) - 1) if edges[i + 1] > edges[i]]
    ends = [i for i in range(len(edges) - 1) if edges[i + 1] < edges[i]]
    return [(first, end - first) for first, end in zip(starts, ends, strict=True)]

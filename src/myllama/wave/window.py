"""What is simulated and dumped: a layer's attention, or some cycles, of one position."""

from dataclasses import dataclass

from ..errors import InputError

LAST_CYCLE = (1 << 31) - 1  # that a Verilog integer counts


@dataclass(frozen=True)
class Window:
    """Part of the work for the token at position `pos`.

    layer        whose K and V rows are shown, and whose attention is dumped: from the command
                 QKV until x has its output added
    first, last  instead of that, the cycles to dump; cycle 0 is the one in which the sequencer
                 looks the token up. If one is given, the other may be None: the position's
                 first cycle, its last.
    whole        simulate every position before it too; else the KV cache starts with the rows
                 that the integer model puts there
    """

    pos: int = 1
    layer: int = 0
    first: int | None = None
    last: int | None = None
    whole: bool = False

    def check(self, config):
        """InputError unless a decoder of this ModelConfig gets there."""
        if not 0 <= self.pos < config.seq_len:
            raise InputError(
                f"--pos {self.pos} is outside the model's positions, 0 to {config.seq_len - 1}"
            )
        if not 0 <= self.layer < config.n_layers:
            raise InputError(
                f"--layer {self.layer} is outside the model's layers, 0 to {config.n_layers - 1}"
            )
        if self.first is not None and not 0 <= self.first <= LAST_CYCLE:
            raise InputError(f"--from {self.first} is no cycle; give one of 0 to {LAST_CYCLE}")
        if self.last is not None and not (self.first or 0) < self.last <= LAST_CYCLE:
            raise InputError(
                f"--to {self.last} is no later cycle;"
                f" give one of {(self.first or 0) + 1} to {LAST_CYCLE}"
            )

    @property
    def by_cycles(self):
        return self.first is not None or self.last is not None

    @property
    def name(self):
        """For files."""
        if not self.by_cycles:
            return f"pos{self.pos}_layer{self.layer}"
        end = "end" if self.last is None else self.last
        return f"pos{self.pos}_layer{self.layer}_cycles{self.first or 0}to{end}"

    def rows(self, config):
        """Positions whose K and V rows are dumped: the first two, and all up to this one."""
        return range(min(max(self.pos + 1, 2), config.seq_len))

    def shown(self, config):
        """Those that a save file lists: the first two, the one before, this one."""
        near = {0, 1, self.pos - 1, self.pos}
        return [t for t in self.rows(config) if t in near]

"""Requests of a KvRead: K's or V's memories, with the present position's word or without."""

from bench import LOW

FIELDS = "old_k", "old_v", "new_k", "new_v"


def enables(ways, odd, value, fresh):
    """The FIELDS of a request for V (value) or K; fresh: with the present position, if odd."""
    old = (1 << ways) - 1
    if fresh:
        # Above an even position there is none: the present row stands in for it.
        old = int(ways == 2 and odd)
    kind = "kv"[value]
    return dict.fromkeys(FIELDS, 0) | {f"old_{kind}": old, f"new_{kind}": fresh}


class Asks:
    """Looks at the requests of a KvRead of this prefix."""

    def __init__(self, dut, prefix):
        self.nets = {name: getattr(dut, f"{prefix}_{name}") for name in FIELDS}
        nets = self.nets
        self.old, self.new = (nets["old_k"], nets["old_v"]), (nets["new_k"], nets["new_v"])

    def any(self):
        """Whether there is one, or something unknown."""
        if any(net.value != LOW for net in self.new):
            return True
        return any(net.value != 0 for net in self.old)

    def fields(self):
        return {name: int(net.value) for name, net in self.nets.items()}

    def fresh(self):
        return any(net.value == 1 for net in self.new)

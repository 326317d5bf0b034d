"""Signals of the decoder that are recorded in every cycle, for whoever counts cycles.

A decoder verilated for this is a library of its own, so that the others stay as fast.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Signal:
    """path: instances, then the signal, below the top; module: that which declares it."""

    module: str
    path: str
    width: int = 1

    @property
    def member(self):
        return "decoder__DOT__" + self.path.replace(".", "__DOT__")


SIGNALS = {
    "state": Signal("sequencer", "control.state", 5),
    "accepted": Signal("sequencer", "control.accepted"),
    "word": Signal("issue", "dot_products.control_path.go"),
    "row_valid": Signal("decoder", "row_valid"),
    "turned_valid": Signal("decoder", "turned_valid"),
    "packing": Signal("pack", "cache.packer.active"),
    "softmax": Signal("softmax_control", "attention_weights.u_control.state", 3),
    "x_valid": Signal("decoder", "x_valid"),
    "norm_busy": Signal("rmsnorm", "root_mean_square.busy"),
    "z_valid": Signal("decoder", "z_valid"),
    "logits_valid": Signal("decoder", "logits_valid"),
    "filling": Signal("rope_table", "angles.filling"),
}


def config():
    """Verilator's configuration that makes them readable."""
    lines = [f'public_flat_rd -module "{s.module}" -var "{s.path.split(".")[-1]}"'
             for s in SIGNALS.values()]  # fmt: skip
    return "\n".join(["`verilator_config", *lines]) + "\n"


def header():
    """What the shim records of them: one word per cycle."""
    terms, at = [], 0
    for signal in SIGNALS.values():
        terms.append(f"static_cast<uint32_t>(root->{signal.member}) << {at}")
        at += signal.width
    return f"#define WATCHED(root) ({' | '.join(terms)})\n"


def fields(words):
    """{name: [cycles]} of recorded words."""
    found, at = {}, 0
    for name, signal in SIGNALS.items():
        found[name] = words >> np.uint32(at) & np.uint32((1 << signal.width) - 1)
        at += signal.width
    return found

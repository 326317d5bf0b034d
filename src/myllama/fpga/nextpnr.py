"""nextpnr: a netlist is placed, and routed."""

import json
import re
import subprocess
from pathlib import Path

from ..errors import InputError
from .result import Routed, block_of

TARGET = 110  # MHz; nextpnr works towards it
_FULL = re.compile(r"Unable to place cell '([^']+)', no BELs remaining .* type '(\w+)'")
_ERROR = re.compile(r"^ERROR: (.*)$", re.MULTILINE)
_STAGES = {
    "Packing constants": "packing",
    "Creating initial analytic placement": "placing",
    "Running Static placer": "placing by length of wires",
    "Routing..": "routing",
}


def place(nextpnr, netlist, placed, device, progress):
    """Place a netlist by the length of its wires alone, and write the module with its places."""
    run_nextpnr(
        nextpnr, netlist, device, placed.with_suffix(".log"), progress,
        "--placer", "static", "--seed", "1", "--no-route", "--write", placed.name,
    )  # fmt: skip


def route(nextpnr, netlist, config, device, seed, progress):
    """Place and route a netlist with one seed; writes `config`. Returns Routed."""
    report = config.with_suffix(".json")
    run_nextpnr(
        nextpnr, netlist, device, config.with_suffix(".log"), progress,
        "--placer", "heap", "--router", "router1", "--seed", str(seed),
        "--textcfg", config.name, "--report", report.name,
    )  # fmt: skip
    found = json.loads(report.read_text())
    fmax = min(clock["achieved"] for clock in found["fmax"].values())
    path = max(
        (path["path"] for path in found["critical_paths"] if path["from"] == path["to"]),
        key=lambda path: sum(step["delay"] for step in path),
    )
    steps = [(block_of(step["to"]["cell"]), step["type"], step["delay"]) for step in path]
    ends = path[0]["from"]["cell"], path[-1]["to"]["cell"]
    return Routed(seed, fmax, ends, tuple(steps))


def run_nextpnr(nextpnr, netlist, device, log, progress, *options):
    """Run nextpnr in the netlist's folder, with these options besides what all runs have."""
    command = [
        nextpnr, device.option, "--package", device.package, "--speed", device.speed,
        "--freq", str(TARGET), "--json", netlist.name, "--lpf-allow-unconstrained",
        "--timing-allow-fail", *options,
    ]  # fmt: skip
    run(command, netlist.parent, log, progress)


def run(command, folder, log, progress=None):
    """Run a command with its words in `log`; InputError if the design does not fit."""
    waiting = dict(_STAGES)
    with (
        open(log, "w", buffering=1) as file,
        subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        for line in process.stdout:
            file.write(line)
            for words in [words for words in waiting if words in line and progress]:
                progress(f"nextpnr: {waiting.pop(words)}")
    if not process.returncode:
        return
    said = Path(log).read_text()
    full = _FULL.search(said)
    if full:
        raise InputError(
            f"the design does not fit: no {full[2]} is left for {full[1]};"
            " take fewer positions (--seq-len), fewer lanes or a larger --device"
        )
    error = _ERROR.search(said)
    raise RuntimeError(f"{command[0]} failed, see {log}: {error[1] if error else ''}")

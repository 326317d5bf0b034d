"""The layering of src/myllama: who may import whom.

Modules listed in ALLOWED import no other layer than those named there. All others (the
thin ones on top) only have to keep the whole free of cycles. A layer is a module or a
package directly under myllama; name a new one in ALLOWED once others lean on it.
"""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "myllama"

GROUND = {"errors", "fixed", "config", "tables"}
ALLOWED = {
    "errors": set(),
    "fixed": {"errors"},
    "config": {"errors", "fixed"},
    "tables": {"errors", "fixed", "config"},
    "atomic": set(),
    "checkpoint": {"errors", "config", "atomic"},
    "tokenizer": {"errors", "atomic"},
    "huggingface": {"errors", "config", "checkpoint", "tokenizer"},
    "chat": {"tokenizer"},
    "positions": {"errors"},
    "xorshift": {"errors"},
    "sampling": GROUND | {"xorshift"},
    "sampler": {"sampling", "xorshift"},
    "reference": {"errors", "config", "checkpoint", "positions", "sampler"},
    "ranges": GROUND | {"checkpoint", "reference"},
    "image": GROUND,
    "quantize": GROUND | {"checkpoint", "ranges", "image"},
    "geometry": GROUND,
    "layout": GROUND | {"image", "geometry"},
    "model": GROUND | {"image", "positions", "xorshift"},
    "hdl": set(),
    "rtl": GROUND | {"hdl", "image", "geometry", "layout", "xorshift"},
    "sim": GROUND | {"positions", "geometry", "hdl", "rtl"},  # it runs what rtl converts to
}
# The float and the integer truth, and all they stand on, run without a hardware language.
NO_HARDWARE = sorted(ALLOWED.keys() - {"hdl", "rtl", "sim"})


def imports(path):
    """(layer or None, top-level name or None) of every import, lazy ones included."""
    inside = path.relative_to(PACKAGE.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(inside[: -node.level]) if node.level else []
            base += node.module.split(".") if node.module else []
            names = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for name in names:
            if name[0] == "myllama":
                yield (name[1], None) if len(name) > 1 else (None, "myllama")
            else:
                yield None, name[0]


def layers():
    """Layer -> its files."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts != ("__init__",):
            found.setdefault(parts[0], []).append(path)
    return found


def layers_imported_by(layer):
    used = {name for path in layers()[layer] for name, _ in imports(path)}
    return used - {layer, None}


@pytest.mark.parametrize("layer", sorted(ALLOWED.keys() & layers().keys()))
def test_layer_imports_only_what_it_may(layer):
    strangers = layers_imported_by(layer) - ALLOWED[layer]
    assert not strangers, f"{layer} may not import {', '.join(sorted(strangers))}"


def test_no_cycles():
    try:
        TopologicalSorter({layer: layers_imported_by(layer) for layer in layers()}).prepare()
    except CycleError as error:
        pytest.fail(f"layers import each other in a circle: {' -> '.join(error.args[1])}")


def test_nobody_imports_the_command_line():
    assert not [layer for layer in layers() if "cli" in layers_imported_by(layer)]


@pytest.mark.parametrize("layer", sorted(set(NO_HARDWARE) & layers().keys()))
def test_no_hardware_language_below_the_hardware(layer):
    used = {name for path in layers()[layer] for _, name in imports(path)}
    assert not used & {"myhdl", "cocotb", "cocotb_test"}


def test_the_finder_sees_every_kind_of_import(tmp_path, monkeypatch):
    package = tmp_path / "myllama"
    (package / "rtl").mkdir(parents=True)
    monkeypatch.setattr(f"{__name__}.PACKAGE", package)
    (package / "rtl" / "x.py").write_text(
        "import myhdl.conversion\nimport myllama.model.x\nfrom myllama import reference\n"
        "from .. import sim\nfrom ..quantize import y\nfrom . import z\nfrom .z import w\n"
        "def late():\n    from myllama.cli import main\n"
    )
    seen = list(imports(package / "rtl" / "x.py"))
    assert (None, "myhdl") in seen
    assert layers_imported_by("rtl") == {"model", "reference", "sim", "quantize", "cli"}

"""Fixtures every test may use."""

import os
import re
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from cocotb_test.simulator import run

from myllama.errors import InputError
from myllama.synth import yosys as find_yosys

# Before NumPy is first imported: on small matrices OpenBLAS's threads mostly wait for each
# other, and on a busy machine that made the reference 2 to 40 times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

# In a simulator, the benches alone need asserts that explain themselves: without this, cocotb has
# those of NumPy and all else that a bench imports rewritten, too, at every start.
os.environ.setdefault("COCOTB_REWRITE_ASSERTION_FILES", "tb/*.py")


def pytest_configure(config):
    """Hundreds of simulators import the same modules: they share their bytecode.

    Where none may be written beside the sources, it has a folder of its own for this run.
    """
    if sys.dont_write_bytecode and "PYTHONPYCACHEPREFIX" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="bytecode-")
        config.add_cleanup(folder.cleanup)
        os.environ["PYTHONPYCACHEPREFIX"] = folder.name
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# The longest first: what begins late and takes minutes leaves the other processes idle at the
# end. Yosys compiles itself in its first run, so its files do not begin together.
FIRST = ("test_synth", "test_decoder", "test_faults", "test_small_decoder")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: [*FIRST, item.path.stem].index(item.path.stem))


@pytest.fixture
def hdl(request, tmp_path, monkeypatch):
    """Run cocotb cases in one simulation: hdl(toplevel, sources, module, names, env={...}).

    names  of a case, or of several; one that is parametrized runs once for each of its settings.
           Most of a short simulation is its start, so what has the same hardware shares one.
    """

    def simulate(toplevel, sources, module, names, env=None, **options):
        names = [names] if isinstance(names, str) else names
        node = re.sub(r"[^\w.-]+", "_", request.node.name)
        build = tmp_path / node
        build.mkdir(exist_ok=True)
        # $readmemh looks in the simulator's working directory.
        for contents in Path(sources[0]).parent.glob("*.hex"):
            shutil.copy(contents, build)
        # Through the process's own environment: there it has a LANES of make's, say, which
        # cocotb-test would put before its extra_env.
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, str(value))
        results = build / "results.xml"
        results.unlink(missing_ok=True)
        monkeypatch.setenv("COCOTB_RESULTS_FILE", str(results))
        try:
            run(
                toplevel=toplevel,
                verilog_sources=[str(source) for source in sources],
                module=module,
                # A regular expression: without the ends it would match other cases too.
                testcase=rf"^{re.escape(module)}\.({'|'.join(map(re.escape, names))})(/|$)",
                python_search=[str(HERE)],
                sim_build=str(build),
                timescale="1ns/1ps",
                force_compile=True,
                sim_args=["-n"],
                **options,
            )
        except SystemExit:
            # The results say more than it does, if there are any.
            if not results.exists():
                raise
        cases = list(ET.parse(results).iter("testcase"))
        # An error at start and a skipped case count as passed for cocotb-test; so does a name
        # that matches nothing.
        kinds = ("error", "failure", "skipped")
        bad = [found for case in cases for kind in kinds for found in case.iter(kind)]
        ran = [case.get("name") for case in cases]
        missing = [name for name in names if not any(f"{n}/".startswith(f"{name}/") for n in ran)]
        assert not missing, f"{missing}: ran {ran}"
        assert not bad, f"failed: {'; '.join(found.get('message', found.tag) for found in bad)}"

    return simulate


@pytest.fixture(scope="session")
def yosys():
    """Path of Yosys; a test that asks for it is skipped where there is none."""
    try:
        return find_yosys()
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def shared():
    """shared("checkpoints/stories260K.bin"): the path of a test file kept outside the repository.

    They are looked for in $MYLLAMA_SHARED, or in `shared` next to the repository.
    """
    folder = Path(os.environ.get("MYLLAMA_SHARED", ROOT.parent / "shared"))

    def find(name):
        path = folder / name
        if not path.exists():
            pytest.skip(f"{path} is absent; point MYLLAMA_SHARED at the folder with {name}")
        return path

    return find

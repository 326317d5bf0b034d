"""The doctor's report on machines made of small scripts."""

import io
from importlib import metadata

import pytest

from myllama import doctor

SAYS = {
    "iverilog": "Icarus Verilog version 11.0 (stable) ()",
    "verilator": "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)",
    "g++": "g++ (Debian 12.2.0-14) 12.2.0",
    "gtkwave": "GTKWave Analyzer v3.3.118 (w)1999-2023 BSI",
}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """machine(iverilog="text", ...): a PATH with just these programs, each saying its text."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def build(**programs):
        for name, text in programs.items():
            program = tmp_path / name
            program.write_text(f"#!/bin/sh\necho '{text}'\n")
            program.chmod(0o755)

    return build


def report():
    out = io.StringIO()
    code = doctor.report(out)
    return code, out.getvalue()


def line_of(name, text):
    return next(line for line in text.splitlines() if line[9:].startswith(name + " "))


def test_all_is_well(machine):
    machine(**SAYS)
    code, text = report()
    assert code == 0 and text.endswith("\nReady.\n")
    for name, found in [("Icarus", "11.0"), ("Verilator", "5.006"), ("g++", "12.2.0")]:
        assert line_of(name, text).split() == ["ok", name, found]
    assert line_of("GTKWave", text).split() == ["ok", "GTKWave", "3.3.118"]


def test_nothing_is_there(machine):
    """Only what nothing works without makes the machine unfit."""
    code, text = report()
    assert code == 2
    assert "Not ready: Icarus." in text
    assert line_of("Icarus", text).startswith("MISSING")
    for name in ("Verilator", "GTKWave"):
        assert line_of(name, text).startswith("optional")
        assert f"apt-get install {name.lower()}" in line_of(name, text)


def test_old_tools(machine):
    machine(**SAYS | {"iverilog": "Icarus Verilog version 10.3 (stable)", "verilator": "4.038"})
    code, text = report()
    assert code == 2
    assert "10.3" in line_of("Icarus", text) and "needs 11.0" in line_of("Icarus", text)
    assert "4.038" in line_of("Verilator", text) and "needs 5.006" in line_of("Verilator", text)


def test_a_tool_that_tells_no_version_is_trusted(machine):
    """As the Verilator of the Python package index does."""
    machine(**SAYS | {"verilator": "Verilator rev vUNKNOWN-built"})
    code, text = report()
    assert code == 0 and "version unknown" in line_of("Verilator", text)


def test_a_tool_that_cannot_start(machine, tmp_path):
    machine(**SAYS)
    (tmp_path / "gtkwave").write_text("#!/no/such/shell\n")
    code, text = report()
    assert code == 0 and "version unknown" in line_of("GTKWave", text)


def test_versions_compare_by_number():
    assert doctor.too_old("9.1", "11.0")
    assert not doctor.too_old("5.048", "5.006")
    assert not doctor.too_old("", "11.0")


@pytest.mark.parametrize("version, fits", [((3, 10, 9), False), ((3, 11, 2), True)])
def test_python(version, fits):
    finding = doctor._python(version)
    assert bool(finding.remedy) != fits and finding.required


def test_python_too_new():
    assert "3.11 to 3.13" in doctor._python((3, 14, 0)).remedy


@pytest.mark.parametrize("absent, code", [("numpy", 2), ("pytest", 0)])
def test_missing_package(machine, monkeypatch, absent, code):
    machine(**SAYS)
    version = metadata.version

    def without(name):
        if name == absent:
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", without)
    found, text = report()
    assert found == code
    assert "make setup" in line_of(absent, text)


def test_another_version_of_a_package(machine, monkeypatch):
    machine(**SAYS)
    monkeypatch.setattr(metadata, "version", lambda name: "0.0")
    code, text = report()
    assert code == 0
    assert "0.0" in line_of("myhdl", text) and "0.11.52" in line_of("myhdl", text)


def test_not_installed(machine, monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    machine(**SAYS)
    monkeypatch.setattr(metadata, "requires", requires)
    code, text = report()
    assert code == 2 and "make setup" in line_of("myllama", text)

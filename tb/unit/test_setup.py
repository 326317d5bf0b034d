"""tools/setup.sh on machines made of small scripts: what it installs, and when."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("iverilog", "verilator", "g++", "make", "perl", "ccache")
NEEDED = ("bash", "env", "dirname", "sha256sum", "cat", "rm", "mkdir", "cp")

PYTHON = """#!/bin/bash
case "$*" in
*ensurepip*) [ ! -e "$MACHINE/no_venv" ] ;;
-c*) [ "$VERSION" != 3.10 ] && echo "$VERSION $0" ;;
"-m venv"*)
    echo "venv" >>"$MACHINE/log"
    mkdir -p "$3/bin"
    cp "$MACHINE/bin/pip" "$3/bin/python" ;;
*) exit 9 ;;
esac
"""
APT = """#!/bin/bash
[ -z "$FAKE_ID" ] || [ -n "$VIA_SUDO" ] || exit 100
[ ! -e "$MACHINE/no_apt" ] || exit 100
words=" $* "
case "$words" in
*" update "*) echo "apt update" >>"$MACHINE/log"; exit ;;
esac
packages=${words##* --no-install-recommends }
echo "apt install $packages" >>"$MACHINE/log"
for package in $packages; do
    case $package in
    *-venv) rm -f "$MACHINE/no_venv" ;;
    *) cp "$MACHINE/bin/true" "$MACHINE/bin/$package" ;;
    esac
done
"""
PIP = """#!/bin/bash
extra=${*: -1}
extra=${extra#.[}
echo "pip ${extra%]}" >>"$MACHINE/log"
[ ! -e "$MACHINE/no_pip" ]
"""
PLAIN = "#!/bin/bash\n"
ID = '#!/bin/bash\necho "${FAKE_ID:-0}"\n'
SUDO = '#!/bin/bash\n[ "$1" = -n ] && shift\nexport VIA_SUDO=1\nexec "$@"\n'


class Machine:
    """A fresh clone, and a PATH that holds only what a test put there."""

    def __init__(self, folder):
        self.folder = folder
        self.clone = folder / "a clone"
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.clone / "tools").mkdir(parents=True)
        for name in ("setup.cfg", "pyproject.toml", "tools/setup.sh"):
            shutil.copy(ROOT / name, self.clone / name)
        for name in NEEDED:
            (self.bin / name).symlink_to(shutil.which(name))
        self.program("true", PLAIN)
        self.program("id", ID)
        self.program("apt-get", APT)
        self.program("pip", PIP)
        self.python("3.11")

    def program(self, name, text):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def python(self, version, name=None):
        script = PYTHON.replace("$VERSION", version)
        self.program(name or f"python{version}", script)

    def setup(self, *words, **env):
        """Run the script; returns (exit code, its words, what it did)."""
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        env = {"PATH": str(self.bin), "MACHINE": str(self.folder), **env}
        result = subprocess.run(
            [self.clone / "tools/setup.sh", *words],
            env=env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        did = log.read_text().splitlines() if log.exists() else []
        assert result.stdout == ""
        return result.returncode, result.stderr, [line.strip() for line in did]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def with_tools(machine):
    for name in TOOLS:
        machine.program(name, PLAIN)
    return machine


def test_bare_machine(machine):
    (machine.folder / "no_venv").touch()
    code, _, did = machine.setup()
    assert code == 0
    tools, venv = f"apt install {' '.join(TOOLS)}", "apt install python3.11-venv"
    assert did == ["apt update", tools, "apt update", venv, "venv", "pip test,wave"]


def test_second_time_does_nothing(machine):
    machine.setup()
    assert machine.setup() == (0, "", [])


def test_only_what_is_missing(with_tools):
    (with_tools.bin / "ccache").unlink()
    assert with_tools.setup()[2] == ["apt update", "apt install ccache", "venv", "pip test,wave"]


def test_more_commands(with_tools):
    with_tools.program("gtkwave", PLAIN)
    did = with_tools.setup("gtkwave", "xauth", "import:imagemagick")[2]
    assert did[:2] == ["apt update", "apt install xauth imagemagick"]


def test_nothing_missing_needs_no_apt(with_tools):
    assert with_tools.setup()[2] == ["venv", "pip test,wave"]


def test_changed_setup_cfg_installs_again(with_tools):
    with_tools.setup()
    with open(with_tools.clone / "setup.cfg", "a") as file:
        file.write("# changed\n")
    assert with_tools.setup()[2] == ["pip test,wave"]
    assert with_tools.setup() == (0, "", [])


def test_an_extra_is_installed_beside_the_tests(with_tools):
    assert with_tools.setup()[2] == ["venv", "pip test,wave"]
    assert with_tools.setup("[synth]")[2] == ["pip synth"]
    assert with_tools.setup("[synth]") == with_tools.setup() == (0, "", [])


def test_touched_setup_cfg_does_not(with_tools):
    with_tools.setup()
    os.utime(with_tools.clone / "setup.cfg")
    assert with_tools.setup() == (0, "", [])


def test_failed_install_is_tried_again(with_tools):
    (with_tools.folder / "no_pip").touch()
    code, said, _ = with_tools.setup()
    assert code == 1 and "pip could not" in said
    (with_tools.folder / "no_pip").unlink()
    code, _, did = with_tools.setup()
    assert (code, did) == (0, ["pip test,wave"])


def test_moved_clone_gets_a_new_environment(with_tools):
    """The scripts of an environment name the folder it was made in."""
    with_tools.setup()
    with_tools.clone = with_tools.clone.rename(with_tools.folder / "moved")
    assert with_tools.setup()[2] == ["venv", "pip test,wave"]


def test_newest_python_wins(with_tools):
    with_tools.python("3.13")
    with_tools.python("3.12")
    assert "python3.13" in with_tools.setup()[1]


def test_named_python_wins(with_tools):
    with_tools.python("3.12")
    with_tools.setup()
    code, said, did = with_tools.setup(PYTHON="python3.11")
    assert code == 0 and "python3.11" in said and did == ["venv", "pip test,wave"]
    assert with_tools.setup(PYTHON="python3.11") == (0, "", [])
    assert with_tools.setup() == (0, "", [])


@pytest.mark.parametrize("named", ["python3.10", "nonesuch"])
def test_unfit_named_python(with_tools, named):
    with_tools.python("3.10")
    code, said, did = with_tools.setup(PYTHON=named)
    assert code == 1 and named in said and said.count("\n") == 1 and did == []


def test_no_python(with_tools):
    (with_tools.bin / "python3.11").unlink()
    with_tools.python("3.10", "python3")
    code, said, did = with_tools.setup()
    assert code == 1 and "no Python 3.11" in said and said.count("\n") == 1 and did == []


def test_simulators_that_cannot_be_installed(machine):
    """Said with the remedy; the environment is made all the same."""
    (machine.folder / "no_apt").touch()
    code, said, did = machine.setup()
    assert code == 0 and did == ["venv", "pip test,wave"]
    assert f"apt-get install {' '.join(TOOLS)}" in said and "going on without" in said


def test_venv_that_cannot_be_installed(with_tools):
    for name in ("no_apt", "no_venv"):
        (with_tools.folder / name).touch()
    code, said, did = with_tools.setup()
    assert code == 1 and "python3.11-venv" in said and did == []


def test_through_sudo(machine):
    machine.program("sudo", SUDO)
    code, _, did = machine.setup(FAKE_ID="1000")
    assert code == 0 and did[:2] == ["apt update", f"apt install {' '.join(TOOLS)}"]


def test_neither_root_nor_sudo(machine):
    code, said, did = machine.setup(FAKE_ID="1000")
    assert code == 0 and did == ["venv", "pip test,wave"]
    assert "no sudo" in said and "apt-get install" in said


def test_another_system(machine):
    (machine.bin / "apt-get").unlink()
    code, said, did = machine.setup()
    assert code == 0 and did == ["venv", "pip test,wave"] and "no apt-get" in said

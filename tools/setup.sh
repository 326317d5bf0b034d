#!/usr/bin/env bash
# Install what is missing: Debian packages, then the virtual environment .venv.
# Arguments are more to install: a command, COMMAND:PACKAGE where the names differ, or [EXTRA] of
# setup.cfg.
# Prints nothing when there is nothing to do. PYTHON names an interpreter to use instead
# of the newest Python 3.11 to 3.13 found.
set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
interpreter_stamp=$venv/.interpreter # which interpreter made it, for which folder
packages_stamp=$venv/.packages       # and the extras: which setup.cfg was installed

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# "3.11 /usr/bin/python3.11" of an interpreter in range; fails for any other.
describe() {
    "$1" -c '
import os, sys
version = sys.version_info[:2]
if not (3, 11) <= version <= (3, 13):
    sys.exit(1)
print("%d.%d" % version, os.path.realpath(sys.executable))' 2>/dev/null
}

find_interpreter() {
    if [ -n "${PYTHON:-}" ]; then
        describe "$PYTHON" ||
            die "PYTHON=$PYTHON is no Python 3.11, 3.12 or 3.13; name one of these or leave it out"
        return
    fi
    local name
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null && describe "$name"; then return; fi
    done
    die "no Python 3.11, 3.12 or 3.13 found; install one (Debian 12: apt-get install python3)" \
        "or name it: make setup PYTHON=/path/to/python3"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif ! command -v sudo >/dev/null; then
        say "this needs root, and there is no sudo"
        return 1
    elif [ -t 0 ]; then sudo "$@"
    else sudo -n "$@"
    fi
}

# Install Debian packages; says what to do by hand when that is not possible.
apt_install() {
    say "installing Debian packages: $*"
    if ! command -v apt-get >/dev/null; then
        say "there is no apt-get here; install these with your system's own tools: $*"
        return 1
    fi
    local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
    "${apt[@]}" update >&2 || say "apt-get update failed; trying with the lists that are here"
    if ! "${apt[@]}" install -y --no-install-recommends "$@" >&2; then
        say "apt-get could not install them; as root: apt-get update && apt-get install $*"
        return 1
    fi
}

missing_packages() {
    local tool
    for tool in iverilog verilator g++ make perl ccache "$@"; do
        command -v "${tool%:*}" >/dev/null || printf '%s\n' "${tool#*:}"
    done
}

install_tools() {
    local packages
    mapfile -t packages < <(missing_packages "$@")
    [ ${#packages[@]} = 0 ] && return
    apt_install "${packages[@]}" ||
        say "going on without: what needs them will be skipped or say so"
}

make_environment() {
    local interpreter="" version python used folder
    if [ -x $venv/bin/python ] && [ -f $interpreter_stamp ]; then
        { read -r used && read -r folder; } <$interpreter_stamp
        if [ "$folder" = "$PWD" ]; then # scripts in .venv/bin name this folder
            [ -n "${PYTHON:-}" ] || return 0
            interpreter=$(find_interpreter)
            [ "$interpreter" != "$used" ] || return 0
        fi
    fi
    [ -n "$interpreter" ] || interpreter=$(find_interpreter)
    version=${interpreter%% *} python=${interpreter#* }
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        apt_install "python$version-venv" ||
            die "$python cannot make virtual environments; install its venv module"
    fi
    say "making the virtual environment $venv with $python"
    rm -rf $venv
    "$python" -m venv $venv
    printf '%s\n' "$interpreter" "$PWD" >$interpreter_stamp
}

# The packages of an extra, or of several (a,b); those installed before stay.
install_packages() {
    local extras=$1 stamp=$packages_stamp-$1 wanted
    wanted=$(sha256sum setup.cfg pyproject.toml)
    [ "$wanted" != "$(cat "$stamp" 2>/dev/null)" ] || return 0
    say "installing the Python packages of setup.cfg for $extras into $venv (a minute or so)"
    rm -f "$stamp"
    $venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
        --editable ".[$extras]" >&2 || die "pip could not install them; its reason stands above"
    printf '%s\n' "$wanted" >"$stamp"
    say "done"
}

commands=() extras=(test,wave)
for word in "$@"; do
    case $word in
    "["*"]") extras+=("${word:1:-1}") ;;
    *) commands+=("$word") ;;
    esac
done
install_tools ${commands[@]+"${commands[@]}"}
make_environment
for extra in "${extras[@]}"; do install_packages "$extra"; done

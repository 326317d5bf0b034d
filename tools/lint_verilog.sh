#!/usr/bin/env bash
# Check every Verilog file of a folder, each as a top of its own, with Icarus and Verilator.
# A file is named after its module. Any warning fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:-rtl_out}

shopt -s nullglob
files=("$folder"/*.v)
if [ ${#files[@]} = 0 ]; then
    printf '%s holds no Verilog; make it with: make convert\n' "$folder" >&2
    exit 2
fi
for tool in iverilog verilator; do
    command -v $tool >/dev/null || { printf '%s is missing; run: make setup\n' $tool >&2; exit 2; }
done

failed=0
# Icarus ends with 0 whatever it warns of, so any word from it counts.
check() {
    local said
    if ! said=$("$@" 2>&1) || [ -n "$said" ]; then
        printf '%s\n%s\n' "$*" "$said" >&2
        failed=1
    fi
}
for file in "${files[@]}"; do
    module=$(basename "$file" .v)
    check iverilog -g2005 -Wall -t null -y "$folder" -s "$module" "$file"
    check verilator --lint-only -Wall -y "$folder" --top-module "$module" "$file"
done
[ $failed = 0 ] && printf 'Verilog: %d modules, no warning\n' ${#files[@]}
exit $failed

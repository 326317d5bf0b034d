#!/usr/bin/env bash
# Draw what GTKWave shows of a dump, without a screen: picture.sh DUMP SAVEFILE OUT.png
set -euo pipefail
[ $# = 3 ] || { printf 'usage: %s DUMP SAVEFILE OUT.png\n' "$0" >&2; exit 2; }
for tool in gtkwave xvfb-run import; do
    command -v $tool >/dev/null || { printf '%s is missing; run: make picture\n' $tool >&2; exit 2; }
done

width=1360 height=1520
limit=90 # seconds until the window is complete
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# In the dump's folder: the window's title has the path.
cp "$(realpath "$1")" "$work/"
sed "s/^\[size\].*/[size] $width $height/; /^\[dumpfile/d" "$2" >"$work/view.gtkw"
cat >"$work/rc" <<'END'
hide_sst 1
use_full_precision 1
fontname_signals Monospace 9
fontname_waves Monospace 9
END

export work limit
dump=$(basename "$1")
export dump
# shellcheck disable=SC2016 # expanded by the inner shell
xvfb-run -a -s "-screen 0 ${width}x${height}x24" bash -c '
    cd "$work"
    gtkwave --rcfile rc --dark "$dump" view.gtkw >log 2>&1 &
    viewer=$!
    trap "kill $viewer 2>/dev/null" EXIT
    # Complete: something is drawn, and nothing has changed for two seconds.
    before="" still=0
    for _ in $(seq "$limit"); do
        sleep 1
        import -window root -depth 8 now.png 2>/dev/null
        now=$(identify -format "%k %#" now.png)
        if [ "$now" = "$before" ] && [ "${now%% *}" -gt 16 ]; then still=$((still + 1)); else still=0; fi
        [ $still -lt 2 ] || exit 0
        before=$now
    done
    cat log >&2
    printf "GTKWave showed no steady window within %s seconds\n" "$limit" >&2
    exit 1'
convert "$work/now.png" -strip -colors 64 "png8:$work/small.png"
mv "$work/small.png" "$3"

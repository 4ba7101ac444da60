#!/usr/bin/env bash
# windows_registered.sh COPP.DLL TEST_CRYPTOAPI.EXE TEST_DIRECTSHOW.EXE: what needs copp.dll registered, in a Wine prefix
# of its own. Unregistering must leave the registry as it was.
set -euo pipefail

# DirectShow wants a display, and Wine looks for one as the first of its programs starts
if [ -z "${COPP_TEST_DISPLAY:-}" ]; then
    COPP_TEST_DISPLAY=1 exec xvfb-run -a "$0" "$@"
fi

dll=$(realpath "$1") cryptoapi=$(realpath "$2") directshow=$(realpath "$3")
work=$(mktemp -d)
export WINEPREFIX=$work/prefix WINEDEBUG=${WINEDEBUG:--all}

finish() {
    wineserver=$(command -v wineserver || echo /usr/lib/wine/wineserver)
    "$wineserver" -k >/dev/null 2>&1 || true
    "$wineserver" -w >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

# All classes, as text.
classes() {
    wine reg export 'HKEY_CLASSES_ROOT\CLSID' "Z:$work/$1" /y >/dev/null
}

wine wineboot -i >/dev/null 2>&1
cp "$dll" "$work/copp.dll"
cd "$work"
classes before.reg
wine regsvr32 /s copp.dll
classes between.reg
if cmp -s before.reg between.reg; then
    echo "regsvr32 has changed nothing"
    exit 1
fi
wine regsvr32 /s copp.dll # twice is as good as once
status=0
wine "$cryptoapi" --registered || status=1
wine "$directshow" || status=1
wine regsvr32 /s /u copp.dll
classes after.reg
if ! cmp before.reg after.reg; then
    diff -a before.reg after.reg | head -n 20
    echo "regsvr32 /u has not put back what was there"
    status=1
fi
exit "$status"

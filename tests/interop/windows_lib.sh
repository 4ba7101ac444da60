# shellcheck shell=bash
# A Wine prefix of a test's own, with a server that runs as long as the test; begin_wine sets work, its directory, and enters it.

begin_wine() {
    work=$(mktemp -d)
    export WINEPREFIX=$work/prefix WINEDEBUG=${WINEDEBUG:--all}
    trap end_wine EXIT
    # Wine's services keep the output of the program that they are started for: one server, started once, for all programs
    mkdir "$WINEPREFIX"
    wineserver --persistent
    wineboot --init >/dev/null 2>&1
    cd "$work" || exit
}

# shellcheck disable=SC2317 # the trap calls it
end_wine() {
    wineserver --kill >/dev/null 2>&1 || true
    wineserver --wait >/dev/null 2>&1 || true
    rm -rf "$work"
}

# All classes, as text.
classes() {
    wine reg export 'HKEY_CLASSES_ROOT\CLSID' "Z:$work/$1" /y >/dev/null
}

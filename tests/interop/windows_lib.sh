# shellcheck shell=bash
# A Wine prefix of a test's own, with a server that runs as long as the test; begin_wine sets work, its directory, and enters it.
# Tests whose programs draw random numbers then call hold_desktop (scripts/wine_desktop.sh).
# COPP_BITS, 32 or 64, is the bitness of what is tested: Wine may have both, and a registry for each.
# shellcheck disable=SC2034 # what is set here is for the tests

# shellcheck source=scripts/wine_desktop.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/wine_desktop.sh"

begin_wine() {
    work=$(mktemp -d)
    export WINEPREFIX=$work/prefix WINEDEBUG=${WINEDEBUG:--all}
    trap end_wine EXIT
    # Wine's services keep the output of the program that they are started for: one server, started once, for all programs
    mkdir "$WINEPREFIX"
    wineserver --persistent
    wine wineboot --init >/dev/null 2>&1
    # the directory that such a program sees as system32, and the one that is there where Wine has both
    other_bits=$((96 - COPP_BITS)) own=$WINEPREFIX/drive_c/windows/system32 wow64=$WINEPREFIX/drive_c/windows/syswow64
    [ "$COPP_BITS" -eq 64 ] || [ ! -d "$wow64" ] || own=$wow64
    cd "$work" || exit
}

# shellcheck disable=SC2317 # the trap calls it
end_wine() {
    wineserver --kill >/dev/null 2>&1 || true
    wineserver --wait >/dev/null 2>&1 || true
    rm -rf "$work"
}

# reg ARGUMENT...: in the part of the registry that the DLL sees
reg() {
    wine reg "$@" "/reg:$COPP_BITS"
}

# classes FILE: all classes as text, those of 32-bit programs in FILE.32, those of 64-bit ones in FILE.64.
classes() {
    local bits
    for bits in 32 64; do
        wine reg export 'HKEY_CLASSES_ROOT\CLSID' "Z:$work/$1.$bits" /y "/reg:$bits" >/dev/null
    done
}

# assert_restored WHAT: the registry is as in before.reg, from before anything was registered; else status is 1.
assert_restored() {
    local bits
    classes after.reg
    for bits in 32 64; do
        cmp -s "before.reg.$bits" "after.reg.$bits" && continue
        diff -a "before.reg.$bits" "after.reg.$bits" | tr -d '\0' | sed -n 1,20p || true
        echo "$1 has not put back what was there for $bits-bit programs"
        status=1
    done
}

# protect_says STATUS TEXT ARGUMENT...: what application/copp.exe protect exits with, and a line of what it says, which protect.txt has
# whole; else status is 1.
protect_says() {
    local wanted=$1 text=$2 got=0
    shift 2
    wine application/copp.exe protect "$@" >protect.txt 2>&1 || got=$?
    if [ "$got" -ne "$wanted" ] || ! grep -qF "$text" protect.txt; then
        echo "copp protect $*: exit status $got, and: $(cat protect.txt)"
        status=1
    fi
}

#!/usr/bin/env bash
# windows_player.sh DXVA2.DLL COPP.DLL COPP.EXE LIBCOPP-0.DLL FAULTY-PLAYER: copp test player on Windows, as people use it, with copp protect and the
# tests' own player, through OPM's interface and through DirectShow's. What each case finds is tests/conformance/player/players.c's.
set -euo pipefail

# shellcheck source=tests/interop/windows_lib.sh
. "$(dirname "$0")/windows_lib.sh"
dxva2=$(realpath "$1") server=$(realpath "$2") tool=$(realpath "$3") library=$(realpath "$4") faulty=$(realpath "$5")
driver=$COPP_DRIVER vectors=$(dirname "$(realpath "$0")")/../vectors
begin_wine
hold_desktop
export WINEDLLOVERRIDES=dxva2=n,b
unset COPP_DRIVER COPP_DEVICE COPP_ANCHOR COPP_STATE_DIR || true
mkdir application
cp "$tool" "$library" "$dxva2" "$server" "$faulty" application/
# a command that shows something five times a second
printf '@echo off\r\n:next\r\necho frame\r\nping -n 1 -w 200 127.0.0.1 >nul\r\ngoto next\r\n' >show.bat

fail() {
    echo "FAILED: $*"
    cat out err
    exit 1
}
# expect STATUS ARGUMENT...: of copp test player; nothing is left behind
expect() {
    local wanted=$1 status=0
    shift
    wine application/copp.exe test player --tolerance 3000 --start 30 --jobs 6 "$@" >out 2>err || status=$?
    [ "$status" -eq "$wanted" ] || fail "status $status, not $wanted: $*"
    find "$WINEPREFIX/drive_c" -name 'copp-test-*' >left
    [ ! -s left ] || fail "left behind: $(cat left)"
}
says() {
    grep -q -- "$1" out err || fail "does not say: $1"
}
# player FAULT DLL SEMANTICS: the tests' own
player() {
    echo "application/faulty_player.exe $1 $3 Z:$work/application/$2 {anchor}"
}
markers=(--shown-marker frame --hidden-marker black)
copp_cases=APP-APP-3-1,APP-QRY-4-2,APP-CERT-12-1,APP-EVT-4-1,APP-CMD-6-1,APP-APP-3-13
opm_cases=APP-OPM-APP-3-1,APP-OPM-APP-2-2,APP-OPM-CERT-4-1,APP-OPM-STA-8-1,APP-OPM-SET-5-1,APP-OPM-APP-3-13

# usage
expect 2
says 'no player is given'
expect 2 --only APP-APP-3-1 -- application/not-there.exe
says 'cannot be run'
expect 0 --list --only 'APP-QRY-4-*'
says '^APP-QRY-4-1 '

# copp protect passes under both semantics
expect 0 --strict --semantics copp --only "$copp_cases" --shown-marker frame -- \
    application/copp.exe protect --semantics copp --hdcp 1 --allow-simulated -- cmd /c "Z:$work/show.bat"
says '6 passed, 0 failed'
expect 0 --strict --semantics opm --only "$opm_cases" --shown-marker frame --junit report.xml --html report.html -- \
    application/copp.exe protect --semantics opm --hdcp 1 --allow-simulated -- cmd /c "Z:$work/show.bat"
says '6 passed, 0 failed'
grep -q '<testsuite' report.xml || fail "no report for a pipeline"
grep -q '<html' report.html || fail "no report for people"

# a player without a fault passes through each DLL, and one with a fault is found by the case that is about it
for way in "copp copp.dll $copp_cases" "copp dxva2.dll APP-APP-3-1,APP-QRY-4-2" "opm dxva2.dll $opm_cases"; do
    read -r semantics dll cases <<<"$way"
    # shellcheck disable=SC2046 # words
    expect 0 --strict --semantics "$semantics" --only "$cases" "${markers[@]}" -- $(player none "$dll" "$semantics")
done
# found CASE RULE FAULT DLL SEMANTICS
found() {
    # shellcheck disable=SC2046 # words
    expect 1 --semantics "$5" --only "$1" "${markers[@]}" -- $(player "$3" "$4" "$5")
    says "^fail  *$1 "
    says "rule:  *$2"
}
found APP-QRY-4-2 QRY-4 no_mac copp.dll copp
found APP-CERT-12-1 CERT-12 skips_cert_12 dxva2.dll copp
found APP-APP-3-13 APP-3 end_ignored copp.dll copp
found APP-OPM-CERT-4-1 OPM-CERT-4 skips_opm_cert_4 dxva2.dll opm
found APP-OPM-STA-8-6 OPM-STA-8 no_flags dxva2.dll opm

# without any sight of content, by what happens to the session
# shellcheck disable=SC2046 # words
expect 0 --semantics opm --only APP-OPM-APP-3-1,APP-OPM-APP-2-2 -- $(player none dxva2.dll opm)
# shellcheck disable=SC2046 # words
expect 1 --semantics opm --only APP-OPM-APP-2-2 -- $(player no_mac dxva2.dll opm)
says 'neither ended, nor closed the session'

# content is looked at by a command, which knows case and player
looks='if "%COPP_TEST_CASE%"=="APP-OPM-APP-3-1" (if "%COPP_TEST_PID%"=="" (exit 2) else (exit 1)) else (exit 2)'
# shellcheck disable=SC2046 # words
expect 1 --semantics opm --only APP-OPM-APP-3-1 --frames-command "$looks" -- $(player none dxva2.dll opm)
says 'it has shown nothing'
# shellcheck disable=SC2046 # words
expect 1 --semantics opm --only APP-OPM-APP-2-2 --frames-command 'exit 0' -- $(player no_mac dxva2.dll opm)
says 'content was \(still shown\|shown, and no session.s protection was in force\)' # by when the first look began

# what a driver cannot do there is not taken for something that the player does right
# shellcheck disable=SC2046 # words
expect 0 --json --only APP-APP-3-10,APP-APP-3-12,APP-APP-3-17,APP-WIRE-4-1,APP-BIND-4-1 "${markers[@]}" -- $(player none copp.dll copp)
jq -e '[.cases[] | select(.result == "not_applicable" and .seen != "")] | length == 5' out >counts.txt || fail "a case that cannot be seen has another result"

# what makes a DLL take a case's driver, and what does not; without it everything is as it was
cp -r "$driver" named
rm -f named/conformance.ini
export COPP_DRIVER="Z:$work/named"
status_of() {
    local status=0
    WINEDEBUG=-all,+debugstr wine application/copp.exe status --device opm --anchor "Z:$vectors/opm/root.pem" >out 2>err || status=$?
    [ "$status" -eq "$1" ] || fail "status $status, not $1"
}
status_of 0
for bad in '' '; \npipe = \\\\.\\pipe\\other\ncase = APP-1\n' '; \npipe = Z:\\file\ncase = APP-1\n' '; \npipe = \\\\.\\pipe\\copp-test-1\n' \
    '; \npipe = \\\\.\\pipe\\copp-test-..\\x\ncase = APP-1\n'; do
    printf '%b' "$bad" >named/conformance.ini
    status_of 2
    says 'does not name a case and the pipe of its driver'
    says '0xC0262500'
done
# a case that is over
printf '%b' '; \npipe = \\\\.\\pipe\\copp-test-nobody\ncase = APP-1\n' >named/conformance.ini
status_of 2
says 'the driver is that of copp test player, for APP-1: what it answers may be wrong on purpose'
says '0xC0262500'

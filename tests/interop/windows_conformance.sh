#!/usr/bin/env bash
# windows_conformance.sh DXVA2.DLL COPP.EXE LIBCOPP-0.DLL: copp test driver through OPM's interface, under both semantics (OPM-DDI-6), with what
# no correct application sends, and without it.
set -euo pipefail

# shellcheck source=tests/interop/windows_lib.sh
. "$(dirname "$0")/windows_lib.sh"
dxva2=$(realpath "$1") tool=$(realpath "$2") library=$(realpath "$3")
vectors=$(dirname "$(realpath "$0")")/../vectors
begin_wine
hold_desktop
export WINEDLLOVERRIDES=dxva2=n,b
mkdir application
cp "$tool" "$library" "$dxva2" application/

# passes AT-LEAST ARGUMENT...: so many cases pass, and no other one fails or ends in an error
passes() {
    local least=$1 status=0
    shift
    wine application/copp.exe test driver --json --seed 1 --device opm "$@" >run.json 2>run.err || status=$?
    jq -c .counts run.json
    if [ "$status" -ne 0 ] || ! jq -e ".counts | .pass >= $least and .fail == 0 and .error == 0" run.json >counts.txt; then
        jq -r '.cases[] | select(.result == "fail" or .result == "error") | "\(.id): \(.right): \(.seen)"' run.json
        cat run.err
        return 1
    fi
}
passes 200 --semantics opm --anchor "Z:$vectors/opm/root.pem" --hostile
passes 150 --semantics copp --anchor "Z:$vectors/root-modulus.b64" --hostile
# a driver in a kernel is not sent what may bring it down
passes 50 --semantics opm --anchor "Z:$vectors/opm/root.pem"
jq -e '[.cases[] | select(.hostile) | .result] | unique - ["not_applicable", "not_supported"] == []' run.json

# an adapter that does not raise HDCP is found
cp -r "$COPP_DRIVER" faulty
printf '[output A]\ntype = hdmi\nmodes = 1080p60\nprotections = hdcp\nksv = b70361f714\nhdcp_fails = yes\n' >faulty/adapter.ini
export COPP_DRIVER=$work/faulty
if passes 1 --semantics copp --anchor "Z:$vectors/root-modulus.b64" --only DRV-CMD-4-1; then
    exit 1
fi
jq -e '.cases[0] | .result == "fail" and .rule == "CMD-4"' run.json

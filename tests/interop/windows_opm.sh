#!/usr/bin/env bash
# windows_opm.sh DXVA2.DLL COPP.EXE LIBCOPP-0.DLL OLDER_DXVA2.DLL: copp protect, status and probe through OPM's interface, under the semantics that the
# driver has; and with a monitor that is shown on several outputs.
set -euo pipefail

# shellcheck source=tests/interop/windows_lib.sh
. "$(dirname "$0")/windows_lib.sh"
dxva2=$(realpath "$1") tool=$(realpath "$2") library=$(realpath "$3") older=$(realpath "$4")
vectors=$(dirname "$(realpath "$0")")/../vectors
certificate=Z:$vectors/opm/root.pem key=Z:$vectors/root-modulus.b64
begin_wine
hold_desktop
status=0
export WINEDLLOVERRIDES=dxva2=n,b
mkdir application
cp "$tool" "$library" "$dxva2" application/
mkfifo silent
exec 9<>silent # a command that waits for what stands there waits until it is killed

# driver NAME FILE...: a driver's directory of these files
files=$COPP_DRIVER
driver() {
    local name=$1
    shift
    mkdir "$name"
    (cd "$files" && cp "$@" "$work/$name/")
}

# says TEXT..., lacks TEXT...: what copp protect has said, and what it has not
says() {
    local text
    for text in "$@"; do
        grep -qF "$text" protect.txt || { echo "not said: $text, but: $(cat protect.txt)" && status=1; }
    done
}
lacks() {
    local text
    for text in "$@"; do
        ! grep -qF "$text" protect.txt || { echo "said: $(cat protect.txt)" && status=1; }
    done
}

# status_says FILTER ARGUMENT...: what copp status tells as JSON
status_says() {
    local filter=$1
    shift
    wine application/copp.exe status --json "$@" >status.json 2>status.err || true
    jq -e "$filter" status.json >/dev/null && return
    echo "copp status $*: $(cat status.json status.err)"
    status=1
}

# --- which semantics ---

driver copp-alone chain.xml leaf.pem
driver opm-alone chain.p7b opm-leaf.pem
driver both chain.xml leaf.pem chain.p7b opm-leaf.pem
protected='DISPLAY1: protected: HDCP on, answers not bound (BIND-5)'
export COPP_DRIVER=$work/both
protect_says 0 "$protected (OPM)" --device opm --anchor "$certificate" --hdcp 1 -- cmd /c exit 0
protect_says 0 "$protected (OPM)" --semantics opm --anchor "$certificate" --hdcp 1 -- cmd /c exit 0
protect_says 0 "$protected" --anchor "$key" --hdcp 1 -- cmd /c exit 0 # a key is COPP's anchor
lacks '(OPM)'
protect_says 0 "$protected" --semantics copp --anchor "$key" --hdcp 1 -- cmd /c exit 0
lacks '(OPM)'
protect_says 1 'OPM-CERT-4' --hdcp 1 -- cmd /c exit 0 # OPM first, and nothing else if only its chain is wrong
lacks 'speaks COPP'
status_says '[.outputs[] | .semantics, .plugged] == ["opm", true] and (.outputs[0].output_id | length) == 16' --anchor "$certificate"
status_says '[.outputs[].semantics] == ["copp"]' --anchor "$key"
COPP_DRIVER=$work/opm-alone protect_says 0 "$protected (OPM)" --anchor "$certificate" --hdcp 1 -- cmd /c exit 0

# OPM-OUT-4: what the driver lacks, and what is left of it. Microsoft is both semantics' anchor.
export COPP_DRIVER=$work/copp-alone
protect_says 1 'the driver has no OPM semantics (0xC0262500): the session speaks COPP' --hdcp 1 -- cmd /c exit 0
says '(CERT-12)'
protect_says 2 'the driver has no OPM semantics (0xC0262500, OPM-OUT-4): use --semantics copp' --semantics opm --anchor "$certificate" \
    --hdcp 1 -- cmd /c exit 0
protect_says 2 'the driver has no OPM semantics (0xC0262500, OPM-OUT-4): use --semantics copp' --anchor "$certificate" --hdcp 1 \
    -- cmd /c exit 0
protect_says 2 'the driver has no OPM semantics (0xC0262500, OPM-OUT-4)' --type1 -- cmd /c exit 0 # OPM alone has it
COPP_DRIVER=$work/opm-alone protect_says 2 'the driver has no COPP semantics (0xC0262501, OPM-OUT-4): use --semantics opm' \
    --semantics copp --anchor "$key" --hdcp 1 -- cmd /c exit 0
COPP_DRIVER='C:\nowhere' protect_says 2 "the driver has neither OPM semantics (0xC0262500) nor COPP's (0xC0262501)" --hdcp 1 \
    -- cmd /c exit 0

# --- OPM's own ---

driver type1 chain.p7b opm-leaf.pem
cat >type1/adapter.ini <<'ADAPTER'
[output HDMI-1]
type = hdmi
protections = hdcp
modes = 1080p60
ksv = ea8c90d793
opm = type1
hdcp_version = 2.2
[script]
4000 = unplug HDMI-1
ADAPTER
export COPP_DRIVER=$work/type1
protect_says 1 'the command is killed' --type1 --anchor "$certificate" -- cmd <&9
says 'DISPLAY1: protected: HDCP type enforcement Type 1'

# --- several outputs of one monitor (OPM-OUT-1): all of them, or none (OPM-OUT-7) ---

# clones NAME SECOND SCRIPT: the second of two outputs that show one picture
clones() {
    driver "$1" chain.xml leaf.pem chain.p7b opm-leaf.pem
    cat >"$1/adapter.ini" <<ADAPTER
[output HDMI-1]
type = hdmi
protections = hdcp
modes = 1080p60
ksv = b70361f714
multi_adapter = clone
[output DP-1]
$2
modes = 1080p60
[script]
$3
ADAPTER
    export COPP_DRIVER=$work/$1
}
second=$'type = displayport\nprotections = hdcp\nksv = b70361f714\nmulti_adapter = clone'
first_name='\\.\DISPLAY1#1/2' second_name='\\.\DISPLAY1#2/2'

clones clones "$second" ''
status_says '[.outputs[] | .output, .semantics] == ["\\\\.\\DISPLAY1#1/2", "opm", "\\\\.\\DISPLAY1#2/2", "opm"] and
    (.outputs[0].output_id != .outputs[1].output_id) and ([.outputs[].connector] == ["HDMI", "DisplayPort"])' --anchor "$certificate"
for name in '' '\\.\DISPLAY1' "$first_name" "$second_name"; do
    protect_says 0 "$first_name: protected: HDCP on" --anchor "$certificate" --hdcp 1 ${name:+--output "$name"} -- cmd /c exit 0
    says "$second_name: protected: HDCP on" "$first_name: released" "$second_name: released"
    lacks 'only this one is protected'
done
protect_says 2 'no session in clone or theatre mode (ARB-6): 0xC026250F; OPM allows clone mode: use --semantics opm' --semantics copp \
    --anchor "$key" --output '\\.\DISPLAY1' --hdcp 1 -- cmd /c exit 0
status_says '[.outputs[].refused] == ["no session: clone or theatre mode (ARB-6)"]' --semantics copp --anchor "$key"
wine application/copp.exe probe --json --anchor "$certificate" >probe.json || status=1
jq -e '[.paths[] | select(.path == "OPM") | .ok] == [true, true]' probe.json >/dev/null || { cat probe.json && status=1; }

# what is not in clone mode itself shows what no other does
clones other "${second/clone/single}" ''
COPP_OUTPUT=DP-1 status_says '[.outputs[].output] == ["\\\\.\\DISPLAY1"]' --anchor "$certificate"

# the second is looked at, too
clones lost "$second" '4000 = unplug DP-1'
protect_says 1 "$second_name: the link to the display was lost (EVT-4); the command is killed" --anchor "$certificate" --hdcp 1 -- cmd <&9
says "$first_name: protected: HDCP on"

# one that cannot be protected is not left out
clones incapable $'type = displayport\nmulti_adapter = clone' ''
protect_says 1 "$second_name: " --anchor "$certificate" --hdcp 1 -- cmd /c echo played
lacks played

# a third begins to show the picture: no new session protects two of three
third=$'\nmodes = 1080p60\n[output DP-2]\n'${second/clone/single}
clones more "$second$third" $'4000 = multi-adapter DP-2 clone\n4000 = unplug HDMI-1\n4500 = plug HDMI-1\n8000 = unplug HDMI-1'
protect_says 1 'no new session: ' --anchor "$certificate" --hdcp 1 --reconnect 3 -- cmd <&9
says "$first_name: protected: HDCP on" 'is not an output of this adapter'
lacks 'protected again'

# --- older drivers ---

mv application/dxva2.dll application/newer.dll
cp "$older" application/dxva2.dll
export COPP_DRIVER=$work/both
status_says '.outputs[0] | .semantics == "opm" and .output_id == null and .hardware_protection == null and .connector == "HDMI"' \
    --anchor "$certificate"
protect_says 0 "$protected (OPM)" --anchor "$certificate" --hdcp 1 -- cmd /c exit 0
export OLDER_WITHOUT_OPM=1
protect_says 1 'the driver has no OPM semantics (0xC026251E): the session speaks COPP' --hdcp 1 -- cmd /c exit 0
says '(CERT-12)'
protect_says 2 'the driver has no OPM semantics (0xC026251E, OPM-OUT-4): use --semantics copp' --semantics opm --hdcp 1 -- cmd /c exit 0
exit "$status"

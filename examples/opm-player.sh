#!/bin/sh
# opm-player.sh PLAYER VECTORS: the example shows pictures only while coppd, speaking OPM, vouches for the display.
set -eu
: "${COPPD:?the daemon}"
player=$1 vectors=$2
directory=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; wait; rm -rf "$directory"' EXIT
mkfifo "$directory/events"
cat >"$directory/coppd.conf" <<CONF
[daemon]
socket = $directory/socket
state_directory = $directory
[outputs]
backend = sim
events = $directory/events
srm_keys = facsimile
CONF
: >"$directory/log"
"$COPPD" --config "$directory/coppd.conf" 2>"$directory/log" &
pid=$!
tries=0
until grep -q 'listening at' "$directory/log"; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || exit 1
    sleep 0.1
done
exec 9<>"$directory/events"
anchor=$directory/test-driver-opm/anchor.der

# happens EVENT: once coppd says that it has
happens() {
    before=$(grep -c '^coppd: event: ' "$directory/log" || true)
    echo "$1" >&9
    until [ "$(grep -c '^coppd: event: ' "$directory/log")" -gt "$before" ]; do sleep 0.05; done
}
# ends STATUS WORDS [ARGUMENT...]: how the player does, after 1 second if nothing happens
ends() {
    wanted=$1 words=$2
    shift 2
    status=0
    "$player" "$directory/socket" "$anchor" HDMI-1 1 "$@" >"$directory/out" || status=$?
    cat "$directory/out"
    [ "$status" -eq "$wanted" ]
    tail -n 1 "$directory/out" | grep -q "$words"
}
pictures() { grep -c '^picture$' "$directory/out" || true; }
# stops EVENT WORDS: while pictures are shown, for good
stops() {
    status=0
    : >"$directory/out"
    (
        until [ "$(pictures)" -eq 1 ]; do sleep 0.05; done
        happens "$1"
    ) &
    "$player" "$directory/socket" "$anchor" HDMI-1 100000 >"$directory/out" || status=$?
    wait $!
    [ "$status" -eq 1 ]
    [ "$(tail -n 2 "$directory/out" | head -n 1)" = black ]
    tail -n 1 "$directory/out" | grep -q "$2"
}

ends 0 '^protected$'
[ "$(pictures)" -eq 1 ]

# the link falls away and comes back, and the connector is reconfigured: a new session each time, and the same film
status=0
: >"$directory/out"
(
    count=1
    for event in 'hdcp-fail HDMI-1' 'mode HDMI-1 720p60' 'unplug HDMI-1'; do
        until [ "$(pictures)" -eq "$count" ]; do sleep 0.05; done
        happens "$event"
        count=$((count + 1))
    done
) &
"$player" "$directory/socket" "$anchor" HDMI-1 100000 >"$directory/out" || status=$?
wait $!
[ "$status" -eq 1 ]
[ "$(pictures)" -eq 3 ]
[ "$(grep -c '^black$' "$directory/out")" -eq 3 ]
tail -n 1 "$directory/out" | grep -q 'the driver refused: ERROR_GRAPHICS_OPM_DRIVER_INTERNAL_ERROR; check that a display is plugged in'
happens 'plug HDMI-1'

# the driver judges who receives: a repeater will do, a revoked device does not
happens 'repeater HDMI-1 on'
ends 0 '^protected$'
stops 'revoke HDMI-1 on' '(OPM-STA-8); use another display, or remove the repeater in between'
happens 'revoke HDMI-1 off'
stops 'tamper HDMI-1' '(OPM-STA-8); show no protected content'
ends 1 'ERROR_GRAPHICS_OPM_OUTPUT_DOES_NOT_SUPPORT_HDCP; .*for Type 1 with HDCP 2.2' type1
happens 'hdcp-version HDMI-1 2.2'
ends 0 '^protected$' type1
ends 1 'ERROR_GRAPHICS_OPM_INVALID_SRM; give the HDCP renewability message whole' "$vectors/chain-good.xml"
happens 'hdcp-version HDMI-1 1.4'
happens 'ksv HDMI-1 511ef21acd' # which the message, HDCP 1.x's, lists
ends 1 '(OPM-STA-8); use another display' "$vectors/srm-facsimile.bin"
happens 'ksv HDMI-1 b70361f714'
ends 0 '^protected$' "$vectors/srm-facsimile.bin"
happens 'downstream HDMI-1 e72697f401' # coppd keeps the message
ends 1 '(OPM-STA-8); use another display'

# one kind of anchor is not taken for the other
status=0
"$player" "$directory/socket" "$directory/test-driver/anchor.b64" HDMI-1 1 2>"$directory/err" || status=$?
[ "$status" -eq 2 ]
grep -q 'give a certificate' "$directory/err"

#!/bin/sh
# player.sh PLAYER: the example shows frames only while coppd vouches for the display.
set -eu
player=$1
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
CONF
: >"$directory/log"
"$COPPD" --config "$directory/coppd.conf" 2>"$directory/log" &
pid=$!
exec 9<>"$directory/events"
tries=0
until grep -q 'listening at' "$directory/log"; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || exit 1
    sleep 0.1
done
anchor=$directory/test-driver/anchor.b64

# all of them, protected
"$player" "$directory/socket" "$anchor" HDMI-1 5 >"$directory/out"
[ "$(grep -c '^frame ' "$directory/out")" -eq 5 ]

# none where HDCP is not to be had
status=0
"$player" "$directory/socket" "$anchor" Component-1 5 >"$directory/out" || status=$?
[ "$status" -eq 1 ]
[ "$(grep -c '^frame ' "$directory/out")" -eq 0 ]

# none more once it is lost
status=0
(
    until grep -q '^frame 10$' "$directory/out"; do sleep 0.05; done
    echo "mode HDMI-1 720p60" >&9
    until grep -q '^black$' "$directory/out"; do sleep 0.05; done
    echo "hdcp-fail HDMI-1" >&9
) &
: >"$directory/out"
"$player" "$directory/socket" "$anchor" HDMI-1 100000 >"$directory/out" || status=$?
wait $!
[ "$status" -eq 1 ]
tail -n 1 "$directory/out" | grep -q 'the link to the display was lost'

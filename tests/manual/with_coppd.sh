#!/bin/sh
# with_coppd.sh EXAMPLE [ARGUMENT...]: runs the example with those arguments and the socket of a coppd whose outputs are simulated.
set -eu
: "${COPPD:?the daemon}"
directory=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; wait; rm -rf "$directory"' EXIT
cat >"$directory/coppd.conf" <<CONF
[daemon]
socket = $directory/socket
state_directory = $directory
[outputs]
backend = sim
CONF
: >"$directory/log"
"$COPPD" --config "$directory/coppd.conf" 2>"$directory/log" &
pid=$!
tries=0
until grep -q 'listening at' "$directory/log"; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { cat "$directory/log" >&2; exit 1; }
    sleep 0.1
done
"$@" "$directory/socket"

#!/bin/sh
# A short run under valgrind: no byte read that was not written, none leaked, no descriptor left open but the standard three.
set -eu
directory=$(mktemp -d)
pid=
watcher=
trap '[ -z "$pid$watcher" ] || kill $pid $watcher 2>/dev/null || true; wait; rm -rf "$directory"' EXIT
cat >"$directory/coppd.conf" <<CONF
[daemon]
socket = $directory/socket
state_directory = $directory
[outputs]
backend = sim
[metrics]
file = $directory/metrics
CONF
# start COMMAND...: waits until it listens
start() {
    : >"$directory/log"
    "$@" --config "$directory/coppd.conf" 2>"$directory/log" &
    pid=$!
    tries=0
    until grep -q 'listening at' "$directory/log"; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || {
            cat "$directory/log"
            exit 1
        }
        sleep 0.1
    done
}
# ends with 0, or its log is shown
end() {
    kill -TERM "$pid"
    status=0
    wait "$pid" || status=$?
    pid=
    [ "$status" -eq 0 ] || {
        cat "$directory/log"
        exit 1
    }
}

start "$COPPD" # which makes the keys: under valgrind that takes a minute
end
start valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect,possible --error-exitcode=99 "$COPPD"
export COPP_DEVICE="unix:$directory/socket" COPP_ANCHOR="$directory/test-driver/anchor.b64"
"$COPP" watch --once >/dev/null
"$COPP" watch >/dev/null & # until coppd ends, which it is to notice
watcher=$!
"$COPP" status >/dev/null
"$COPP" protect --allow-simulated --hdcp 1 -- true
"$COPP" protect --allow-simulated --hdcp 1 -- sleep 60 &
guard=$!
sleep 1
pkill -KILL -P "$guard" # the client, the child of its guardian: coppd is told by the kernel alone
sleep 1
end
kill "$watcher"
wait "$watcher"
watcher=

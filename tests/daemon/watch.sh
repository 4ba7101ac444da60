#!/bin/sh
# copp watch where there is no terminal: lines, objects, and how things are at one moment.
# shellcheck source=tests/daemon/lib.sh
. "$(dirname "$0")/lib.sh"
export COPP_DEVICE="unix:$socket"

says() { grep -qe "$1" "$directory/out" "$directory/err" || fail "does not say: $1"; }
has() { grep -qe "$1" "$directory/$2"; }
# counts N EXPRESSION FILE: so many objects in it answer true
counts() { [ "$(jq -s "[.[] | select($2)] | length" "$directory/$3")" -eq "$1" ]; }

# nobody there
expect 2 "$COPP" watch
says 'no coppd listens there'
expect 2 "$COPP" watch --once --json
jq -e '.error | test("no coppd listens there")' "$directory/out" >/dev/null || fail "no error in JSON"

start
exec 9<>"$directory/events"
export COPP_ANCHOR="$directory/test-driver/anchor.b64"

# how things are
expect 0 "$COPP" watch --once
says '^CONNECTOR  *TYPE  *HDCP  *ACP  *CGMS-A  *SESSIONS$'
says '^HDMI-1 (simulated)  *HDMI  *off  *-  *-  *0$'
says '^eDP-1 (simulated)  *internal embedded DisplayPort  *-  *-  *-  *0$'
! grep -q '^SESSION' "$directory/out" || fail "sessions there are none of"
expect 0 "$COPP" watch --once --json
counts 5 '.event == "connector" and .sessions == 0 and .simulated == true and .plugged == true' out || fail "five connectors"
counts 1 '.event == "complete"' out || fail "the end of it"

# everything that happens, as lines and as objects
"$COPP" watch >"$directory/lines" 2>&1 &
lines=$!
"$COPP" watch --json >"$directory/objects" 2>&1 &
objects=$!
children="$lines $objects"
until_true has '^eDP-1' lines
until_true has '"complete"' objects
"$COPP" protect --allow-simulated --hdcp 1 --output HDMI-1 -- sleep 60 2>/dev/null &
guard=$!
children="$children $guard"
until_true has 'HDMI-1 (simulated): HDCP off -> on$' lines
player=$(pgrep -P "$guard") # what was started is its guardian
expect 0 "$COPP" watch --once
says "^SESSION  *CONNECTOR  *USER  *PID  *COMMAND  *HOLDS  *EVENTS  *AGE$"
says "^[0-9]*  *HDMI-1 (simulated)  *$(id -un)  *$player  *copp  *HDCP on  *-  *[0-9]*s$"
echo 'mode HDMI-1 720p60' >&9
until_true has 'HDMI-1 (simulated): reconfigured$' lines
until_true has 'RenegotiationRequired delivered to the player$' lines
echo 'hdcp-fail HDMI-1' >&9
until_true has 'session [0-9]* (copp): ended after' lines
wait "$guard" 2>/dev/null || true
for line in 'session [0-9]* (copp): opened on HDMI-1 (simulated) by [^ ]*, process [0-9]*' 'session [0-9]* (copp): handshake done' \
    'session [0-9]* (copp): HDCP off -> on' 'session [0-9]* (copp): RenegotiationRequired' 'HDMI-1 (simulated): the link or its protection was lost' \
    'HDMI-1 (simulated): HDCP on -> off' 'session [0-9]* (copp): LinkLost' 'session [0-9]* (copp): HDCP on -> off'; do
    has "^[0-9][0-9]:[0-9][0-9]:[0-9][0-9] $line\$" lines || fail "no line: $line"
done
settled() {
    jq -se 'map(select(.event == "connector" and .connector == "HDMI-1")) | last | .losses == 1 and .reconfigurations == 1 and .sessions == 0' \
        "$directory/objects" >/dev/null
}
until_true settled
counts 1 '.event == "ended" and .cause == null' objects || fail "the end's object"
counts 1 ".event == \"session\" and .simulated == true and .pid == $player and .state == \"active\" and .holds.HDCP.name == \"on\" and .undelivered == [\"RenegotiationRequired\"]" \
    objects || fail "the session's object"
counts 1 '.event == "session" and .holds.HDCP.level == 0 and .undelivered == ["LinkLost"]' objects || fail "LinkLost"
jq -se 'all(.time | test("^20[0-9-]*T[0-9:]*\\.[0-9]{3}Z$"))' "$directory/objects" >/dev/null || fail "times"

# the daemon goes and comes back
kill "$pid"
wait "$pid" || fail "coppd ended with $?"
until_true has 'the connection to coppd is lost; ' lines
until_true has '"lost"' objects
start
until_true has 'connected to coppd again after' lines
until_true counts 1 '.event == "back" and .gap_ms >= 0' objects
until_true counts 2 '.event == "complete"' objects
told_again() { [ "$(sed '1,/again after/d' "$directory/lines" | grep -c '^eDP-1')" -eq 1 ]; }
until_true told_again
for watcher in "$lines" "$objects"; do
    kill "$watcher"
    wait "$watcher" || fail "a watcher that was told to end: $?"
done

# whoever reads the lines may go first
mkfifo "$directory/pipe"
"$COPP" watch >"$directory/pipe" &
watcher=$!
children=$watcher
head -n 1 <"$directory/pipe" >/dev/null
wait "$watcher" || [ $? -eq 141 ] || fail "a watcher nobody reads: $?"

# who has gone is not one who does not read: news comes before coppd has heard of the end
"$COPP" watch >"$directory/gone" &
watcher=$!
children=$watcher
until_true has '^eDP-1' gone
kill -STOP "$pid"
until_true grep -q '^State:.T' "/proc/$pid/status"
echo 'unplug HDMI-1' >&9
kill -KILL "$watcher"
wait "$watcher" 2>/dev/null || true
kill -CONT "$pid"
unplugged() { "$COPP" status --json | jq -e '.outputs[] | select(.output == "HDMI-1").plugged == false' >/dev/null; }
until_true unplugged
! grep 'its answers were not read' "$directory/coppd.log" || fail "whoever has gone did not read"
echo 'plug HDMI-1' >&9

# coppd's limits, in words
kill "$pid"
wait "$pid" || true
sed -i 's/^\[outputs\]/sessions_per_user = 1\n[outputs]/' "$directory/coppd.conf"
start
"$COPP" watch --plain >"$directory/plain" &
watcher=$!
children=$watcher
until_true has '^eDP-1' plain
expect 2 "$COPP" watch --once
says "this user has reached coppd's limit of sessions"
until_true has "process [0-9]*: refused: this user has reached coppd's limit of sessions\$" plain
kill "$watcher"
wait "$watcher"

# the simulated adapter is watched the same way, until its events have ended
expect 0 "$COPP" watch --once --device embedded
says '^SVideo-1'
printf 'desktop-acp DVI-I-1 2\n+0.2 unplug HDMI-1\n' >"$directory/what"
expect 0 "$COPP" watch --events "$directory/what"
says ' DVI-I-1 (simulated): ACP off -> level 2$'
says ' HDMI-1 (simulated): nothing is plugged in$'
says ' HDMI-1 (simulated): the link or its protection was lost$'
expect 0 "$COPP" watch --events - --json <"$directory/what"
counts 1 '.event == "connector" and .losses == 1 and .simulated == true and .plugged == false' out || fail "the embedded adapter's objects"
echo 'explode HDMI-1' >"$directory/what"
expect 2 "$COPP" watch --events "$directory/what"
says 'what: line 1'
expect 2 "$COPP" watch --events "$directory/what" --device "unix:$socket"
says 'are for the embedded adapter, not for'
expect 2 "$COPP" watch --device telepathy

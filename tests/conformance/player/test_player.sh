#!/bin/sh
# test_player.sh FAULTY-PLAYER PLAYER OPM-PLAYER: copp test player as people use it, with the players that this project has. What each case
# finds is players.c's.
set -eu
: "${COPP:?the tool}"
faulty=$1 player=$2 opm_player=$3
directory=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$directory"' EXIT
unset COPP_DEVICE COPP_ANCHOR COPP_STATE_DIR COPP_SRM_KEY || true
export TMPDIR="$directory/tmp"
mkdir "$TMPDIR"
markers="--shown-marker frame --hidden-marker black"

fail() {
    echo "FAILED: $*"
    cat "$directory/out" "$directory/err" 2>/dev/null || true
    exit 1
}
# expect STATUS ARGUMENT...: of copp test player; nothing is left behind
expect() {
    wanted=$1
    shift
    status=0
    "$COPP" test player --tolerance 1500 "$@" >"$directory/out" 2>"$directory/err" || status=$?
    [ "$status" -eq "$wanted" ] || fail "status $status, not $wanted: $*"
    [ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
}
says() {
    grep -q -- "$1" "$directory/out" "$directory/err" || fail "does not say: $1"
}
none() { # FAULT [OPTION...]: the tests' own player
    fault=$1
    shift
    # shellcheck disable=SC2086 # words
    expect "$@" $markers -- "$faulty" "$fault" copp '{socket}' '{anchor}'
}
few="APP-APP-3-1,APP-QRY-4-2,APP-CERT-12-1,APP-EVT-4-1"

# usage
expect 2
says 'no player is given'
expect 2 --hidden-marker black -- true
says 'needs --shown-marker'
expect 2 --only NO-SUCH -- true
expect 0 --list --only 'APP-QRY-4-*'
says '^APP-QRY-4-1 '
expect 0 --list --json --only APP-QRY-4-1
says '"APP-QRY-4-1"'

# what it answers
none none 0 --only "$few"
says '4 cases'
none no_mac 1 --only "$few"
says '^fail  *APP-QRY-4-2 '
says 'rule: *QRY-4'
printf 'APP-QRY-4-2 # it is known\n' >"$directory/expected"
none no_mac 0 --only "$few" --expect "$directory/expected" --strict
none none 1 --only "$few" --expect "$directory/expected" --strict
none no_mac 1 --only APP-QRY-4-2 --json --junit "$directory/junit"
says '"fail"'
grep -q '<failure' "$directory/junit" || fail "no failure in the JUnit file"
expect 2 --only APP-APP-3-1 -- "$directory/not-there"
says 'cannot be run'
expect 1 --only APP-APP-3-1 -- sh -c 'exit 3'
says 'ended with status 3'
expect 2 --only APP-QRY-4-2 -- sh -c 'exit 3'
says 'ended with status 3'

# content is looked at by a command, which knows the player; and without any sight of it by what happens to the session
# shellcheck disable=SC2016 # the tested program's words
looks='[ "$(cat "$COPP_ANCHOR.shown")" = yes ] && [ -d "/proc/$COPP_TEST_PID" ]'
# shellcheck disable=SC2016
shows='"$0" "$@" | while read -r word; do if [ "$word" = frame ]; then word=yes; fi; echo "$word" >"$COPP_ANCHOR.new"; mv "$COPP_ANCHOR.new" "$COPP_ANCHOR.shown"; done'
expect 0 --only APP-APP-3-1,APP-QRY-4-2 --frames-command "$looks" -- sh -c "$shows" "$faulty" none copp '{socket}' '{anchor}'
expect 1 --only APP-QRY-4-2 --frames-command "$looks" -- sh -c "$shows" "$faulty" no_mac copp '{socket}' '{anchor}'
says 'content was still shown'
expect 0 --only "$few" -- "$faulty" none copp '{socket}' '{anchor}'
expect 1 --only APP-QRY-4-2 -- "$faulty" no_mac copp '{socket}' '{anchor}'
says 'neither ended, nor closed the session'

# a signal ends the players and takes the files away
mkfifo "$directory/begun"
# shellcheck disable=SC2016
"$COPP" test player --only APP-APP-3-1 -- sh -c 'echo begun >"$0"; exec sleep 1000' "$directory/begun" >"$directory/out" 2>&1 &
pid=$!
read -r word <"$directory/begun"
[ "$word" = begun ]
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
pid=
[ "$status" -eq 2 ] || fail "status $status after SIGTERM"
[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind after SIGTERM"

# so does one that nobody can catch, but for an empty directory
# shellcheck disable=SC2016
"$COPP" test player --only APP-APP-3-1 -- sh -c 'echo $$ >"$0"; exec sleep 1000' "$directory/begun" >"$directory/out" 2>&1 &
pid=$!
read -r child <"$directory/begun"
kill -KILL "$pid"
wait "$pid" || true
pid=
tries=0
while kill -0 "$child" 2>/dev/null || [ -n "$(find "$TMPDIR" -mindepth 2)" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || fail "the player or its files outlive copp test player"
    sleep 0.1
done
rmdir "$TMPDIR"/*

# the players that this project has: all cases, of which the first example does not know lists of receivers
printf 'APP-APP-2-3 APP-SRM-1-1 APP-SRM-2-1 # it has no list of revoked receivers\n' >"$directory/expected"
# shellcheck disable=SC2086
expect 0 --jobs 16 --strict $markers --expect "$directory/expected" -- "$player" '{socket}' '{anchor}' '{output}' 100000
expect 0 --jobs 16 --strict --semantics opm --shown-marker picture --hidden-marker black -- "$opm_player" '{socket}' '{anchor}' '{output}' 100000
for semantics in copp opm; do
    expect 0 --jobs 16 --strict --semantics $semantics --shown-marker frame -- \
        "$COPP" protect --semantics $semantics --hdcp 1 --allow-simulated --reconnect 5 -- sh -c 'while :; do echo frame; sleep 0.2; done'
done
# one that asks for news of outputs, too
expect 0 --strict --only APP-APP-3-1,APP-EVT-4-2 --shown-marker frame -- \
    "$COPP" protect --semantics copp --output all --hdcp 1 --allow-simulated -- sh -c 'while :; do echo frame; sleep 0.2; done'

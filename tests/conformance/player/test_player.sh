#!/bin/sh
# test_player.sh FAULTY-PLAYER PLAYER OPM-PLAYER: copp test player as people use it, with the players that this project has. What each case
# finds is players.c's.
set -eu
: "${COPP:?the tool}"
faulty=$1 player=$2 opm_player=$3
top=$(mktemp -d)
parts=
trap 'for part in $parts; do kill "${part#*:}" 2>/dev/null || true; done; wait; rm -rf "$top"' EXIT
unset COPP_DEVICE COPP_ANCHOR COPP_STATE_DIR COPP_SRM_KEY || true
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
usage() {
    expect 2
    says 'no player is given'
    expect 2 --hidden-marker black -- true
    says 'needs --shown-marker'
    for only in NO-SUCH 'APP-APP-3-1,NO-SUCH' DRV-CMD-3-1 ''; do
        expect 2 --only "$only" -- true
        says 'copp test player --list shows the ids'
    done
    expect 2 --only APP-OPM-APP-3-1 -- true
    says 'give --semantics opm as well'
    expect 2 --semantics opm --only APP-APP-3-1 -- true
    says 'give --semantics copp as well'
    echo APP-APP-99-1 >"$directory/expected"
    expect 2 --only "$few" --expect "$directory/expected" -- true
    says "'APP-APP-99-1' is not the id of a case"
    says 'copp test player --list shows the ids'
    expect 0 --list --only 'APP-QRY-4-*'
    says '^APP-QRY-4-1 '
    expect 0 --list --json --only APP-QRY-4-1
    says '"APP-QRY-4-1"'
}

# what it answers
answers() {
    none none 0 --only "$few"
    says '4 cases'
    none no_mac 1 --only "$few"
    says '^fail  *APP-QRY-4-2 '
    says 'rule: *QRY-4'
    printf 'APP-QRY-4-2 # it is known\n' >"$directory/expected"
    none no_mac 0 --only "$few" --expect "$directory/expected" --strict
    none none 1 --only "$few" --expect "$directory/expected" --strict
    none no_mac 1 --only APP-QRY-4-2 --html "$directory/page.html"
    grep -q "copp test player --semantics copp --shown-marker frame --hidden-marker black --tolerance 1500 --only APP-QRY-4-2 --seed [0-9]* -- $faulty no_mac copp {socket} {anchor}<" \
        "$directory/page.html" || fail "the page does not say how to repeat the case"
    none no_mac 1 --only APP-QRY-4-2 --json --junit "$directory/junit"
    says '"fail"'
    grep -q '<failure' "$directory/junit" || fail "no failure in the JUnit file"
}

# a recording holds each case with its messages, and no keys; with them the fault is found again. A request that was left unanswered is in it.
recording() {
    none no_mac 1 --only APP-QRY-4-2,APP-APP-3-10 --record "$directory/recording" --record-secrets "$directory/keys"
    [ "$(stat -c %a "$directory/recording" "$directory/keys" | uniq)" = 600 ] || fail "others may read the recording"
    decode() { # STATUS ARGUMENT...
        wanted=$1
        shift
        status=0
        "$COPP" decode "$directory/recording" "$@" >"$directory/out" 2>"$directory/err" || status=$?
        [ "$status" -eq "$wanted" ] || fail "decode: status $status, not $wanted"
    }
    decode 1 --keys "$directory/keys"
    says 'case APP-QRY-4-2: a MAC whose first bit is wrong is noticed'
    says 'case APP-QRY-4-2: fail: '
    says 'QRY-2: the answer.s MAC is wrong'
    says 'the player shows content'
    says 'what comes next is wrong on purpose'
    says 'the driver did not answer'
    says 'keys of 2 of them$'
    decode 1
    ! grep -q 'QRY-2' "$directory/out" || fail "MACs are checked without keys"
    none none 2 --only APP-QRY-4-2 --record "$directory/recording"
    says 'exists already'
    none none 2 --only APP-QRY-4-2 --record-secrets "$directory/keys-alone"
    says 'needs --record'
    [ ! -e "$directory/keys-alone" ] || fail "keys without a recording"
}

starts() {
    expect 2 --only APP-APP-3-1 -- "$directory/not-there"
    says 'cannot be run'
    expect 1 --only APP-APP-3-1 -- sh -c 'exit 3'
    says 'ended with status 3'
    expect 2 --only APP-QRY-4-2 -- sh -c 'exit 3'
    says 'ended with status 3'
}

# a player that prints without end is answered as any other, and what it prints without the end of a line, or behind a NUL, is read
prints() {
    # shellcheck disable=SC2016,SC2086
    expect 0 --only APP-APP-3-1 $markers -- sh -c 'yes & exec "$0" "$@"' "$faulty" none copp '{socket}' '{anchor}'
    for shown in 'frame' '\0frame\n'; do
        # shellcheck disable=SC2016,SC2059,SC2086
        expect 1 --only APP-APP-3-9 $markers -- sh -c 'printf "$0"' "$shown"
        says "content was shown, and no session's protection was in force"
    done
}

# where content is never seen, nothing is said about whether it is hidden
unseen() {
    expect 2 --only APP-QRY-4-2,APP-EVT-4-9 --frames-command 'exit 2' -- "$faulty" no_mac copp '{socket}' '{anchor}'
    says 'content was not seen at any time'
    expect 2 --only APP-EVT-4-9 --shown-marker 'no such line' -- "$faulty" renegotiation_ignored copp '{socket}' '{anchor}'
}

# content is looked at by a command, which knows the player; and without any sight of it by what happens to the session
looks() {
    slow=--tolerance=5000 # several processes for each look
    # shellcheck disable=SC2016 # the tested program's words
    looks='[ "$(cat "$COPP_ANCHOR.shown")" = yes ] && [ -d "/proc/$COPP_TEST_PID" ]'
    # shellcheck disable=SC2016
    shows='"$0" "$@" | while read -r word; do if [ "$word" = frame ]; then word=yes; fi; echo "$word" >"$COPP_ANCHOR.new"; mv "$COPP_ANCHOR.new" "$COPP_ANCHOR.shown"; done'
    expect 0 "$slow" --only APP-APP-3-1,APP-QRY-4-2 --frames-command "$looks" -- sh -c "$shows" "$faulty" none copp '{socket}' '{anchor}'
    expect 1 "$slow" --only APP-QRY-4-2 --frames-command "$looks" -- sh -c "$shows" "$faulty" no_mac copp '{socket}' '{anchor}'
    says 'content was still shown'
    expect 0 --only "$few" -- "$faulty" none copp '{socket}' '{anchor}'
    expect 1 --only APP-QRY-4-2 -- "$faulty" no_mac copp '{socket}' '{anchor}'
    says 'neither ended, nor closed the session'
}

# a signal ends the players and takes the files away
signals() {
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
}

# the players that this project has: all cases, of which the first example does not know lists of receivers
example() {
    printf 'APP-APP-2-3 APP-SRM-1-1 APP-SRM-2-1 # it has no list of revoked receivers\n' >"$directory/expected"
    # shellcheck disable=SC2086
    expect 0 --jobs 16 --strict $markers --expect "$directory/expected" -- "$player" '{socket}' '{anchor}' '{output}' 100000
}
opm_example() {
    expect 0 --jobs 16 --strict --semantics opm --shown-marker picture --hidden-marker black -- "$opm_player" '{socket}' '{anchor}' '{output}' 100000
}
protect() {
    expect 0 --jobs 16 --strict --semantics "$1" --shown-marker frame -- \
        "$COPP" protect --semantics "$1" --hdcp 1 --allow-simulated --reconnect 5 -- sh -c 'while :; do echo frame; sleep 0.2; done'
}
protect_copp() { protect copp; }
protect_opm() { protect opm; }
# one that asks for news of outputs, too
news() {
    expect 0 --strict --only APP-APP-3-1,APP-EVT-4-2 --shown-marker frame -- \
        "$COPP" protect --semantics copp --output all --hdcp 1 --allow-simulated -- sh -c 'while :; do echo frame; sleep 0.2; done'
}

# Players wait most of the time: so parts run side by side, each in a directory of its own.
together() {
    parts=
    for part; do
        mkdir -p "$top/$part/tmp"
        (
            trap - EXIT
            directory=$top/$part
            export TMPDIR="$directory/tmp"
            "$part"
        ) >"$top/$part.says" 2>&1 &
        parts="$parts $part:$!"
    done
    failed=
    for part in $parts; do
        wait "${part#*:}" || failed="$failed ${part%:*}"
    done
    parts=
    for part in $failed; do
        echo "$part:"
        cat "$top/$part.says"
    done
    [ -z "$failed" ]
}
together usage answers recording starts looks signals example
together opm_example protect_copp protect_opm news unseen
together prints # it keeps a processor busy

#!/bin/bash
# cleanup.sh COPP-BENCH: a benchmark that fails or is killed leaves neither its coppd nor its directory behind.
set -eu
bench=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "$*" >&2
    exit 1
}

# Starts it, and waits for the coppd that it starts.
begin() {
    "$bench" "$work/bench.json" daemon >"$work/out" 2>&1 &
    pid=$!
    for _ in $(seq 200); do
        coppd=$(pgrep -P "$pid" -x coppd || true)
        [ -z "$coppd" ] || return 0
        sleep 0.05
    done
    fail "no coppd was started: $(cat "$work/out")"
}

# Its argument --config FILE stands in the benchmark's directory.
directory_of() { tr '\0' '\n' <"/proc/$1/cmdline" | sed -n 's|/coppd.conf$||p'; }

gone() {
    for _ in $(seq 200); do
        # a process that nobody has waited for yet has ended as well
        [[ $(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null || true) == [^Z]* ]] || return 0
        sleep 0.05
    done
    kill "$1"
    fail "coppd is still there, $2"
}

begin
directory=$(directory_of "$coppd")
[ -d "$directory" ] || fail "no directory: '$directory'"
kill -KILL "$coppd"
status=0
wait "$pid" || status=$?
[ "$status" -eq 2 ] || fail "exit status $status of a benchmark without its coppd"
[ ! -e "$directory" ] || fail "$directory is left"

begin
directory=$(directory_of "$coppd")
kill -KILL "$pid"
wait "$pid" || true
gone "$coppd" "though the benchmark was killed"
rm -rf "$directory"

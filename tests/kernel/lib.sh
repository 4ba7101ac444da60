# shellcheck shell=sh
# For the tests inside the machine: sourced first. Each test is a line of TAP; the first that fails ends the script.
set -eu
number=0
said=/run/said
trap 'ended $?' EXIT
ended() { [ "$1" -ne 0 ] || echo "1..$number"; } # the plan, once all have passed

# test_that WHAT COMMAND...: it succeeds. What it says is in $said for the next one, and is told if it fails.
test_that() {
    what=$1
    shift
    number=$((number + 1))
    status=0
    "$@" >"$said.next" 2>&1 || status=$?
    mv "$said.next" "$said"
    if [ "$status" -ne 0 ]; then
        echo "not ok $number - $what"
        echo "# status $status: $*"
        sed 's/^/# /' "$said"
        ! [ -d /run/systemd/journal ] || journalctl --no-pager --lines=40 | sed 's/^/# /'
        exit 1
    fi
    echo "ok $number - $what"
}

# Tries until it succeeds; two minutes are for a machine that does much else.
until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 1200 ] || return 1
        sleep 0.1
    done
}

not() { ! "$@"; }

# exits STATUS COMMAND...: with that exit status
exits() {
    wanted=$1
    shift
    exited=0
    "$@" || exited=$?
    [ "$exited" -eq "$wanted" ] || { echo "exit status $exited, not $wanted" && return 1; }
}

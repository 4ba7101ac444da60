#!/bin/sh
# start_wine.sh COMMAND ARGUMENT...: runs a test. If it is a program for Wine and Wine ends with an error before the program has printed
# anything, it is run once more, and says so. That has happened once in some ten thousand starts, after 10 ms, without a word from Wine. Every
# test program prints its plan before its first test, so that a test that fails is never run again. (Meson sets WINEPATH for a command with a word
# that begins with "wine", and a Wine of both kinds then finds DLLs of the other kind: hence the name.)
set -eu

case "$*" in
*/wine\ * | */env\ wine\ *) ;;
*) exec "$@" ;;
esac

# Two programs of Wine's that append to one file at once may write to the same place. So each has a file of its own for the rules that its tests
# prove (scripts/rules.sh).
rules_log=${COPP_RULES_LOG:-/dev/null} seen=$(mktemp) rules=$(mktemp)
trap 'rm -f "$seen" "$rules"' EXIT
[ -z "${COPP_RULES_LOG:-}" ] || export COPP_RULES_LOG="$rules"

# The program's standard output passes through; whether there was any is all that is kept. Exits with the program's status.
run() {
    { status=$({ { "$@" 3>&- 4>&- && echo 0 >&3 || echo $? >&3; } | tee "$seen" >&4; } 3>&1); } 4>&1
    cat "$rules" >>"$rules_log"
    return "$status"
}

run "$@" && exit
if [ -s "$seen" ]; then exit "$status"; fi
echo "start_wine.sh: Wine ended with status $status before the program had begun; it is started once more" >&2
run "$@"

#!/bin/sh
# test_oaep_time.sh VALGRIND OBJCOPY PROGRAM: opening OPM's handshake under memcheck; then, to see that it would be found, what must be
# complained of.
set -eu
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
"$2" --strip-debug "$3" "$copy" # valgrind 3.19 gives up on what clang 14 writes there
chmod +x "$copy"

memcheck() { "$1" --quiet --error-exitcode=99 --leak-check=no "$copy" ${2:+"$2"}; }

memcheck "$1"
for what in verdict secrets; do
    status=0
    memcheck "$1" $what 2>/dev/null || status=$?
    [ $status -eq 99 ] || {
        echo "memcheck does not complain of a branch on the $what: exit status $status"
        exit 1
    }
done

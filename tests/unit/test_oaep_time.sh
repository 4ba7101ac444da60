#!/bin/sh
# test_oaep_time.sh VALGRIND PROGRAM: opening OPM's handshake under memcheck; then, to see that it would be found, what must be complained of.
set -eu
memcheck() { "$1" --quiet --error-exitcode=99 --leak-check=no "$2" ${3:+"$3"}; }

memcheck "$1" "$2"
for what in verdict secrets; do
    status=0
    memcheck "$1" "$2" $what 2>/dev/null || status=$?
    [ $status -eq 99 ] || {
        echo "memcheck does not complain of a branch on the $what: exit status $status"
        exit 1
    }
done

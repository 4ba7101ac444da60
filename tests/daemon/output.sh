#!/bin/sh
# What coppd prints for who asks arrives, or it says that it does not.
# shellcheck source=tests/daemon/lib.sh
. "$(dirname "$0")/lib.sh"

for option in --help --version --check-config; do
    expect 0 "$COPPD" --config "$directory/coppd.conf" "$option"
    [ -s "$directory/out" ] || fail "$option prints nothing"
    for way in '>&-' '>/dev/full'; do
        status=0
        sh -c "$COPPD --config $directory/coppd.conf $option $way" 2>"$directory/err" || status=$?
        [ "$status" -eq 2 ] || fail "$option $way: status $status"
        grep -q 'standard output cannot be written: ' "$directory/err" || fail "$option $way says nothing"
    done
done

# no socket, timer or file of its own gets the lines for a standard error that is closed
"$COPPD" --config "$directory/coppd.conf" 2>&- &
pid=$!
until_true [ -S "$socket" ]
[ "$(readlink "/proc/$pid/fd/2")" = /dev/null ] || fail "standard error is $(readlink "/proc/$pid/fd/2")"

#!/bin/sh
# command.sh [EVENT FIFO]: a command for tests, two processes named sleep. Once one of them has left the session, it tells the
# simulated outputs of an event.
setsid sleep 1000 &
if [ $# -eq 2 ]; then
    until pidof sleep; do
        usleep 10000
    done
    echo "$1" >"$2"
fi
exec sleep 1000

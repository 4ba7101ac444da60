#!/bin/sh
# A player for tests: tells which process it is, and goes on telling that it plays. One of its processes has left the session.
echo $$ >/run/kiosk/pid
setsid tail -f /dev/null &
while :; do
    echo played >>/run/kiosk/played
    sleep 0.2
done

#!/bin/sh
# Figures for docs/outputs.md, through a card that another program lends. Runs only by its name: ./dev kernel drm figures.sh. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

# frames_are_counted: what the owner says of those since it was asked before
frames_are_counted() {
    told=$(wc -l </run/shower)
    kill -USR2 "$shower"
    until_true more_is_told
    tail -n 1 /run/shower
}
more_is_told() { [ "$(wc -l </run/shower)" -gt "$told" ]; }

# Frames in a second in which nothing happens, and while a command is started, with the authentication in between.
frames_are_missed() {
    : >/run/missed
    for _ in $(seq 5); do
        frames_are_counted
        sleep 1
        echo "# a second: $(frames_are_counted)" >>/run/missed
        protects --unnamed-receiver || return 1
        value_is 2 || return 1
        echo "# with an authentication: $(frames_are_counted)" >>/run/missed
        releases || return 1
        until_true value_is 0 || return 1
    done
}

# is_lost_often ORDER: a command is protected, its link is lost, and that is timed; 20 times
is_lost_often() {
    : >/run/times
    for _ in $(seq 20); do
        protects --unnamed-receiver || return 1
        loses "$1" || return 1
        ended_with 1 || return 1
        until_true value_is 0 || return 1
    done
}
column() { cut -d ' ' -f "$1" /run/times | sort -n; }
summary() {
    for column in 1:noticed 2:ended; do
        column "${column%:*}" |
            awk -v what="# ${column#*:}" '{ v[NR] = $1 } END { print what ": min " v[1] ", median " v[int((NR + 1) / 2)] ", max " v[NR] " ms" }'
    done
}

test_that "a program shows a new picture each frame" shows --flip HDMI-A-1
test_that "coppd starts" coppd_starts
test_that "its card is lent" lends "$shower"
test_that "demotions without an event end commands (APP-3)" is_lost_often silent
summary
test_that "each is noticed within 2 s" was_noticed_in_time
test_that "demotions with an event end commands (EVT-4)" is_lost_often desired
summary
test_that "each is noticed within 2 s" was_noticed_in_time

order $hdmi/delay_ms 500
test_that "the driver authenticates in a worker, for 500 ms" frames_are_missed
cat /run/missed
order $card/slow_commit_ms 500
test_that "the driver authenticates inside the commit, for 500 ms" frames_are_missed
cat /run/missed
test_that "coppd ends" coppd_stops

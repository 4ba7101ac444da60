#!/bin/sh
# A driver that authenticates inside the commit: the kernel lets nobody read the card meanwhile. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

# It is in a commit, by the process that writes for it
commits() { [ "$(pidof coppd | wc -w)" -eq 2 ]; }
# The program that reads is inside the kernel, and nothing interrupts it.
reader_waits() { grep 'State:.D' "/proc/$(pidof copp-read-card)/status"; }
authenticated() { [ "$(cat $hdmi/authentications)" -gt "$before" ]; }

test_that "coppd starts" coppd_starts
test_that "a program of its own reads the card" until_true pidof copp-read-card
test_that "a program shows something at two outputs, and stays the card's master" shows HDMI-A-1 DP-1
test_that "its card is lent" lends "$shower"
test_that "it has been tried out" until_true value_is 0
order $card/slow_commit_ms 8000
before=$(cat $hdmi/authentications)
copp protect --hdcp 1 --unnamed-receiver --output $output -- sleep 1000 >/run/copp 2>&1 &
copp=$!
test_that "a command begins, and a commit that waits" until_true commits
test_that "coppd serves others meanwhile" copp status
test_that "though whoever reads the card has to wait" until_true reader_waits
test_that "once more" copp status
test_that "all that was before the commit had ended" not authenticated
test_that "the command has failed by its time limit, which is shorter (CMD-6)" ended_with 1
test_that "what came of it is taken down" until_true value_is 0

before=$(cat $hdmi/authentications)
copp protect --hdcp 1 --unnamed-receiver --output $output -- sleep 1000 >/run/copp 2>&1 &
copp=$!
test_that "another one begins" until_true commits
test_that "coppd ends in the midst of it" coppd_stops
test_that "before the commit has ended" not authenticated
test_that "the command does not start" ended_with 1
order $card/slow_commit_ms 0
test_that "whoever was left behind ends with it" until_true not pidof coppd copp-read-card
ends_showing

#!/bin/sh
# On a kernel without systemd, as root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh

# The command pulls the cable itself, once a process of it has a session of its own.
link_lost() {
    mkfifo /run/events
    exits 1 copp protect --hdcp 1 --output HDMI-1 --events /run/events -- /kernel/command.sh 'unplug HDMI-1' /run/events
}

test_that "a whole session" copp demo
test_that "copp protect ends with the link (EVT-4)" link_lost
test_that "it says why" grep EVT-4 "$said"
test_that "its command has ended, and so has what left its session" not pidof sleep
test_that "suite descendants, as root" /kernel/test_descendants
test_that "suite process, as root" /kernel/test_process

#!/bin/sh
# With systemd as PID 1, as root: coppd by its units, and scopes of both managers.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh

# --- coppd -----------------------------------------------------------------------------------------------------------

coppd_pid() { systemctl show -P MainPID coppd.service; }
coppd_is() { [ "$(coppd_pid)" = "$1" ]; }

test_that "the system is up, and no unit has failed" exits 0 systemctl is-system-running --wait
test_that "coppd runs, and its socket listens" systemctl is-active coppd.socket coppd.service
test_that "coppd is a user of its own" grep -E "^Uid:\s+$(id -u coppd)\s" "/proc/$(coppd_pid)/status"
test_that "any user can ask it" su player -c 'copp status --anchor /var/lib/coppd/test-driver/anchor.b64'
test_that "it tells of its outputs" grep '^HDMI-1 (simulated)' "$said"
before=$(coppd_pid)
test_that "it reloads" systemctl reload coppd.service
test_that "the same process goes on" coppd_is "$before"
test_that "it stops" systemctl stop coppd.service
test_that "it runs no more" coppd_is 0
# which may take longer than the first of them waits
test_that "players that connect start it" until_true copp status --anchor /var/lib/coppd/test-driver/anchor.b64
test_that "it runs again" not coppd_is 0

# --- scopes ----------------------------------------------------------------------------------------------------------

player() { su player -c "XDG_RUNTIME_DIR=/run/user/1000 $*"; }
processes() { [ "$(pidof sleep | wc -w)" -eq "$1" ]; }
# of the first of them
scope() { echo "/sys/fs/cgroup$(pidof sleep | sed 's,^\([0-9]*\).*,/proc/\1/cgroup,' | xargs sed -n 's/^0:://p')"; }

test_that "a user's manager starts" systemctl start user@1000.service
test_that "the user's bus answers" player busctl --user status
for manager in system user; do
    if [ "$manager" = user ]; then as=player; else as=; fi
    $as systemd-run --$manager --scope --unit=guarded --quiet /kernel/command.sh &
    test_that "$manager: a command starts in a scope" until_true processes 2
    directory=$(scope)
    test_that "$manager: the scope has a cgroup" [ "${directory##*/}" = guarded.scope ]
    echo 1 >"$directory/cgroup.freeze"
    test_that "$manager: it freezes" until_true grep 'frozen 1' "$directory/cgroup.events"
    echo 1 >"$directory/cgroup.kill"
    test_that "$manager: all of it ends while it is frozen" until_true processes 0
    test_that "$manager: the scope is gone" until_true not test -e "$directory"
done

# --- lending ---------------------------------------------------------------------------------------------------------

lend_pid() { systemctl show -P MainPID copp-lend@shower.service; }
# SIGTERM is taken by copp itself, and not by the shell that the unit begins with
lend_waits() { grep -x copp "/proc/$(lend_pid)/comm" && grep '^SigBlk:.*4...$' "/proc/$(lend_pid)/status"; }
ended_well() { [ "$(systemctl show -P ActiveState copp-lend@shower.service)" = inactive ] && [ "$(systemctl show -P ExecMainStatus copp-lend@shower.service)" = 0 ]; }

test_that "a program runs that has no card" systemd-run --unit=shower --quiet sleep 1000
test_that "its card is to be lent" systemctl start copp-lend@shower.service
test_that "that waits for the card" until_true lend_waits
test_that "it is stopped" systemctl stop copp-lend@shower.service
test_that "which is not a failure" ended_well
test_that "it waits again" systemctl start copp-lend@shower.service
test_that "as before" until_true lend_waits
test_that "the program ends, and this with it" systemctl stop shower.service
test_that "which is not a failure either" ended_well

#!/bin/sh
# What holds the command of copp protect together under systemd's managers: as root, as a user with a bus, as one without. As root,
# with systemd as PID 1.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
output=HDMI-1
export COPP_ANCHOR=/var/lib/coppd/test-driver/anchor.b64

# as WHO COMMAND-LINE: a shell's, as root, as a user with a manager and a bus, or as one without (as sudo and cron leave it)
as() {
    who=$1
    shift
    case $who in
    root) sh -c "$*" ;;
    user) su player -c "XDG_RUNTIME_DIR=/run/user/1000 $*" ;;
    alone) su player -c "unset XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS; $*" ;;
    esac
}
event() { echo "$1 $output" >/kernel/events; }
processes() { [ "$(pidof sleep | wc -w)" -eq "$1" ]; }
first() { pidof sleep | cut -d ' ' -f 1; }
cgroup() { echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(first)/cgroup")"; }
scopes() { find /sys/fs/cgroup -name 'copp-protect-*'; }

# guarded WHO OPTION...: begins to protect a command; what copp says is in /run/copp. systemd has a second to answer, which may not be
# enough for an emulated machine: it is tried ten times.
guarded() {
    by=$1
    shift
    for try in 1 2 3 4 5 6 7 8 9 10; do
        as "$by" "exec copp protect --json --hdcp 1 --allow-simulated --output $output $* -- /kernel/command.sh" >/run/copp 2>&1 &
        copp=$!
        until_true started_or_ended
        processes 0 || return 0
        echo "$try: $(cat /run/copp)"
    done
    return 1
}
started_or_ended() { processes 2 || ! kill -0 "$copp" 2>/dev/null; }
ends() { # STATUS
    exited=0
    wait "$copp" || exited=$?
    [ "$exited" -eq "$1" ] || { echo "exit status $exited, not $1" && cat /run/copp && return 1; }
}
said_of() { grep "\"containment\": *\"$1\"" /run/copp || { cat /run/copp && return 1; }; }

test_that "the player's manager runs" systemctl start user@1000.service
for who in root user; do
    test_that "$who: a command starts that requires a cgroup" guarded $who --require-cgroup
    test_that "$who: copp says that it is a scope" until_true said_of scope
    directory=$(cgroup)
    test_that "$who: it is systemd's" test -n "$(scopes)"
    event unplug
    test_that "$who: copp ends with the link (EVT-4)" ends 1
    test_that "$who: all of the command has ended" processes 0
    test_that "$who: the cgroup is gone" until_true not test -e "$directory"
    test_that "$who: no scope is left" until_true [ -z "$(scopes)" ]
    event plug
    test_that "$who: it starts again, with time to reconnect" guarded $who --require-cgroup --reconnect 600
    directory=$(cgroup)
    event unplug
    test_that "$who: while the link is lost it is frozen" until_true grep 'frozen 1' "$directory/cgroup.events"
    event plug
    test_that "$who: then it goes on" until_true grep 'frozen 0' "$directory/cgroup.events"
    kill -TERM "$(pidof copp)"
    test_that "$who: it is told to end" ends 143
    test_that "$who: nothing has been left" processes 0
done

test_that "without a bus: refused" exits 2 as alone "copp protect --hdcp 1 --allow-simulated --output $output --require-cgroup -- /kernel/command.sh"
test_that "without a bus: why" grep 'not started' "$said"
test_that "without a bus: a command starts" guarded alone
test_that "without a bus: copp says that it is not in a cgroup" until_true said_of processes
event unplug
test_that "without a bus: copp ends with the link (EVT-4)" ends 1
test_that "without a bus: all of the command has ended" processes 0
event plug

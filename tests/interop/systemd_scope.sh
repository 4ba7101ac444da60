#!/bin/sh
# shellcheck disable=SC2016,SC2086 # commands in single quotes, and of several words
# copp protect under a systemd that runs, as root or as a user that has a manager: not for meson, since it needs such a machine.
#   COPP=build/copp VECTORS=tests/vectors tests/interop/systemd_scope.sh
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
[ -d /run/systemd/system ] || fail "systemd does not run here"
if [ "$(id -u)" = 0 ]; then
    manager=
    no_bus='env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent'
else
    manager=--user
    no_bus='env DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent'
fi
protect="timeout 30 $COPP protect --device embedded --hdcp 1"

kind() { jq -r 'select(.event == "started") | .containment' "$dir/out"; }
reason() { jq -r 'select(.event == "started") | .reason' "$dir/out"; }
scopes() { systemctl $manager list-units --all --plain --no-legend 'copp-protect-*.scope' | wc -l; }
# until_true COMMAND...
until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || fail "never: $*"
        sleep 0.05
    done
}
no_scope() { [ "$(scopes)" = 0 ]; }

begin a_scope_is_had_and_goes EVT-4
expect 3 $protect --json --require-cgroup -- sh -c '
    path=$(sed -n "s/^0:://p" /proc/self/cgroup)
    unit=${path%/*}
    unit=${unit##*/}
    echo "$unit" >"$1"
    systemctl '"$manager"' show -P Description -P Delegate "$unit" >"$2"
    exit 3' - "$dir/unit" "$dir/shown"
same "$(kind)" scope "the kind"
same "$(reason)" null "the reason"
grep -q '^copp-protect-[0-9]*-[0-9a-f]*\.scope$' "$dir/unit" || fail "unit: $(cat "$dir/unit")"
grep -q '^copp protect on HDMI-1: sh$' "$dir/shown" || fail "description: $(cat "$dir/shown")"
grep -q '^yes$' "$dir/shown" || fail "delegated: $(cat "$dir/shown")"
until_true no_scope

begin what_it_starts_ends_with_it EVT-4
cat >"$dir/chain" <<'CHAIN'
use POSIX;
exit 0 if fork;
$SIG{TERM} = "IGNORE";
while (1) { setsid; open my $f, ">", $ARGV[0]; print $f "x"; close $f; exit 0 if fork }
CHAIN
echo '+1 unplug HDMI-1' >"$dir/events"
expect 1 $protect --events "$dir/events" -- sh -c 'perl "$1" "$2"; sleep 20' - "$dir/chain" "$dir/frame"
[ -e "$dir/frame" ] || fail "it did not start"
rm "$dir/frame"
sleep 0.3 # long enough for whoever runs
[ ! -e "$dir/frame" ] || fail "it runs on"
until_true no_scope

begin without_a_bus_it_is_said
expect 0 $no_bus $protect --json -- true
# whether systemd has delegated where this test runs, this test does not know
[ "$(kind)" != scope ] || fail "a scope without a bus"
reason | grep -q 'no \(user\|system\) bus' || fail "reason: $(reason)"
if [ "$(kind)" = processes ]; then
    expect 2 $no_bus $protect --require-cgroup -- touch "$dir/played"
    complains 'not started: no \(user\|system\) bus'
    [ ! -e "$dir/played" ] || fail "started"
fi

begin what_is_not_delegated_is_left_alone
if [ "$(id -u)" = 0 ]; then
    systemd-run --quiet --wait --pipe --collect -p Environment=COPP_STATE_DIR="$COPP_STATE_DIR" \
        $no_bus $protect --json -- true >"$dir/out" 2>"$dir/err" || fail "$(cat "$dir/err")"
    same "$(kind)" processes "the kind in a service"
    reason | grep -q 'systemd has not delegated' || fail "reason: $(reason)"
fi

begin what_is_delegated_is_used
systemd-run $manager --quiet --scope --collect -p Delegate=yes $no_bus $protect --json --require-cgroup -- true >"$dir/out" 2>"$dir/err" ||
    fail "$(cat "$dir/err")"
same "$(kind)" cgroup "the kind in a delegated scope"

finish

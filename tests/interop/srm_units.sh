#!/bin/sh
# srm_units.sh SERVICE SLEEP-SERVICE RULES: the unit files are valid, and keep what they run to what it needs.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
service=$1
sleeping=$2
udev=$3
mkdir "$dir/units"

begin units_are_valid
# the program is not installed where they look for it
for unit in "$service" "$sleeping"; do
    sed "s|^\(Exec[A-Za-z]*=-\{0,1\}\)/[^ ]*/copp |\1$COPP |" "$unit" >"$dir/units/$(basename "$unit")"
done
systemd-analyze verify --man=no "$dir"/units/* >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
# warnings about other units of this machine are none of ours
if grep copp "$dir/out"; then fail "a warning"; fi
# exposure in tenths, 100 being a service without any of this
for unit in "$dir"/units/*; do
    expect 0 systemd-analyze security --offline=true --threshold=10 --no-pager "$unit"
done
same "$(sed -n '/^# root/,/^$/p; /^# sysfs/,/^$/p' "$service")" "$(sed -n '/^# root/,/^$/p; /^# sysfs/,/^$/p' "$sleeping")" 'what they are kept to'

begin what_they_run_can_be_run
for unit in "$dir"/units/*; do
    sed -n 's/^Exec[A-Za-z]*=-\{0,1\}//p' "$unit" | sort -u >"$dir/commands"
    same "$(wc -l <"$dir/commands")" 1 "commands of $unit"
    while read -r command; do
        same "$command" "$COPP srm sync" command
    done <"$dir/commands"
done

begin they_wait_for_the_same_attribute
attribute=$(sed -n 's,^ConditionPathExistsGlob=/sys/class/drm/card\*/,,p' "$service")
same "$attribute" device/hdcp_srm attribute
same "$(sed -n 's,^ConditionPathExistsGlob=/sys/class/drm/card\*/,,p' "$sleeping")" "$attribute" 'attribute of the other'
grep -q "TEST==\"$attribute\".* copp-srm.service\"\$" "$udev" || fail "$udev"

finish

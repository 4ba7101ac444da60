#!/bin/sh
# units.sh UNITS: the unit files (those in the directories UNITS) are valid, and the service keeps itself to what it needs.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
for from in "$@"; do
    cp "$from" "$directory"
done
# the program is not installed where the unit looks for it
sed -i "s|^ExecStart=.*|ExecStart=$COPPD|" "$directory/coppd.service"
printf '[Service]\nExecStart=/bin/true\n' >"$directory/player.service"
systemd-analyze verify --man=no "$directory/coppd.service" "$directory/coppd.socket" "$directory/copp-lend@player.service" 2>"$directory/said" || {
    cat "$directory/said"
    exit 1
}
# warnings about other units of this machine are none of ours
if grep -E 'copp' "$directory/said"; then
    exit 1
fi
# exposure in tenths, 100 being a service without any of this
systemd-analyze security --offline=true --threshold=15 --no-pager "$directory/coppd.service"
# it is root, and has to be
systemd-analyze security --offline=true --threshold=40 --no-pager "$directory/copp-lend@.service"

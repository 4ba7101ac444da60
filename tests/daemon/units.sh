#!/bin/sh
# units.sh SAMPLE UNITS: the unit files UNITS are valid, the service keeps itself to what it needs, and what coppd notes by default,
# as the configuration SAMPLE has it, is written where the service may write and is kept when it ends.
set -eu
sample=$1
shift
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
runtime=$(sed -n 's/^RuntimeDirectory=//p' "$directory/coppd.service")
grep -qx "#runtime_directory = /run/$runtime" "$sample"
grep -qx 'RuntimeDirectoryPreserve=yes' "$directory/coppd.service"
# exposure in tenths, 100 being a service without any of this
systemd-analyze security --offline=true --threshold=15 --no-pager "$directory/coppd.service"
# it is root, and has to be
systemd-analyze security --offline=true --threshold=40 --no-pager "$directory/copp-lend@.service"

#!/bin/sh
# with_sysfs.sh EXAMPLE: runs the example on a machine with one connector, which has no display.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
connector=$directory/class/drm/card0-HDMI-A-1
mkdir -p "$connector"
echo disconnected >"$connector/status"
: >"$connector/edid"
"$@" HDMI-A-1 "$directory" >"$directory/said"
cat "$directory/said"
grep -qx 'HDMI-A-1 is at card0-HDMI-A-1' "$directory/said"

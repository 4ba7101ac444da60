#!/bin/sh
# monitor.sh PROGRAM: displays of a made /sys, one of them plugged into each of two connectors.
set -eu
monitor=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for connector in HDMI-A-1 DP-1; do
    mkdir -p "$dir/class/drm/card0-$connector"
    echo connected >"$dir/class/drm/card0-$connector/status"
    : >"$dir/class/drm/card0-$connector/edid"
done
echo 77 >"$dir/class/drm/card0-HDMI-A-1/connector_id"
echo 90 >"$dir/class/drm/card0-DP-1/connector_id"

fail() {
    echo "monitor.sh: $1" >&2
    exit 1
}
[ "$("$monitor" randr:HDMI-1 "$dir")" = card0-HDMI-A-1 ] || fail "the X output was not found"
[ "$("$monitor" wayland:DP-1 "$dir")" = card0-DP-1 ] || fail "the Wayland output was not found"
[ "$("$monitor" id:90 "$dir")" = card0-DP-1 ] || fail "the id was not found"
! "$monitor" VGA-1 "$dir" 2>"$dir/why" || fail "a display that does not exist was found"
grep -q 'it has card0-DP-1 (unknown display) and card0-HDMI-A-1 (unknown display)' "$dir/why" || fail "$(cat "$dir/why")"

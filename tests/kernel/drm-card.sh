#!/bin/sh
# The graphics card of tests/kernel/module, and how its receivers can be read. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
card=/sys/kernel/debug/dri/0

bytes_of() { wc -c <"$1"; }

test_that "the card is there" test -c /dev/dri/card0
test_that "it has four connectors" [ "$(find /sys/class/drm/ -name 'card0-*' | wc -l)" -eq 4 ]
test_that "its files are there" test -f $card/over_enabled -a -f $card/HDMI-A-1/desired -a -f $card/DP-1/desired
test_that "HDMI-A-1 has a display" grep -x connected /sys/class/drm/card0-HDMI-A-1/status
test_that "and an EDID" [ "$(bytes_of /sys/class/drm/card0-HDMI-A-1/edid)" -eq 256 ]
test_that "with the mode it prefers first" sh -c 'head -n 1 /sys/class/drm/card0-HDMI-A-1/modes | grep -x 640x480'
test_that "HDMI-A-2 has none" grep -x disconnected /sys/class/drm/card0-HDMI-A-2/status
test_that "DP-1's EDID has come by AUX" [ "$(bytes_of /sys/class/drm/card0-DP-1/edid)" -eq 128 ]

#!/bin/sh
# GStreamer's coppgate before kmssink, which is the card's master through a file that both are handed: coppgate lends it to coppd. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh
# shellcheck source=tests/kernel/display-lib.sh
. /kernel/display-lib.sh

# only those that are needed: GStreamer looks at each plugin there is, through QEMU
plugins=/usr/lib/x86_64-linux-gnu/gstreamer-1.0
mkdir -p /run/plugins
ln -sf $plugins/libgstcoreelements.so $plugins/libgstvideotestsrc.so $plugins/libgstkms.so \
    /usr/local/lib/x86_64-linux-gnu/gstreamer-1.0/libgstcopp.so /run/plugins
export GST_PLUGIN_SYSTEM_PATH=/run/plugins GST_REGISTRY=/run/player/registry GST_REGISTRY_FORK=no

gstreamer_plays() {
    exec 9<>/dev/dri/card0 # whoever opens the card first is its master
    gst-launch-1.0 -m videotestsrc pattern=white ! video/x-raw,format=BGRx,width=640,height=480,framerate=10/1 ! \
        coppgate drm-fd=9 connector=$output ! kmssink fd=9 >/run/owner 2>&1 &
    owner=$!
    exec 9>&-
    until_true shows_or_ended && brightest
}

order "$card/DP-1/unplug" # kmssink takes the first display there is
order "${hdmi:?}/delay_ms" 2000
test_that "coppd starts" coppd_starts
test_that "GStreamer sets a mode" gstreamer_plays
test_that "no picture is shown until the driver has authenticated" shows_nothing_before
test_that "then it is (APP-3)" becomes white
hides_after_demotions
order "$hdmi/unplug"
test_that "unplugged: black (EVT-1)" becomes black
order "$hdmi/plug"
test_that "plugged in again: the picture is back" becomes white
test_that "with HDCP on" value_is 2
test_that "the player is killed" kills "$owner"
test_that "Undesired stands" until_true value_is 0
test_that "another program becomes master" until_true another_is_master
test_that "coppd ends" coppd_stops

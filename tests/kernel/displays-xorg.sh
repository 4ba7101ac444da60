#!/bin/sh
# The X server with its modesetting driver: its card is lent to coppd, and coppd asks it by RandR. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh
# shellcheck source=tests/kernel/display-lib.sh
. /kernel/display-lib.sh
export DISPLAY=:0

x_starts() {
    printf '%s\n' 'Section "Device"' 'Identifier "card"' 'Driver "modesetting"' 'Option "kmsdev" "/dev/dri/card0"' \
        'Option "AccelMethod" "none"' 'EndSection' 'Section "Module"' 'Disable "glx"' 'EndSection' >/run/xorg.conf
    owner_starts /tmp/.X11-unix/X0 Xorg $DISPLAY vt3 -config /run/xorg.conf -logfile /run/xorg.log -nolisten tcp -novtswitch \
        -sharevts -keeptty || { cat /run/xorg.log; return 1; }
}
# a window that is painted anew with each frame: without GL the server paints it into the picture that is shown
picture_moves() {
    /kernel/x_painter &
    picture=$!
    moves || { cat /run/owner; return 1; }
}
ends_painting() {
    kill "$picture"
    ! wait "$picture"
}

order $card/DP-1/unplug # windows are on the other one
test_that "the X server starts" x_starts
test_that "a client paints with each frame" picture_moves
test_that "coppd starts" coppd_starts
test_that "copp probe names both ways: it cannot be protected so" exits 1 copp probe
test_that "one is RandR" grep "remedy: set backend = xrandr in coppd.conf" "$said"
test_that "the other one is to lend the card" grep "or lend its card to coppd: copp lend --pid $owner" "$said"
serves

# A server whose last client has left begins anew, and writes all properties as it read them when it started.
test_that "a command starts" protects
test_that "the last client of the server ends" ends_painting
test_that "the server begins anew: that ends the command" ended_with 1
test_that "Undesired stands" until_true value_is 0
test_that "a client paints again" picture_moves
test_that "a command starts through the same loan" protects
test_that "with HDCP on" value_is 2
test_that "it ends" releases
test_that "coppd ends" coppd_stops
test_that "and copp lend with it" not lent_ended_with 0

backend=xrandr
output=HDMI-1 # as the server calls it
test_that "coppd starts with the server's outputs" coppd_starts
test_that "a command starts (RandR)" protects --unnamed-receiver
test_that "the driver has authenticated (RandR)" value_is 2
order "$hdmi/silent"
test_that "a demotion without an event ends it (RandR)" ended_with 1
test_that "a command starts again (RandR)" protects --unnamed-receiver
order "$hdmi/desired"
test_that "one with an event does, too (RandR)" ended_with 1
test_that "Undesired stands (RandR)" until_true value_is 0
test_that "coppd ends (RandR)" coppd_stops
test_that "the server has carried out its last request by now" moves

backend=kms
output=card0-HDMI-A-1
test_that "coppd starts with the kernel's outputs" coppd_starts
test_that "the card is lent to it" lends "$owner"
owner_is_killed

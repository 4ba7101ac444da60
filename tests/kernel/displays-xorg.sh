#!/bin/sh
# The X server with its modesetting driver, whose card is lent to coppd, and then by RandR. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh
# shellcheck source=tests/kernel/display-lib.sh
. /kernel/display-lib.sh
export DISPLAY=:0

# x_starts OPTION...
x_starts() {
    printf '%s\n' 'Section "Device"' 'Identifier "card"' 'Driver "modesetting"' 'Option "kmsdev" "/dev/dri/card0"' \
        'Option "AccelMethod" "none"' 'EndSection' >/run/xorg.conf
    rm -f /tmp/.X11-unix/X0 /tmp/.X0-lock
    owner_starts /tmp/.X11-unix/X0 Xorg $DISPLAY vt3 -config /run/xorg.conf -logfile /run/xorg.log -nolisten tcp -novtswitch \
        -sharevts -keeptty "$@" || { cat /run/xorg.log; return 1; }
}
# a window that is painted anew with each frame
picture_moves() {
    # shellcheck disable=SC2086 # several words
    mpv --no-config --vo=x11 $pictures >/run/picture.log 2>&1 &
    picture=$!
    moves || { cat /run/picture.log /run/owner; return 1; }
}

order $card/DP-1/unplug # windows are on the other one
test_that "the X server starts" x_starts
test_that "a client paints with each frame" picture_moves
test_that "coppd starts" coppd_starts
serves
owner_is_killed

#!/bin/sh
# sway as it is, of a user without rights, that lends its card to coppd. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

export XDG_RUNTIME_DIR=/run/player WAYLAND_DISPLAY=wayland-1
mkdir -m 700 $XDG_RUNTIME_DIR
chown player $XDG_RUNTIME_DIR

as_player() { setpriv --reuid=player --regid=player --groups=video "$@"; }
sway_starts() {
    seatd -g video >/run/seatd.log 2>&1 &
    until_true test -S /run/seatd.sock
    as_player env LIBSEAT_BACKEND=seatd WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1 WLR_BACKENDS=drm HOME=/home/player \
        sway --config /dev/null >/run/sway.log 2>&1 &
    sway=$!
    until_true sway_listens_or_ended
    test -S $XDG_RUNTIME_DIR/$WAYLAND_DISPLAY
}
sway_listens_or_ended() { test -S $XDG_RUNTIME_DIR/$WAYLAND_DISPLAY || ! kill -0 "$sway" 2>/dev/null; }
# a window that is painted anew with each frame
picture_moves() {
    as_player weston-simple-shm >/run/picture.log 2>&1 &
}

test_that "sway starts" sway_starts || cat /run/sway.log
test_that "a client paints with each frame" picture_moves
test_that "coppd starts" coppd_starts
test_that "it cannot switch HDCP on: sway is the master" not protects --unnamed-receiver
test_that "no command starts" ended_with 1
lends() {
    copp lend --pid "$sway" >/run/lend 2>&1 &
    until_true grep -i lent /run/lend
}
test_that "sway's card is lent to coppd" lends
test_that "a command starts" protects --unnamed-receiver
test_that "the driver has authenticated" value_is 2
order $hdmi/silent
test_that "a demotion without an event ends it (APP-3)" ended_with 1

#!/bin/sh
# sway as it is, of a user without rights, whose card is lent to coppd. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh
# shellcheck source=tests/kernel/display-lib.sh
. /kernel/display-lib.sh

sway_starts() {
    seatd -g video >/run/seatd.log 2>&1 &
    until_true test -S /run/seatd.sock
    echo output DP-1 disable >/run/sway.conf # windows are on the other one
    owner_starts $XDG_RUNTIME_DIR/$WAYLAND_DISPLAY setpriv --reuid=player --regid=player --groups=video env HOME=/home/player \
        LIBSEAT_BACKEND=seatd WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1 WLR_BACKENDS=drm sway --config /run/sway.conf
}
# a window that is painted anew with each frame
picture_moves() {
    # shellcheck disable=SC2086 # several words
    as_player mpv --no-config --vo=wlshm $pictures >/run/picture.log 2>&1 &
    moves || { cat /run/picture.log /run/owner; return 1; }
}

test_that "sway starts" sway_starts
test_that "a client paints with each frame" picture_moves
test_that "coppd starts" coppd_starts
serves

test_that "a command starts" protects
test_that "coppd is killed" kills "$coppd"
test_that "the command ends (EVT-1)" ended_with 1
test_that "so does copp lend" not lent_ended_with 0
test_that "its successor starts" coppd_starts
test_that "the card is lent to it" lends "$owner"
test_that "it takes down what was left" until_true value_is 0
test_that "a command starts there" protects
test_that "copp lend is killed" kills "$lender"
test_that "that ends the command (EVT-1)" ended_with 1
test_that "and Undesired stands" until_true value_is 0
test_that "pictures move all the while" moves
test_that "the card is lent once more" lends "$owner"
owner_is_killed

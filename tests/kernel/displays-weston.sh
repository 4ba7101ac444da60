#!/bin/sh
# Weston as it is, with the kernel's outputs: it serves players by its own protocol, which coppd has no part in. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh
# shellcheck source=tests/kernel/display-lib.sh
. /kernel/display-lib.sh
chown root $XDG_RUNTIME_DIR

weston_starts() {
    owner_starts $XDG_RUNTIME_DIR/$WAYLAND_DISPLAY weston --backend=drm-backend.so --use-pixman --tty=2 --continue-without-input \
        --idle-time=0 --socket=$WAYLAND_DISPLAY
}
plays_in_weston() {
    /kernel/protected-window >/run/window &
    window=$!
    until_true window_plays_or_ended
    grep 'protected: playing' /run/window
}
window_plays_or_ended() { grep playing /run/window || ! kill -0 "$window" 2>/dev/null; }
window_ended_with() {
    exited=0
    wait "$window" || exited=$?
    cat /run/window
    [ "$exited" -eq "$1" ]
}

test_that "Weston starts" weston_starts
test_that "a player asks it for protection, and plays" plays_in_weston
test_that "the driver has authenticated" value_is 2
order $hdmi/desired
test_that "the link is lost: the player stops" window_ended_with 1
test_that "Weston is killed" kills "$owner"
test_that "another program becomes master" until_true another_is_master

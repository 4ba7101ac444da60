#!/bin/sh
# Weston as it is, with the kernel's outputs: it serves players by its own protocol, and takes back what others switch on. As root.
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

order $card/DP-1/unplug # windows are on the other one
test_that "Weston starts" weston_starts
test_that "a player asks it for protection, and plays" plays_in_weston
test_that "the driver has authenticated" value_is 2
order $hdmi/desired
test_that "the link is lost: the player stops" window_ended_with 1

# What a player of its own gets by its protocol, coppd does not get behind its back. Weston takes the property back when it draws: at
# once, or, where it draws too rarely for that, from whoever relies on it.
picture_moves() {
    weston-simple-shm >/run/picture.log 2>&1 &
    picture=$!
    moves || { cat /run/picture.log /run/owner; return 1; }
}
comes_to_nothing() {
    lends "$owner" || true
    while kill -0 "$lender" 2>/dev/null; do
        protects --unnamed-receiver || true
        ! wait "$copp" || return 1
        cat /run/copp
    done
    lent_ended_with 1
}
refuses() {
    tells "its card is lent"
    test_that "Weston's card is lent, and the loan comes to nothing" comes_to_nothing
    sed 's/^/# /' "$said"
    tells "it is given back"
    test_that "copp says who takes the property back" grep "weston (pid $owner) undoes the HDCP" /run/lent
    test_that "and what to do" grep 'ask the compositor itself' /run/lent
    test_that "nothing is left" until_true value_is 0
    test_that "no command starts" not protects
    test_that "exit status 1" ended_with 1
}
test_that "a client paints with each frame" picture_moves
test_that "coppd starts" coppd_starts
refuses
kill "$picture"
test_that "a player of Weston's is served as before" plays_in_weston
test_that "the driver has authenticated again" value_is 2
test_that "Weston is killed" kills "$owner"
test_that "the player ends" not window_ended_with 0
test_that "another program becomes master" until_true another_is_master
test_that "coppd ends" coppd_stops

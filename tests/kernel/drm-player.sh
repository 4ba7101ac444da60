#!/bin/sh
# The console player of examples/kms, which is the card's master itself, on a card whose driver does HDCP: with commits of its own
# and with libcopp-kms writing. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

# plays [OPTION]: the player begins; $player is its process
plays() {
    /kernel/console-player "$@" /dev/dri/card0 HDMI-A-1 /kernel/chain-good.xml /kernel/leaf.pem /kernel/root-modulus.b64 >/run/console-player 2>&1 &
    player=$!
}
# now_shows WHAT: the last that it has said of its picture
now_shows() { [ "$(grep -xE 'picture|black' /run/console-player | tail -n 1)" = "$1" ]; }
# so_often WHAT COUNT
so_often() { [ "$(grep -xc "$1" /run/console-player)" -eq "$2" ] || { cat /run/console-player && return 1; }; }
# the framebuffer that the kernel says is on the first CRTC
framebuffer() { sed -n '/^plane\[/,/^crtc\[/s/^\tfb=\([1-9][0-9]*\)$/\1/p' $card/state | head -n 1; }
black_is_on() { [ "$(framebuffer)" = "$black" ]; }
picture_is_on() { [ -n "$(framebuffer)" ] && ! black_is_on; }
is_on() { [ -n "$(framebuffer)" ]; }
ended_well() {
    exited=0
    wait "$player" || exited=$?
    cat /run/console-player
    [ "$exited" -eq 0 ]
}

# each_way [OPTION]
each_way() {
    order $card/refuse_write 5
    plays "$@"
    test_that "[$*] it shows something" until_true is_on
    black=$(framebuffer)
    test_that "the driver refuses: it says why" until_true grep -i 'the driver refused' /run/console-player
    test_that "and stays black" black_is_on
    test_that "no picture was shown" so_often picture 0
    order $card/refuse_write 0
    test_that "the driver does it: it plays" until_true now_shows picture
    test_that "the driver says so" value_is 2
    test_that "the picture is on" picture_is_on

    order $hdmi/probes 0
    order $hdmi/desired
    test_that "demoted, with uevent: black (EVT-4)" until_true so_often black 1
    test_that "it plays again in another session" until_true so_often picture 2
    order $hdmi/silent
    test_that "demoted in silence: black (EVT-4)" until_true so_often black 2
    test_that "it plays again" until_true so_often picture 3
    order $hdmi/glitch
    test_that "down and up again, which only the event tells: black (EVT-1)" until_true so_often black 3
    test_that "it plays once more" until_true so_often picture 4
    test_that "nobody has probed the display meanwhile" grep -x 0 $hdmi/probes
    order $hdmi/unplug
    test_that "unplugged: black" until_true so_often black 4
    test_that "the framebuffer, too" until_true black_is_on
    order $hdmi/plug
    test_that "plugged in again: it plays" until_true so_often picture 5
    test_that "the other output was left alone" value_is 0 DP-1

    kill "$player"
    test_that "it ends when it is told to" ended_well
    test_that "Undesired is left behind" value_is 0
}
each_way
each_way --host-commits

# the driver still authenticates for another program's Desired when the player asks: that is written off first, and is then the player's
for way in '' --host-commits; do
    test_that "another program leaves Desired behind" /kernel/drm_card set HDMI-A-1 'Content Protection' 1
    order $hdmi/delay_ms 10000
    order $hdmi/authentications 0
    # shellcheck disable=SC2086 # an option or none
    plays $way
    test_that "[$way] the player sets its mode" until_true is_on
    order $hdmi/delay_ms 100
    test_that "it plays" until_true now_shows picture
    test_that "by an authentication of its own, the second" grep -x 2 $hdmi/authentications
    kill "$player"
    test_that "it ends" ended_well
    test_that "and leaves Undesired" value_is 0
done

# a driver that wants a mode set for the property gets one
order $card/needs_modeset Y
plays --host-commits
test_that "a driver that needs a mode set for it: it plays" until_true now_shows picture
kill "$player"
test_that "it ends there, too" ended_well
test_that "and Undesired is left" value_is 0
order $card/needs_modeset N

test_that "another program is master" shows HDMI-A-1
plays --host-commits
test_that "the player refuses" not ended_well
test_that "and says what to do" grep 'another program has the display' /run/console-player
test_that "that program ends" ends_showing

# shellcheck shell=sh
# For the tests with real owners of the display: sourced after card-lib.sh. Each of them gives $owner, the process that is the card's
# master, and has pictures moving.
export XDG_RUNTIME_DIR=/run/player WAYLAND_DISPLAY=wayland-1
rm -rf $XDG_RUNTIME_DIR
mkdir -m 700 $XDG_RUNTIME_DIR
chown player $XDG_RUNTIME_DIR

# what mpv plays, at 60 Hz
# shellcheck disable=SC2034 # which tests use
pictures='--audio=no --msg-level=statusline=no av://lavfi:testsrc=size=160x120:rate=60'

as_player() { setpriv --reuid=player --regid=player --groups=video env HOME=/home/player "$@"; }

# owner_starts FILE COMMAND...: until that file is there; what it says is in /run/owner
owner_starts() {
    awaited=$1
    shift
    "$@" >/run/owner 2>&1 &
    owner=$!
    until_true started_or_ended
    [ -e "$awaited" ] || { cat /run/owner; return 1; }
}
started_or_ended() { [ -e "$awaited" ] || ! kill -0 "$owner" 2>/dev/null; }

is_on() { value_is 2 || { cat /run/copp /run/lent /run/coppd.log; return 1; }; }

# What the display shows, of a player that plays nothing but white.
brightest() { /kernel/drm_card brightest HDMI-A-1; }
says_why() { cat /run/owner /run/coppd.log; return 1; }
is_white() { [ "$(brightest)" -ge 235 ]; }
is_black() { [ "$(brightest)" -le 20 ]; } # a picture is there
becomes() { until_true "is_$1" || says_why; }
shows_or_ended() { brightest || ! kill -0 "$owner"; }
# shows_nothing_before: until the driver says Enabled the picture was black whenever it was looked at, and it was
shows_nothing_before() {
    looks=0
    early=0
    while kill -0 "$owner"; do
        before=$(brightest) || before=0
        ! value_is 2 || break
        [ "$before" -le 20 ] || early=$((early + 1))
        looks=$((looks + 1))
    done
    echo "$looks looks, $early of them too early"
    [ "$looks" -gt 0 ] && [ "$early" -eq 0 ] && value_is 2
}

hides_after_demotions() {
    order "${hdmi:?}/fail" Y # so that it stays black until it is looked at
    order "$hdmi/silent"
    test_that "a demotion without an event: black (APP-3)" becomes black
    order "$hdmi/fail" N
    test_that "it is protected again: the picture is back" becomes white
    order "$hdmi/fail" Y
    order "$hdmi/desired"
    test_that "one with an event: black (EVT-4)" becomes black
    order "$hdmi/fail" N
    test_that "the picture is back" becomes white
}

# serves: the loan, with all that ends it short of the owner's death. The receiver is read, so that it has a name.
serves() {
    test_that "coppd cannot switch HDCP on alone: it is not the master" not protects
    test_that "no command starts" ended_with 1
    test_that "the card is lent to coppd" lends "$owner"
    tells "lent"
    test_that "a command starts" protects
    test_that "the driver has authenticated" is_on
    tells "authenticated"
    test_that "pictures move on" moves
    order "${hdmi:?}/silent"
    test_that "a demotion without an event ends it (APP-3)" ended_with 1
    test_that "a command starts again" protects
    order "${hdmi:?}/desired"
    test_that "one with an event does, too (EVT-4)" ended_with 1
    test_that "nothing is left" until_true value_is 0
    test_that "the owner shows pictures as before" moves
}

# owner_is_killed: while a command is protected
owner_is_killed() {
    test_that "a command starts once more" protects
    test_that "with HDCP on" is_on
    test_that "the owner is killed" kills "$owner"
    tells "the owner was killed"
    test_that "another program becomes master" until_true another_is_master
    tells "another program is master"
    test_that "the command ends (EVT-1)" ended_with 1
    test_that "copp lend ends" lent_ended_with 0
    test_that "and says why" grep 'has ended' /run/lent
    test_that "Undesired stands" until_true value_is 0
    test_that "coppd ends" coppd_stops
}

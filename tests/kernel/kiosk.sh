#!/bin/sh
# The unit of docs/kiosk.md as it is installed, but for its user, its player, and that simulated outputs will do. As root, with
# systemd as PID 1.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
unit=copp-kiosk.service
output=HDMI-1

# install_unit SECONDS: of --reconnect
install_unit() {
    sed -e 's,^User=.*,User=player,' -e 's,^RestartSec=.*,RestartSec=1,' -e 's,^ExecStart=/usr/bin/,ExecStart=/usr/local/bin/,' \
        -e "s,--unnamed-receiver --reconnect 30 -- .*,--allow-simulated --output $output --reconnect $1 -- /kernel/kiosk-player.sh," \
        /usr/local/share/doc/libcopp/examples/kiosk/$unit >/etc/systemd/system/$unit
    systemctl daemon-reload
    grep "^ExecStart=.* --reconnect $1 -- /kernel/kiosk-player.sh" /etc/systemd/system/$unit
}

event() { echo "$1 $output" >/kernel/events; }
plays() {
    rm -f /run/kiosk/played
    until_true test -s /run/kiosk/played
}
# whichever process it was, and what has left its session
nobody_plays() { ! [ -e "/proc/$(cat /run/kiosk/pid)" ] && ! pidof tail; }
player_is() { [ "$(cat /run/kiosk/pid)" = "$1" ]; }
restarts() { systemctl show -P NRestarts $unit; }
restarts_beyond() { [ "$(restarts)" -gt "$1" ]; }
# fails_to_play: it is started again and again meanwhile
fails_to_play() {
    rm -f /run/kiosk/played
    until_true restarts_beyond $(($(restarts) + 2)) && nobody_plays && ! [ -e /run/kiosk/played ]
}
copp_dies() {
    player=$(cat /run/kiosk/pid)
    others=$(pidof tail)
    kill -KILL "$(systemctl show -P MainPID $unit)"
    until_true not test -e "/proc/$player" -o -e "/proc/$others"
}
released() { su player -c 'copp status --anchor /var/lib/coppd/test-driver/anchor.b64' | grep "^$output .* HDCP *off *off"; }

mkdir -p /run/kiosk
chown player /run/kiosk
test_that "the unit is installed" install_unit 1
test_that "systemd finds nothing wrong with it" systemd-analyze verify --man=no /etc/systemd/system/$unit
test_that "it starts" systemctl start $unit
test_that "the player plays" plays

before=$(restarts)
event unplug
test_that "the link is lost: the unit starts anew (EVT-4)" until_true restarts_beyond "$before"
test_that "nothing plays until the output can be protected" fails_to_play
event plug
test_that "the display is back: it plays" plays

test_that "copp is killed: what it guarded ends" copp_dies
test_that "it starts again and plays" plays
test_that "it stops" systemctl stop $unit
test_that "that is not a failure" not systemctl is-failed $unit
test_that "nothing is left of it" nobody_plays
test_that "the protection is released" until_true released

test_that "with longer to reconnect" install_unit 600
test_that "it starts once more" systemctl start $unit
test_that "it plays once more" plays
player=$(cat /run/kiosk/pid)
test_that "coppd restarts" systemctl restart coppd.service
test_that "the player goes on" plays
test_that "it is the same one" player_is "$player"
test_that "coppd.socket stops, and so does it" systemctl stop coppd.socket
test_that "nothing is left of it then" until_true nobody_plays

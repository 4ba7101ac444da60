#!/bin/sh
# mpv on a console with its plugin, which lends mpv's card to coppd: nobody runs copp lend. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh
# shellcheck source=tests/kernel/display-lib.sh
. /kernel/display-lib.sh

film=av://lavfi:color=white:size=640x480:rate=10
# mpv_starts FILM|--idle
mpv_starts() {
    rm -f /run/player/mpv
    owner_starts /run/player/mpv mpv --no-config --vo=drm --drm-connector=HDMI-A-1 --drm-mode=640x480 --osd-level=0 --osc=no --audio=no \
        --msg-level=statusline=no --script=/usr/local/lib/x86_64-linux-gnu/mpv-copp/copp.so --input-ipc-server=/run/player/mpv \
        "$1" && until_true shows_or_ended && brightest
}
# by mpv's IPC
loads_film() {
    python3 -c 'import json, socket, sys
mpv = socket.socket(socket.AF_UNIX)
mpv.connect("/run/player/mpv")
mpv.sendall(json.dumps({"command": ["loadfile", sys.argv[1]]}).encode() + b"\n")
print(mpv.recv(4096))' $film
}

order "${hdmi:?}/delay_ms" 2000
test_that "coppd starts" coppd_starts
test_that "mpv sets a mode" mpv_starts $film
test_that "no picture is shown until the driver has authenticated" shows_nothing_before
test_that "then it is (APP-3)" becomes white
test_that "the other display is not touched" value_is 0 DP-1
hides_after_demotions
test_that "mpv is killed" kills "$owner"
test_that "Undesired stands" until_true value_is 0
test_that "another program becomes master" until_true another_is_master

# the same where somebody else lends mpv's card
test_that "mpv starts without a file" mpv_starts --idle
test_that "its card is lent by copp lend" lends "$owner"
test_that "it is given a film" loads_film
test_that "it plays it" becomes white
test_that "with HDCP on" value_is 2
test_that "mpv is killed there, too" kills "$owner"
test_that "copp lend ends" lent_ended_with 0
test_that "nothing is left" until_true value_is 0
test_that "coppd ends" coppd_stops

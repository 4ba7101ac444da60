#!/bin/sh
# mpv on a console, itself the card's master, which is lent to coppd. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh
# shellcheck source=tests/kernel/display-lib.sh
. /kernel/display-lib.sh

mpv_plays() {
    # shellcheck disable=SC2086 # several words
    owner_starts /run/player/mpv mpv --no-config --vo=drm --drm-connector=HDMI-A-1 --drm-mode=640x480 \
        --input-ipc-server=/run/player/mpv $pictures
    moves
}

test_that "mpv plays" mpv_plays
test_that "coppd starts" coppd_starts
serves
owner_is_killed

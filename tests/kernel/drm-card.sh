#!/bin/sh
# The graphics card of tests/kernel/module, and how its receivers can be read. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

bytes_of() { wc -c <"$1"; }

test_that "the card is there" test -c /dev/dri/card0
test_that "it has four connectors" [ "$(find /sys/class/drm/ -name 'card0-*' | wc -l)" -eq 4 ]
test_that "its files are there" test -f $card/over_enabled -a -f $card/HDMI-A-1/desired -a -f $card/DP-1/desired
test_that "HDMI-A-1 has a display" grep -x connected /sys/class/drm/card0-HDMI-A-1/status
test_that "and an EDID" [ "$(bytes_of /sys/class/drm/card0-HDMI-A-1/edid)" -eq 256 ]
test_that "with the mode it prefers first" sh -c 'head -n 1 /sys/class/drm/card0-HDMI-A-1/modes | grep -x 640x480'
test_that "HDMI-A-2 has none" grep -x disconnected /sys/class/drm/card0-HDMI-A-2/status
test_that "DP-1's EDID has come by AUX" [ "$(bytes_of /sys/class/drm/card0-DP-1/edid)" -eq 128 ]

# --- DDC: Bksv, Bcaps and Bstatus by combined transfers, and byte by byte as SMBus has it ------------------------------

bus=$(readlink /sys/class/drm/card0-HDMI-A-1/ddc | sed 's/.*-//')
empty=$(readlink /sys/class/drm/card0-HDMI-A-2/ddc | sed 's/.*-//')
ddc() { i2ctransfer -y "$bus" w1@0x3a "$1" "r$2"; }
ddc_is() { # OFFSET SIZE BYTES
    ddc "$1" "$2" >/run/ddc
    [ "$(tr -d '\n' </run/ddc)" = "$3" ]
}
pokes() { order "$1/poke" "$2"; }

test_that "the KSV is read by DDC" ddc_is 0x00 5 "0x01 0x0f 0xf0 0xff 0x07"
test_that "and Bcaps by a transfer of SMBus's" [ "$(i2cget -y "$bus" 0x3a 0x40)" = 0x80 ]
test_that "a repeater's are set" pokes $hdmi "40 e00310"
test_that "and read" ddc_is 0x40 3 "0xe0 0x03 0x10"
printf 'ABCDEFGHIJ' >$hdmi/ksv_fifo
test_that "its list is read" ddc_is 0x43 5 "0x41 0x42 0x43 0x44 0x45"
test_that "which moves it on" ddc_is 0x43 5 "0x46 0x47 0x48 0x49 0x4a"
order $hdmi/transfers
ddc 0x00 5 >/run/ddc
order $hdmi/nak 1
test_that "an access is refused" not ddc 0x41 2
test_that "the next one is not" ddc 0x41 2
test_that "all are on record" [ "$(cat $hdmi/transfers)" = "read 0x00000 5 0
read 0x00041 2 -6
read 0x00041 2 0" ]
order $hdmi/nak_at 64
test_that "those at Bcaps are refused" not ddc 0x40 1
test_that "others are not" ddc 0x00 5
order $hdmi/nak_at 4294967295
test_that "where there is no display, nothing answers" not i2ctransfer -y "$empty" w1@0x3a 0x00 r5
test_that "nor at another address" not i2ctransfer -y "$bus" w1@0x3b 0x00 r5
pokes $hdmi "40 800010"

# --- AUX ---------------------------------------------------------------------------------------------------------------

dp=$card/DP-1
aux=/dev/$(basename /sys/class/drm/card0-DP-1/drm_dp_aux*)
aux() { dd if="$aux" bs=1 skip=$(($1)) count="$2" 2>/run/dd | od -A n -t x1; }
aux_is() { # OFFSET SIZE BYTES
    aux "$1" "$2" >/run/aux
    [ "$(cat /run/aux)" = " $3" ]
}

test_that "the KSV is read by AUX" aux_is 0x68000 5 "04 0f f0 ff 07"
test_that "and Bcaps" aux_is 0x68028 1 "01"
test_that "HDCP 2's capabilities are set" pokes $dp "6921d 020002"
test_that "and read" aux_is 0x6921d 3 "02 00 02"
order $dp/defer 2
test_that "what is put off comes later" aux_is 0x68028 1 "01"
order $dp/nak 4294967295
test_that "what is refused does not" not aux_is 0x68028 1 "01"
order $dp/nak 0
order $dp/unplug
test_that "unplugged, nothing answers" not aux_is 0x68028 1 "01"
order $dp/plug
test_that "plugged in again, it does" aux_is 0x68028 1 "01"

# --- other cards -------------------------------------------------------------------------------------------------------

test_that "the module can be taken away" modprobe -r copp_drm
test_that "two cards, legacy commits, one content type" modprobe copp_drm cards=2 atomic=N no_type=Y plugged=3 tiled=Y
test_that "are both there, the connectors of both counted together" test -d $hdmi -a -d /sys/kernel/debug/dri/1/HDMI-A-3
test_that "HDMI-A-2 has a display now" grep -x connected /sys/class/drm/card0-HDMI-A-2/status
test_that "they have no content type" not /kernel/drm_card get HDMI-A-1 'HDCP Content Type'
test_that "but content protection" /kernel/drm_card get HDMI-A-1 'Content Protection'
test_that "and are halves of one display" sh -c '! /kernel/drm_card get HDMI-A-2 TILE | grep -x 0'
test_that "a card goes" order /sys/bus/platform/drivers/copp_drm/unbind copp_drm.1
test_that "and the module" modprobe -r copp_drm
test_that "and it comes as it was" modprobe copp_drm

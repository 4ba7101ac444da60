#!/bin/sh
# Who receives, read over the buses of a kernel's card: by copp receivers, and by coppd for a player (APP-1, APP-2). As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh
dp=$card/DP-1

receivers() { copp receivers --direct --json; }
# holds FILTER: what receivers has printed
holds() { receivers >/run/receivers; grep -q -e "$1" /run/receivers; }
# row OUTPUT TEXT: the line of its table
row() { copp receivers --direct 2>&1 | grep "^$1 " | tr -s ' ' | grep -x "$1 $2"; }
# only_these CONNECTOR ACCESS...: nothing else was done on its bus since its record was emptied. The kernel looks at DPCD 0 itself.
only_these() {
    sort -u "$1/transfers" | grep -v '^read 0x00000 1 ' >/run/transfers || true
    shift
    printf '%s\n' "$@" | sort -u | diff - /run/transfers
}
# a whole read stands in HDMI-A-1's record
recorded() { [ "$(wc -l <$hdmi/transfers)" -ge 5 ]; }
pokes() { order "$1/poke" "$2"; }

test_that "both displays are read" row card0-HDMI-A-1 'yes no no - 07fff00f01 not checked'
test_that "that of DisplayPort, too" row card0-DP-1 'yes no no - 07fff00f04 not checked'
test_that "an output without a display is one" row card0-HDMI-A-2 'no display - - - - -'
test_that "all could be read" copp receivers --direct

order $hdmi/transfers
order $dp/transfers
test_that "it reads" copp receivers --direct
test_that "by DDC what is listed, and writes nothing" only_these $hdmi \
    'read 0x00000 5 0' 'read 0x00040 1 0' 'read 0x00041 2 0' 'read 0x00050 1 0'
test_that "and by AUX" only_these $dp 'read 0x68000 5 0' 'read 0x68028 1 0' 'read 0x6802a 2 0' 'read 0x6921d 3 0'

pokes $hdmi "40 c0"
pokes $hdmi "41 0302"
test_that "a repeater shows what is behind it" row card0-HDMI-A-1 'yes no yes 3 07fff00f01 not checked'
pokes $hdmi "40 80"
pokes $hdmi "50 04"
test_that "HDCP 2.x is seen" row card0-HDMI-A-1 'yes yes no - 07fff00f01 not checked'
pokes $hdmi "50 00"
pokes $hdmi "0 000ff0ff07"
test_that "a key without 20 ones is not believed" row card0-HDMI-A-1 'no no no - - -'
pokes $hdmi "0 010ff0ff07"
order $hdmi/nak 4294967295
test_that "nobody answers: could not tell" exits 2 copp receivers --direct
test_that "it says so" grep 'HDMI-A-1: the receiver cannot be read: no HDCP receiver answers' "$said"
order $hdmi/nak 0
order $hdmi/nak 1
test_that "one refusal is one" exits 2 copp receivers --direct
test_that "the next look reads" copp receivers --direct
order $hdmi/transfer_ms 1500
test_that "a bus that hangs" exits 2 copp receivers --direct
cp "$said" /run/hung
test_that "costs its own answer" grep 'HDMI-A-1: the receiver cannot be read: its bus does not answer in time' /run/hung
test_that "and not another one's" grep 'card0-DP-1 .*07fff00f04' /run/hung
order $hdmi/transfer_ms 0
test_that "nobody is left behind" until_true not pidof copp-read-receiver

# --- a player ------------------------------------------------------------------------------------------------------------

test_that "coppd starts" coppd_starts
test_that "a program shows something" shows --drop HDMI-A-1 DP-1
test_that "a command starts, without a word of who receives" protects
test_that "the driver has authenticated" value_is 2
test_that "the session names the receiver" sh -c 'copp status --json | grep -q 07fff00f01'
order $hdmi/transfers
until_true recorded
test_that "coppd reads what is listed, and writes nothing" only_these $hdmi \
    'read 0x00000 5 0' 'read 0x00040 1 0' 'read 0x00041 2 0' 'read 0x00050 1 0'
test_that "a command that is told to end" releases
test_that "protects no longer" until_true value_is 0

test_that "it plays again" protects
pokes $hdmi "0 020ff0ff07"
test_that "another receiver answers: copp ends (EVT-4)" ended_with 1
test_that "nothing is left of it" until_true value_is 0
pokes $hdmi "0 010ff0ff07"
test_that "once more" protects
order $hdmi/nak 4294967295
test_that "the receiver cannot be read any longer: copp ends (EVT-4)" ended_with 1
test_that "nothing is left of that" until_true value_is 0
test_that "nobody answers: no command starts" not protects
test_that "since it is not known who receives" ended_with 1
test_that "copp says what to do" grep -e '--unnamed-receiver' "$said"
order $hdmi/nak 0
pokes $hdmi "40 c0"
test_that "a repeater: no command starts" not protects
test_that "it is refused (APP-1)" ended_with 1
test_that "by that rule" grep APP-1 "$said"
pokes $hdmi "40 80"
pokes $hdmi "50 04"
test_that "HDCP 2.x: the receiver is unknown" not protects
test_that "no command starts" ended_with 1
pokes $hdmi "50 00"

# what was recorded as long as the property read Desired is in /run/desired, once it reads something else
authenticated() {
    cat $hdmi/transfers >/run/now
    if value_is 1; then
        cp /run/now /run/desired
        return 1
    fi
}
order $hdmi/delay_ms 3000
copp protect --hdcp 1 --output "$output" -- sleep 1000 >/run/copp 2>&1 &
copp=$!
until_true value_is 1
order $hdmi/transfers
until_true authenticated
test_that "while the driver authenticates nobody reads" [ ! -s /run/desired ]
test_that "then the command plays" until_true plays
order $hdmi/transfer_ms 3000
test_that "the bus hangs: copp ends (EVT-4)" ended_with 1
test_that "coppd serves others meanwhile" copp status
test_that "coppd ends" coppd_stops
test_that "nothing outlives the bus" until_true not pidof copp-read-receiver
order $hdmi/transfer_ms 0
test_that "the program ends" ends_showing

# --- which buses coppd's group may open --------------------------------------------------------------------------------------

buses_are() { # BUS...: those that the group was given
    sort -u /run/access >/run/given
    for bus; do echo "-m group:coppd:r /dev/$bus"; done | sort -u | diff - /run/given
}
bus_of() { basename "$(readlink "/sys/class/drm/card0-$1/ddc")"; }
is_given() { buses_are "$(bus_of HDMI-A-1)" "$(bus_of HDMI-A-2)" "$(basename /sys/class/drm/card0-DP-1/drm_dp_aux*)"; }
# the stand-in for what changes lists of access says what it is asked for
printf '#!/bin/sh\necho "$@" >>/run/access\n' >/usr/bin/setfacl
chmod 755 /usr/bin/setfacl
test_that "udev looks at a bus" udevadm trigger --action=change --subsystem-match=drm_dp_aux_dev
test_that "coppd's group may read the buses of displays, no other" until_true is_given
rm /run/access
test_that "a card goes" modprobe -r copp_drm
test_that "and comes" modprobe copp_drm
test_that "its buses are given, too" until_true is_given
test_that "the kernel calls the drivers of buses so" grep -E '^ *[0-9]+ (i2c|aux)$' /proc/devices
test_that "both of them" [ "$(grep -cE '^ *[0-9]+ (i2c|aux)$' /proc/devices)" -eq 2 ]

#!/bin/sh
# Masters of the card that come and go, and coppd that is killed: without privileges, as its unit has none. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

home=/run/player
mkdir -p $home
chown player $home
chmod 666 /dev/dri/card0
export COPP_ANCHOR=$home/test-driver/anchor.b64 COPP_DEVICE=unix:$home/first

# player_starts NAME: a coppd of the user player's, with a socket of its own, and the notes in common; $player is its process
player_starts() {
    printf '%s\n' '[daemon]' "socket = $home/$1" "state_directory = $home" "runtime_directory = $home/notes" 'pending_limit = 5000' \
        '[outputs]' 'backend = kms' >$home/"$1.conf"
    rm -f $home/"$1"
    su player -c "exec coppd --config $home/$1.conf" >>/run/"$1.log" 2>&1 &
    player=$!
    until_true test -S $home/"$1"
}
# command, process, device, and whether it is master
is_master() { awk -v program="$1" '$1 == program && $4 == "y" { found = 1 } END { exit !found }' $card/clients; }
noted() { ls $home/notes/hdcp-*; }

test_that "a program is the card's master while coppd starts" shows HDMI-A-1
test_that "coppd starts" player_starts first
first=$player
test_that "it says what stands in the way" until_true grep 'owns its outputs' /run/first.log
test_that "and where root sees who that is" grep '/sys/kernel/debug/dri/0/clients' /run/first.log
test_that "root sees it there" is_master drm_card
test_that "no command starts" not protects --unnamed-receiver
test_that "exit status 1" ended_with 1
test_that "nothing was written" value_is 0
test_that "nothing is noted" not noted
test_that "the master ends" ends_showing

test_that "another program shows something and gives the card up" shows --drop HDMI-A-1
below=$shower
test_that "a command starts: coppd has opened the card anew" protects --unnamed-receiver
test_that "the driver has authenticated" value_is 2
test_that "that is noted" noted
test_that "and coppd is not its master meanwhile" not is_master coppd
test_that "the command ends" releases
test_that "Undesired" until_true value_is 0

test_that "a third program becomes master" shows DP-1
test_that "no command starts any more" not protects --unnamed-receiver
test_that "exit status 1 again" ended_with 1
test_that "it ends" ends_showing
test_that "a command starts again" protects --unnamed-receiver

test_that "another program has HDCP on the other output" /kernel/drm_card set DP-1 'Content Protection' 1
test_that "a second coppd starts" player_starts second
test_that "it says which process has the card" until_true grep "coppd (process $first) already switches its HDCP" /run/second.log
test_that "the first one is killed" kills "$first"
test_that "its command ends" ended_with 1
test_that "the second one takes down what is noted" until_true value_is 0
test_that "and nothing else" not value_is 0 DP-1
test_that "the second one is killed, too" kills "$player"

test_that "coppd starts once more" player_starts first
test_that "a command starts" protects --unnamed-receiver
test_that "coppd is killed" kills "$player"
test_that "the command ends" ended_with 1
test_that "what it had on stays on" value_is 2
test_that "a program becomes master at once" /kernel/drm_card set DP-1 'Content Protection' 0
test_that "the next coppd starts" player_starts first
test_that "and takes it down" until_true value_is 0
kill "$player" "$below"
wait

export COPP_ANCHOR=/var/lib/coppd/test-driver/anchor.b64 COPP_DEVICE=unix:/run/coppd/socket
rm -f /run/coppd.log
test_that "a master" shows HDMI-A-1
test_that "root's coppd starts" coppd_starts
test_that "it names the master" until_true grep "drm_card (process $shower) owns its outputs" /run/coppd.log
test_that "the master ends" ends_showing
test_that "coppd ends" coppd_stops

#!/bin/sh
# coppd on the card of another program, which is its master and stays it (copp lend). As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

# A master that writes the property with each frame, as Weston does
owns() {
    /kernel/drm_owner HDMI-A-1 >/run/shower 2>&1 &
    shower=$!
    until_true shown_or_ended
    grep -x shown /run/shower
}
tried_out() { value_is 0 && grep -c . $hdmi/authentications; }

test_that "coppd starts" coppd_starts
test_that "a program shows something, a new picture each frame, and stays the card's master" shows --flip HDMI-A-1
test_that "coppd alone cannot protect it" not protects --unnamed-receiver
test_that "and says so" ended_with 1
test_that "what owns no card cannot be lent" exits 1 copp lend --pid $$
test_that "nor what is not a process" exits 2 copp lend --pid 99999999
test_that "its card is lent" lends "$shower"
test_that "copp says whose it is" grep "card0: lent to coppd; drm_card (pid $shower) owns it" /run/lent
test_that "a second one cannot be lent" exits 1 copp lend --pid "$shower"
test_that "a command starts" protects --unnamed-receiver
test_that "the driver has authenticated" value_is 2
test_that "copp lend tells of it" until_true grep 'card0-HDMI-A-1: HDCP is on' /run/lent
test_that "the link is lost and the driver says so" loses desired
test_that "copp ends (EVT-4)" ended_with 1
test_that "nothing is left of it" until_true value_is 0
test_that "a command starts again" protects --unnamed-receiver
test_that "the link is lost and no event tells" loses silent
test_that "copp ends (EVT-4)" ended_with 1
test_that "both were noticed within 2 s (EVT-1)" was_noticed_in_time
test_that "nothing is left of that either" until_true value_is 0

test_that "once more" protects --unnamed-receiver
kill -9 "$lender"
test_that "the lender is killed: the command ends (EVT-1)" ended_with 1
test_that "nothing is left of it" until_true value_is 0
lent_ended_with 137

test_that "its card is lent again" lends "$shower"
test_that "a command starts" protects --unnamed-receiver
kill -9 "$shower"
test_that "the owner is killed: the command ends (EVT-1)" ended_with 1
test_that "copp lend ends with it" lent_ended_with 0
test_that "and says why" grep 'has ended' /run/lent
test_that "another program becomes master" until_true another_is_master
test_that "nothing is left" until_true value_is 0

test_that "a program that writes the property at each frame owns the card" owns
test_that "its card is lent, and the loan comes to nothing" exits 1 copp lend --pid "$shower"
test_that "coppd ends" coppd_stops
test_that "the owner ends" ends_showing

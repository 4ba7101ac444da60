#!/bin/sh
# coppd with the kernel's outputs, on a card whose driver does HDCP. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

test_that "coppd starts" coppd_starts
test_that "it tells of the card's outputs" copp status
test_that "among them HDMI-A-1" grep "^$output" "$said"

test_that "nothing is shown: no command starts" not protects --unnamed-receiver
test_that "exit status 1" ended_with 1
test_that "nothing is asked of the driver" value_is 0

test_that "a program shows something and gives the card up" shows --drop HDMI-A-1
order $hdmi/probes 0
test_that "a command starts" protects --unnamed-receiver
test_that "the driver has authenticated" value_is 2
test_that "once" grep -x 1 $hdmi/authentications
test_that "the other output is left alone" value_is 0 DP-1
order $hdmi/desired
test_that "the link is lost and the driver says so: copp ends (EVT-4)" ended_with 1
test_that "it says why" grep EVT-4 "$said"
test_that "nothing is left of it" until_true value_is 0

test_that "a command starts again" protects --unnamed-receiver
order $hdmi/silent
test_that "the link is lost and no event tells: copp ends (EVT-4)" ended_with 1
test_that "nothing is left of that either" until_true value_is 0
test_that "nobody has probed the display meanwhile" grep -x 0 $hdmi/probes

test_that "once more" protects --unnamed-receiver
test_that "a command that is told to end" releases
test_that "protects no longer" until_true value_is 0

order $hdmi/delay_ms 2000
test_that "an authentication takes its time, and the command waits for it" protects --unnamed-receiver
test_that "it is done when the command runs" value_is 2
order $hdmi/delay_ms 100
order $hdmi/unplug
test_that "the display is unplugged: copp ends (EVT-4)" ended_with 1
test_that "nothing is plugged in: no command starts" not protects --unnamed-receiver
test_that "exit status 1 again" ended_with 1
order $hdmi/plug
test_that "it is plugged in again" protects --unnamed-receiver
test_that "and can be protected" value_is 2
test_that "until the command ends" releases

order $hdmi/fail Y
test_that "an authentication fails: no command starts" not protects --unnamed-receiver
test_that "copp says so" ended_with 1
test_that "nothing is asked of the driver any longer" until_true value_is 0
order $hdmi/fail N
order $card/refuse_write 5
test_that "the driver refuses: no command starts" not protects --unnamed-receiver
test_that "copp says that" ended_with 1
order $card/refuse_write 0
test_that "coppd told of the driver's refusal" grep 'refuses to switch HDCP on: Input/output error' /run/coppd.log

test_that "it plays" protects --unnamed-receiver
test_that "the driver's work is done when coppd ends" coppd_stops
test_that "the command ends with coppd" ended_with 1
test_that "Undesired is left behind" value_is 0

test_that "the program that showed something ends" ends_showing
test_that "another one stays the card's master" shows HDMI-A-1
test_that "coppd starts while it is" coppd_starts
test_that "it does not offer HDCP there" not protects --unnamed-receiver
test_that "no command starts" ended_with 1
test_that "nothing was written" value_is 0
test_that "coppd names the cause" grep 'owns its outputs' /run/coppd.log
test_that "the master ends" ends_showing
test_that "coppd ends" coppd_stops

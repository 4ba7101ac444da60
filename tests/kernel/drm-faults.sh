#!/bin/sh
# coppd where a driver, or another program, does not do what it should. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

other_writes() { /kernel/drm_card set HDMI-A-1 'Content Protection' "$1" | grep -x 0; }
authentications_are() { grep -x "$1" $hdmi/authentications; }
warnings() { grep -c "$1" /run/coppd.log; }

test_that "a program shows something and gives the card up" shows --drop HDMI-A-1
test_that "coppd starts" coppd_starts
order $hdmi/delay_ms 1

# --- edges and holders -----------------------------------------------------------------------------------------------

# comes first: where coppd has just taken Enabled down, another one is its own that came late
test_that "another program asks for HDCP" other_writes 1
test_that "and gets it" until_true value_is 2
order $hdmi/authentications 0
test_that "Enabled is there: a command starts" protects --unnamed-receiver
test_that "without an authentication" authentications_are 0
test_that "the command ends" releases
test_that "what the other one asked for stays (ARB-5)" value_is 2
test_that "until that takes it back" other_writes 0

order $hdmi/fail Y
test_that "another program asks for HDCP, which fails" other_writes 1
test_that "as it is meant to" until_true grep -x 1 $hdmi/failures
order $hdmi/fail N
test_that "Desired is there: a command starts all the same" protects --unnamed-receiver
test_that "by an authentication" value_is 2
test_that "the command ends again" releases
test_that "nothing is left" until_true value_is 0

# signals_udevd SIGNAL: to udevd and what it has started
signals_udevd() { for pid in $(pidof systemd-udevd); do kill "-$1" "$pid"; done; }

# --- what happens to what is held ------------------------------------------------------------------------------------

test_that "a command is protected" protects --unnamed-receiver
order $hdmi/glitch
test_that "it fell and came back before anybody looked: that is a loss (EVT-1)" ended_with 1
test_that "nothing is left of that" until_true value_is 0
test_that "a command is protected while udevd is as busy as can be" protects --unnamed-receiver
signals_udevd STOP
order $hdmi/glitch
test_that "the kernel itself tells that it fell and came back" ended_with 1
signals_udevd CONT
test_that "nothing is left of that, too" until_true value_is 0
test_that "what udevd tells now is old news" protects --unnamed-receiver
test_that "and the command plays on" plays
test_that "until it is told to end" releases
test_that "which leaves nothing" until_true value_is 0

order $card/over_enabled keep
test_that "keep: a command is protected" protects --unnamed-receiver
test_that "keep: another program writes Desired over it" other_writes 1
test_that "keep: the command plays" plays
test_that "keep: until it ends" releases
test_that "keep: nothing is left" until_true value_is 0
for over in stick reauthenticate never; do
    order $card/over_enabled $over
    test_that "$over: a command is protected" protects --unnamed-receiver
    order $hdmi/delay_ms 100000
    test_that "$over: another program writes Desired over it" other_writes 1
    test_that "$over: that is a loss (EVT-1)" ended_with 1
    test_that "$over: nothing is left" until_true value_is 0
    order $hdmi/delay_ms 1
done
order $card/over_enabled keep

order $card/demote_on_modeset Y
test_that "demote_on_modeset: a command is protected" protects --unnamed-receiver
order $hdmi/delay_ms 100000
test_that "demote_on_modeset: a mode is set" another_mode
test_that "demote_on_modeset: no event tells, and it is a loss (EVT-1)" ended_with 1
test_that "demote_on_modeset: nothing is left" until_true value_is 0
order $hdmi/delay_ms 1
order $card/demote_on_modeset N

# --- debts -----------------------------------------------------------------------------------------------------------

test_that "a command is protected that cannot be taken down" protects --unnamed-receiver
order $card/refuse_all_undesired 5
test_that "it ends" releases
test_that "coppd says so" until_true warnings 'refuses to switch HDCP off'
test_that "Enabled stays meanwhile" value_is 2
order $card/refuse_all_undesired 0
test_that "it is taken down once the driver lets it" until_true value_is 0

order $card/refuse_undesired Y
order $hdmi/fail Y
test_that "Undesired is taken over Enabled alone: no command starts where none comes up" not protects --unnamed-receiver
test_that "exit status 1" ended_with 1
test_that "Desired stays" value_is 1
test_that "and the driver ends up with Enabled" order $hdmi/enabled
test_that "which is taken down" until_true value_is 0
order $hdmi/fail N
order $card/refuse_undesired N

order $card/late_enabled Y
order $hdmi/delay_ms 8000
test_that "events are watched" watches_events
copp protect --hdcp 1 --output $output --unnamed-receiver -- sleep 1000 >/run/copp 2>&1 &
copp=$!
test_that "a command waits for HDCP" until_true value_is 1
test_that "it is told to end before that" kill $copp
test_that "and does" ended_with 2
test_that "the driver's worker makes it Enabled all the same" until_true told_of_property
test_that "that is taken down, too (ARB-4)" until_true value_is 0
ends_watching
order $card/late_enabled N
order $hdmi/delay_ms 1

# --- drivers that take their time, and cards that go --------------------------------------------------------------------

order $card/slow_commit_ms 1000
test_that "slow_commit_ms: a command starts" protects --unnamed-receiver
test_that "slow_commit_ms: with Enabled" value_is 2
order $card/slow_commit_ms 0
order $hdmi/status_unknown
test_that "the driver cannot tell whether a display is there: it plays" plays
order $hdmi/plug
echo copp_drm.0 >/sys/bus/platform/drivers/copp_drm/unbind
test_that "the card goes: that is a loss (EVT-1)" ended_with 1
test_that "the program that showed something ends" ends_showing
echo copp_drm.0 >/sys/bus/platform/drivers/copp_drm/bind
test_that "it is there again" until_true test -d $hdmi
test_that "a program shows something there" shows --drop HDMI-A-1
test_that "a command starts there" until_true protects --unnamed-receiver
test_that "with Enabled" value_is 2
test_that "and ends" releases
test_that "coppd ends" coppd_stops
test_that "nothing is left behind" value_is 0
test_that "and the program ends" ends_showing

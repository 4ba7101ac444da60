#!/bin/sh
# What drivers do differently, as the module does it: what is written to Content Protection, and what becomes of it. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

# write_as_master VALUE [ANSWER]: to Content Protection
write_as_master() { /kernel/drm_card set HDMI-A-1 'Content Protection' "$1" | grep -x "${2:-0}"; }
authentications_are() { grep -x "$1" $hdmi/authentications; }
is_up() { grep -x "$1" $hdmi/up; }

# enabled: from wherever it is
enabled() { write_as_master 0 && write_as_master 1 && until_true value_is 2 && order $hdmi/authentications 0; }

test_that "a program shows something and gives the card up" shows --drop HDMI-A-1

test_that "user space may not write Enabled" write_as_master 2 EINVAL
test_that "nor what is not a value" write_as_master 3 EINVAL
test_that "Desired" write_as_master 1
test_that "becomes Enabled" until_true value_is 2
test_that "by an authentication" authentications_are 1
test_that "Undesired" write_as_master 0
test_that "is at once" value_is 0
test_that "and so is the link" is_up N
order $hdmi/delay_ms 1
order $hdmi/fail Y
test_that "Desired, for which authentication fails" write_as_master 1
test_that "which it does" until_true grep -x 1 $hdmi/failures
test_that "shows itself by nothing" value_is 1
order $hdmi/fail N
order $hdmi/authentications 0
test_that "Desired over Desired" write_as_master 1
test_that "is not an edge: nothing begins" authentications_are 0
test_that "and nothing changes" value_is 1
test_that "Undesired and Desired are" enabled

# --- Desired over Enabled --------------------------------------------------------------------------------------------

test_that "keep: Enabled" order $card/over_enabled keep
test_that "keep: Desired is written" write_as_master 1
test_that "keep: and Enabled stays" value_is 2
test_that "keep: nobody authenticated" authentications_are 0

test_that "stick: Enabled" order $card/over_enabled stick
test_that "stick: events are watched" watches_events
test_that "stick: Desired is written" write_as_master 1
test_that "stick: and becomes Enabled" until_true value_is 2
test_that "stick: nobody authenticated" authentications_are 0
test_that "stick: an event told of it" until_true told_of_property
ends_watching

test_that "reauthenticate: Enabled" order $card/over_enabled reauthenticate
test_that "reauthenticate: Desired is written" write_as_master 1
test_that "reauthenticate: and becomes Enabled" until_true value_is 2
test_that "reauthenticate: by an authentication" authentications_are 1

test_that "never: Enabled" order $card/over_enabled never
test_that "never: Desired is written" write_as_master 1
test_that "never: and stays" value_is 1
test_that "never: though the link is up" is_up Y
test_that "never: but for Undesired first" enabled
order $card/over_enabled keep

# --- mode sets -------------------------------------------------------------------------------------------------------

test_that "a mode set leaves Enabled alone" another_mode
test_that "as it was" value_is 2
order $card/demote_on_modeset Y
order $hdmi/delay_ms 100000
test_that "demote_on_modeset: events are watched" watches_events
test_that "demote_on_modeset: a mode is set" another_mode
test_that "demote_on_modeset: Desired" value_is 1
test_that "demote_on_modeset: authentication begins anew" authentications_are 1
order $hdmi/announce
test_that "demote_on_modeset: an event is ordered" until_true told_of_property
test_that "demote_on_modeset: and is the only one" [ "$(grep -c '^PROPERTY=' /run/events)" -eq 1 ]
ends_watching
order $card/demote_on_modeset N
order $hdmi/delay_ms 1

# --- refusals --------------------------------------------------------------------------------------------------------

order $card/refuse_undesired Y
test_that "refuse_undesired: Undesired over Desired" write_as_master 0 EINVAL
order $hdmi/enabled
test_that "refuse_undesired: over Enabled" write_as_master 0
test_that "refuse_undesired: over Undesired" write_as_master 0
order $card/refuse_undesired N
test_that "Enabled once more" enabled
order $card/refuse_all_undesired 5
test_that "refuse_all_undesired" write_as_master 0 EIO
test_that "refuse_all_undesired: Enabled stays" value_is 2
order $card/refuse_all_undesired 0
test_that "Undesired again" write_as_master 0
order $card/refuse_write 16
test_that "refuse_write" write_as_master 1 EBUSY
order $card/refuse_write 0

# --- workers and events ----------------------------------------------------------------------------------------------

order $card/late_enabled Y
order $hdmi/delay_ms 5000
test_that "late_enabled: Desired" write_as_master 1
test_that "late_enabled: Undesired" write_as_master 0
test_that "late_enabled: becomes Enabled" until_true value_is 2
order $card/late_enabled N
order $hdmi/delay_ms 1
test_that "late_enabled: Undesired stays the second time" write_as_master 0

order $card/slow_commit_ms 1000
order $hdmi/delay_ms 100000
test_that "slow_commit_ms: Desired is written" write_as_master 1
test_that "slow_commit_ms: and Enabled by then or at once" until_true value_is 2
order $card/slow_commit_ms 0
order $hdmi/delay_ms 1

order $hdmi/retry_ms 1
order $hdmi/desired
test_that "retry_ms: the driver comes back to Enabled by itself" until_true value_is 2
order $hdmi/retry_ms 0
test_that "glitch: events are watched" watches_events
order $hdmi/glitch
test_that "glitch: Enabled" value_is 2
two_events() { [ "$(grep -c '^PROPERTY=' /run/events)" -eq 2 ]; }
test_that "glitch: two events" until_true two_events
ends_watching
order $hdmi/status_unknown
test_that "status_unknown" grep -x unknown /sys/class/drm/card0-HDMI-A-1/status
test_that "status_unknown: Enabled stays" value_is 2
order $hdmi/unplug
test_that "unplug: Desired" value_is 1
order $hdmi/plug
test_that "plug: Enabled, by the driver" until_true value_is 2
test_that "the program ends" ends_showing
test_that "with the CRTC off, Enabled is Desired" value_is 1
test_that "which anybody may write off" write_as_master 0

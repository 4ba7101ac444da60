# shellcheck shell=sh
# For the tests on the graphics card: sourced first, after lib.sh.
card=/sys/kernel/debug/dri/0
# shellcheck disable=SC2034 # which tests use
hdmi=$card/HDMI-A-1
output=card0-HDMI-A-1
export COPP_ANCHOR=/var/lib/coppd/test-driver/anchor.b64

# Each script has a card of its own.
modprobe -r copp_drm
modprobe copp_drm
udevadm settle

: >/run/times

# order FILE [VALUE]: of the card's in debugfs
order() { echo "${2:-1}" >"$1"; }

# value_is VALUE [CONNECTOR]: of Content Protection, 0 Undesired, 1 Desired, 2 Enabled
value_is() {
    value=$(/kernel/drm_card get "${2:-HDMI-A-1}" 'Content Protection')
    echo "$value"
    [ "$value" = "$1" ]
}

# shows OPTION... CONNECTOR...: a program owns the card and shows something there, until ends_showing; $shower is its process
shows() {
    : >/run/shower
    /kernel/drm_card show "$@" >/run/shower 2>&1 &
    shower=$!
    until_true shown_or_ended
    grep -x shown /run/shower
}
shown_or_ended() { grep -x shown /run/shower || ! kill -0 "$shower" 2>/dev/null; }
ends_showing() {
    kill "$shower"
    wait "$shower" || true
}

# coppd_starts [SETTING...]: with the kernel's outputs, or those of $backend; $coppd is its process
coppd_starts() {
    printf '%s\n' '[daemon]' 'pending_limit = 5000' "$@" '[outputs]' "backend = ${backend:-kms}" >/run/coppd.conf
    rm -f /run/coppd/socket
    mkdir -p /run/coppd /var/lib/coppd
    coppd --config /run/coppd.conf >>/run/coppd.log 2>&1 &
    coppd=$!
    until_true test -S /run/coppd/socket
}
coppd_stops() {
    kill "$coppd"
    wait "$coppd"
}

# protects [OPTION...]: begins to protect a command; what copp says is in /run/copp. $copp is its process. On a busy machine udevd
# may have an event of before yet, which would count as one about this command's link.
protects() {
    udevadm settle
    : >/run/copp
    copp protect --hdcp 1 --output $output "$@" -- sleep 1000 >/run/copp 2>&1 &
    copp=$!
    until_true plays_or_ended
    plays
}
plays() { pidof sleep; }
plays_or_ended() { plays || ! kill -0 "$copp" 2>/dev/null; }
# ended_with STATUS: what protects began has ended, the command with it
ended_with() {
    exited=0
    wait "$copp" || exited=$?
    cat /run/copp
    echo "exit status $exited; $(pidof sleep | wc -w) processes of the command"
    [ "$exited" -eq "$1" ] && ! plays
}
releases() {
    kill "$copp"
    ended_with 143
}

# loses ORDER: the link of what is protected is lost. When that was noticed, and when the command had ended, is added to /run/times.
loses() { /kernel/time_loss "$hdmi/$1" "$(pidof sleep)" >>/run/times || { cat /run/copp /run/lent /run/coppd.log; return 1; }; }
# was_noticed_in_time: each of them, within the protocol's 2 s
was_noticed_in_time() {
    cat /run/times
    awk '$1 >= 2000 { late = 1 } END { exit late || NR == 0 }' /run/times
}

# another_mode: the program that shows something sets one
another_mode() {
    modes=$(grep -c shown /run/shower)
    kill -USR1 "$shower"
    until_true more_modes_than "$modes"
}
more_modes_than() { [ "$(grep -c shown /run/shower)" -gt "$1" ]; }

# The events of the card, and whether one of them told of the property.
watches_events() {
    : >/run/events
    udevadm monitor --kernel --property --subsystem-match=drm >/run/events 2>&1 &
    monitor=$!
    until_true grep 'the kernel uevent' /run/events
}
told_of_property() { grep '^PROPERTY=' /run/events; }
ends_watching() {
    kill "$monitor"
    wait "$monitor" || true
}

# lends PID [OPTION...]: that process's card to coppd; $lender is copp's process, and what it says is in /run/lent
lends() {
    : >/run/lent
    copp lend --pid "$@" >/run/lent 2>&1 &
    lender=$!
    until_true lent_or_ended
    is_lent || { cat /run/lent /run/coppd.log; ls -l "/proc/$1/fd"; return 1; }
}
is_lent() { grep 'lent to coppd' /run/lent; }
lent_or_ended() { is_lent || ! kill -0 "$lender" 2>/dev/null; }
lent_ended_with() {
    exited=0
    wait "$lender" || exited=$?
    cat /run/lent
    [ "$exited" -eq "$1" ]
}
another_is_master() { /kernel/drm_card set DP-1 'Content Protection' 0; }
kills() {
    kill -9 "$1"
    ! wait "$1"
}

# moves: pictures are shown one after the other, or the one that is shown is painted anew
moves() {
    before=$(pictures_shown)
    until_true shown_more_than $((before + 5))
}
pictures_shown() { echo $(($(cat "$hdmi/flips") + $(cat "$hdmi/paints"))); }
shown_more_than() { [ "$(pictures_shown)" -gt "$1" ]; }

# tells WHAT: in the test's output, for who reads it, with the time since the machine was booted
tells() { echo "# $(cut -d ' ' -f 1 /proc/uptime) s: $*, after $(pictures_shown) pictures"; }

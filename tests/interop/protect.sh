#!/bin/sh
# shellcheck disable=SC2086,SC2016 # a command of several words; scripts in quotes
# copp protect: COMMAND under protection, held, stopped, and what is left when it ends
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
protect="timeout 30 $COPP protect"

begin status_is_the_commands
expect 0 $protect --hdcp 1 -- true
complains '^HDMI-1: protected: HDCP on (simulated: protects nothing)$'
complains '^HDMI-1: released$'
expect 7 $protect --hdcp 1 -- sh -c 'exit 7'
expect 143 $protect --hdcp 1 -- sh -c 'kill -TERM $$'
expect 0 $protect --hdcp 1 sh -c 'echo "$1"' - --json
same "$(cat "$dir/out")" --json "what COMMAND was given"
expect 2 $protect --hdcp 1 -- "$dir/missing"
complains 'missing: cannot be run: No such file'
expect 2 $protect --hdcp 1 -- "$dir"
complains 'cannot be run: Permission denied'
echo input | $protect --hdcp 1 -- cat >"$dir/out" 2>/dev/null
same "$(cat "$dir/out")" input "standard input of COMMAND"

begin simulated_and_says_so
expect 0 $protect --hdcp 1 --json -- true
contained=$(jq -r 'select(.event == "started") | .containment' "$dir/out")
jq -s -e '[.[].event] == ["protected", "started", "ended", "released"] and all(.simulated == true) and
    .[0].text == "protected: HDCP on (simulated: protects nothing)"' "$dir/out" >/dev/null || fail "simulated"

begin nobody_is_played_to_a_simulated_output_unasked
rm -f "$dir/played"
if [ ! -e /run/coppd/socket ]; then # nor is there a coppd
    for how in '' '--anchor microsoft' "--output HDMI-1" --allow-simulated --json; do
        expect 2 env -u COPP_DEVICE $protect --hdcp 1 $how -- touch "$dir/played"
        complains '^copp: /run/coppd/socket: no coppd listens there: start it (systemctl start coppd.socket'
    done
    expect 2 env COPP_DEVICE= $protect --hdcp 1 -- touch "$dir/played"
fi
# whom to trust is never passed over: the embedded adapter's chain is its own
expect 2 $protect --hdcp 1 --anchor microsoft -- touch "$dir/played"
complains '--anchor names an anchor for drivers outside this program.*: remove --anchor'
expect 2 env COPP_ANCHOR=/nonexistent $protect --hdcp 1 -- touch "$dir/played"
complains 'COPP_ANCHOR names an anchor for drivers outside this program.*: unset it'
absent "$dir/played"
# any of these asks for it
for how in '--device embedded' '--adapter /dev/stdin' '--events /dev/null'; do
    printf '[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\n' |
        expect 0 env -u COPP_DEVICE $protect --hdcp 1 $how -- true
    complains 'protected: HDCP on (simulated: protects nothing)$'
done

begin nothing_is_plugged_in
cat >"$dir/plugs.ini" <<'INI'
[output A]
type = hdmi
protections = hdcp
modes = 1080p60
ksv = b70361f714
plugged = no
[output B]
type = hdmi
protections = hdcp
modes = 1080p60
ksv = b70361f714
INI
expect 0 $protect --adapter "$dir/plugs.ini" --hdcp 1 -- true
complains '^B: protected'
expect 1 $protect --adapter "$dir/plugs.ini" --hdcp 1 --output A -- touch "$dir/played"
complains '^copp: A: nothing is plugged in$'
sed -i '/^plugged/d; s/^type = hdmi/&\nplugged = no/' "$dir/plugs.ini"
expect 1 $protect --adapter "$dir/plugs.ini" --hdcp 1 -- touch "$dir/played"
complains 'no output of this adapter offers HDCP; outputs with nothing plugged in were left out'
absent "$dir/played"

begin several_outputs_of_the_adapter APP-3 EVT-4
sed '/^plugged/d' "$dir/plugs.ini" >"$dir/both.ini"
expect 0 $protect --adapter "$dir/both.ini" --hdcp 1 --output B --output A --json -- true
jq -s -e '[.[].output] == ["B", "A", null, null, "B", "A"] and .[2].outputs == ["B", "A"] and .[3].outputs == ["B", "A"]' "$dir/out" >/dev/null ||
    fail "outputs"
echo '+1 unplug A' >"$dir/events"
expect 1 $protect --adapter "$dir/both.ini" --events "$dir/events" --hdcp 1 --output B --output A -- sleep 20
complains '^copp: A: the link to the display was lost (EVT-4); the command is killed$'
# with all of them one may go, and come back, but not both
printf '+1 unplug A\n+2 plug A\n+3 unplug B\n+4 unplug A\n' >"$dir/events"
expect 1 $protect --adapter "$dir/both.ini" --events "$dir/events" --hdcp 1 --output all -- sleep 20
grep -v '^copp: .*no cgroup' "$dir/err" | sed 's/ (simulated.*//' >"$dir/said"
same "$(tr '\n' '/' <"$dir/said")" "$(printf '%s/' 'A: protected: HDCP on' 'B: protected: HDCP on' \
    'A: the display was unplugged: this output is left out; the command is held' \
    'A: a display was plugged in: protecting it too; the command is held' 'A: protected: HDCP on' \
    'B: the display was unplugged: this output is left out; the command is held' \
    'A: the display was unplugged: this output is left out; the command is held' \
    'copp: A: nothing is plugged in any more; the command is killed; --hold sets this limit')" "what happens"
expect 1 $protect --hdcp 1 --output all -- touch "$dir/played"
complains '^copp: Component-1: the connector does not offer the protection' # no output with a display is left out
expect 0 $protect --acp 1 --output SVideo-1 --output Composite-1 -- true # two names of one connector (ARB-6)
expect 2 $protect --hdcp 1 --output HDMI-1 --output HDMI-1 -- touch "$dir/played"
complains 'HDMI-1: this output is named twice'
absent "$dir/played"

begin what_can_be_asked_for CMD-4
expect 0 $protect --acp 2 --cgmsa copy-never,redistribution --output DVI-I-1 -- true
complains 'DVI-I-1: protected: ACP level 2, CGMS-A copy-never, redistribution control (simulated: protects nothing)$'
expect 0 $protect --cgmsa copy-never -- true
complains '^DVI-I-1: protected'
expect 2 $protect -- true
complains 'no protection is requested'
expect 2 $protect --hdcp 2 -- true
expect 2 $protect --acp 4 -- true
expect 2 $protect --cgmsa never -- true
expect 2 $protect --hdcp 1 --output NoSuch -- true
complains 'NoSuch: is not an output'
expect 2 $protect --hdcp 1 --srm-key facsimile -- true
expect 1 $protect --hdcp 1 --output Component-1 -- touch "$dir/played"
complains 'Component-1: the connector does not offer'
cat >"$dir/card.ini" <<'INI'
[output A]
type = hdmi
protections = hdcp
modes = 1080p60 720p60
ksv = b70361f714
[output R]
type = hdmi
protections = hdcp
modes = 1080p60
ksv = b70361f714
repeater = yes
[output L]
type = lvds
protections = none
modes = 1080p60
INI
expect 1 $protect --adapter "$dir/card.ini" --acp 1 -- touch "$dir/played"
complains 'no output of this adapter offers ACP'
absent "$dir/played"

begin repeater_is_refused APP-1
expect 1 $protect --adapter "$dir/card.ini" --hdcp 1 --output R -- touch "$dir/played"
complains 'R: .*repeater (APP-1)'
absent "$dir/played"

begin unnamed_receiver_is_refused_unless_allowed APP-1 APP-2
cat >"$dir/linux.ini" <<'INI'
[output U]
type = hdmi
protections = hdcp
modes = 1080p60
receiver = unnamed
INI
expect 1 $protect --adapter "$dir/linux.ini" --hdcp 1 -- touch "$dir/played"
complains 'U: the driver does not name an HDCP receiver to check (APP-2); use --unnamed-receiver'
absent "$dir/played"
expect 0 $protect --adapter "$dir/linux.ini" --hdcp 1 --unnamed-receiver -- true
complains '^U: protected: HDCP on, receiver not named and not checked (APP-1, APP-2) (simulated: protects nothing)$'
expect 0 $protect --adapter "$dir/card.ini" --hdcp 1 --unnamed-receiver --output A -- true
complains '^A: protected: HDCP on (simulated: protects nothing)$'
# under OPM the driver judges, and says that it cannot (BIND-6)
expect 0 $protect --adapter "$dir/linux.ini" --semantics opm --hdcp 1 -- true
complains 'U: protected: HDCP on, receiver not named, so the driver cannot look it up (OPM-SRM-7) (OPM)'
expect 0 $protect --adapter "$dir/card.ini" --semantics opm --hdcp 1 --output A -- true
complains 'A: protected: HDCP on (OPM)'
expect 1 $protect --adapter "$dir/card.ini" --hdcp 1 --unnamed-receiver --output R -- touch "$dir/played"
complains 'R: .*repeater (APP-1)'
absent "$dir/played"

begin a_refusal_names_its_likely_causes CMD-4
cat >"$dir/refusing.ini" <<'INI'
[output F]
type = hdmi
protections = hdcp
modes = 1080p60
ksv = b70361f714
hdcp_fails = yes
[output C]
type = component
protections = acp
modes = 1080i59.94
INI
expect 1 $protect --adapter "$dir/refusing.ini" --hdcp 1 --output F -- touch "$dir/played"
complains 'F: the driver refused: E_UNEXPECTED$'
complains "remedy: check that a display is plugged in .* cable .* HDCP is enabled .* another session's command .*; run copp probe to find the cause$"
expect 1 $protect --json --adapter "$dir/refusing.ini" --acp 1 --output C -- touch "$dir/played"
complains 'C: the driver refused: DDERR_TOOBIGSIZE$'
complains 'remedy: choose a lower resolution'
jq -s -e '.[0] | .event == "stopped" and .command == null and (.remedy | startswith("choose a lower resolution"))' "$dir/out" >/dev/null || fail remedy
absent "$dir/played"

begin embedded_link_needs_no_hdcp APP-4
expect 0 $protect --adapter "$dir/card.ini" --hdcp 1 --output L -- true
complains '(APP-4)'

# A player that notes what happens to it, and would go on for 20 seconds. (Not a shell: stopped in the middle of starting
# a process, one does not stop.)
cat >"$dir/player" <<'PLAYER'
open my $log, ">>", $ARGV[0] or die;
$log->autoflush(1);
$SIG{TERM} = sub { print $log "TERM\n"; exit 0 };
print $log "started\n";
for (1 .. 400) {
    select undef, undef, undef, 0.05;
    open my $frame, ">", "$ARGV[0].frame" or die;
    print $frame "$_\n";
    close $frame;
}
print $log "finished\n";
PLAYER
player="perl -MIO::Handle $dir/player"

begin what_holds_it_together_is_said EVT-4
expect 0 $protect --hdcp 1 --json -- true
jq -s -e '.[1] | .event == "started" and (.containment == "scope" or .containment == "cgroup" or
    (.containment == "processes" and (.reason | length > 0)))' "$dir/out" >/dev/null || fail "containment"
[ "$contained" != processes ] || complains 'HDMI-1: no cgroup for the command ('
[ "$contained" = processes ] || expect 0 $protect --hdcp 1 --require-cgroup -- true
# without a cgroup in sight: nobody's user is handed none, and has no bus
if [ "$(id -u)" = 0 ]; then
    chmod 711 "$dir"
    nobody="env DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent setpriv --reuid 65534 --regid 65534 --clear-groups $protect"
    expect 2 $nobody --hdcp 1 --require-cgroup -- touch "$dir/played"
    complains '^copp: touch: not started: '
    complains '^copp: remedy: '
    expect 0 $nobody --hdcp 1 -- true
    complains '^copp: HDMI-1: no cgroup for the command ('
fi

begin unplugged_stops_the_command EVT-1 EVT-4 APP-3
echo '+1 unplug HDMI-1' >"$dir/events"
expect 1 $protect --hdcp 1 --events "$dir/events" -- $player "$dir/log"
complains 'HDMI-1: the link to the display was lost (EVT-4); the command is killed$'
same "$(tr '\n' ' ' <"$dir/log")" 'started ' "what the player saw"
expect 1 $protect --json --hdcp 1 --events "$dir/events" -- $player "$dir/log"
jq -s -e '[.[].event] == ["protected", "started", "stopped"] and .[2].rule == "EVT-4" and .[2].command == "killed"' "$dir/out" >/dev/null || fail "events"

begin a_grace_is_opt_in EVT-4
rm -f "$dir/log"
expect 1 $protect --hdcp 1 --grace 60000 --events "$dir/events" -- $player "$dir/log"
complains '(EVT-4); the command is told to end, and may run UNPROTECTED for 60000 ms$'
same "$(tr '\n' ' ' <"$dir/log")" 'started TERM ' "what the player saw"
expect 1 $protect --json --hdcp 1 --grace 60000 --events "$dir/events" -- $player "$dir/log"
jq -s -e '[.[].event] == ["protected", "started", "stopped"] and .[2].command == "told to end"' "$dir/out" >/dev/null || fail "events"
expect 2 $protect --hdcp 1 --grace 60001 -- touch "$dir/played"
complains "--grace: '60001' is not a number from 0 to 60000"
absent "$dir/played"

begin no_time_to_be_held EVT-4
rm -f "$dir/log"
echo '+1 mode HDMI-1 720p60' >"$dir/reconfigured"
expect 1 $protect --hdcp 1 --hold 0 --events "$dir/reconfigured" -- $player "$dir/log"
complains 'HDMI-1: not protected again within 0 ms (EVT-4); the command is killed; --hold sets this limit$'
same "$(tr '\n' ' ' <"$dir/log")" 'started ' "what the player saw"
for wrong in 600001 -1 1s ''; do
    expect 2 $protect --hdcp 1 --hold "$wrong" -- touch "$dir/played"
    complains "--hold: '$wrong' is not a number from 0 to 600000"
done
absent "$dir/played"

# runs PID: as something else than a zombie that nobody has asked for
runs() {
    state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) && [ "$state" != Z ]
}

begin command_that_will_not_end_is_killed EVT-4
cat >"$dir/stubborn" <<'STUBBORN'
trap '' TERM
sleep 30 &
echo $! >"$1"
wait
wait
STUBBORN
expect 1 $protect --hdcp 1 --events "$dir/events" -- sh "$dir/stubborn" "$dir/pid"
[ -s "$dir/pid" ] || fail "it did not start"
refused runs "$(cat "$dir/pid")"

# A player that notes when its other half has been stopped and continued.
cat >"$dir/halves" <<'HALVES'
use POSIX ":sys_wait_h";
open my $log, ">>", $ARGV[0] or die;
$log->autoflush(1);
my $pid = fork // die;
while (!$pid) { select undef, undef, undef, 0.02 }
$SIG{TERM} = sub { print $log "TERM\n"; kill "KILL", $pid; exit 0 };
print $log "started\n";
while (1) { print $log "continued\n" if waitpid($pid, 8) == $pid } # WCONTINUED
HALVES

begin mode_change_holds_the_command EVT-4
for i in 1 2 3 4 5; do
    echo "+$i mode HDMI-1 720p60"
done >"$dir/events"
echo '+6 unplug HDMI-1' >>"$dir/events"
expect 1 $protect --hdcp 1 --events "$dir/events" -- perl -MIO::Handle "$dir/halves" "$dir/halves.log"
complains 'HDMI-1: the connector was reconfigured.*the command is held'
complains 'HDMI-1: protected again: HDCP on'
[ "$(grep -c 'protected again' "$dir/err")" -ge 3 ] || fail "the levels were not set again each time" # two may fall into one poll
# what a cgroup freezes is not stopped, and so does not continue (test_cgroup_posix.c has that)
[ "$contained" != processes ] || grep -q continued "$dir/halves.log" || fail "it was not held: $(cat "$dir/halves.log")"
refused grep -q TERM "$dir/halves.log" # killed as it was

begin lost_in_the_new_mode CMD-4 EVT-3
rm -f "$dir/log"
echo '+1 mode Component-1 1080i59.94' >"$dir/events"
expect 1 $protect --acp 1 --output Component-1 --events "$dir/events" -- $player "$dir/log"
complains 'Component-1: .*(EVT-4)'
same "$(tr '\n' ' ' <"$dir/log")" 'started ' "what the player saw"

begin another_holder_disturbs_nobody APP-3 ARB-5
echo '+0.5 desktop-acp DVI-I-1 2' >"$dir/events"
expect 0 $protect --acp 1 --output DVI-I-1 --events "$dir/events" -- sleep 1.5

# wait_for PATTERN FILE
wait_for() {
    i=0
    until grep -q -e "$1" "$2" 2>/dev/null; do
        i=$((i + 1))
        [ $i -lt 200 ] || fail "$2 never says $1: $(cat "$2")"
        sleep 0.05
    done
}

begin signals_end_it
rm -f "$dir/log"
"$COPP" protect --hdcp 1 -- $player "$dir/log" 2>"$dir/err" &
pid=$!
wait_for started "$dir/log"
kill -TERM $pid
got=0
wait $pid || got=$?
same $got 143 "exit status"
complains 'HDMI-1: released'
same "$(tr '\n' ' ' <"$dir/log")" 'started TERM ' "what the player saw"
for signal in INT TERM HUP; do
    rm -f "$dir/out"
    # whose SIGINT this shell ignores, and whose SIGHUP nohup does
    env --default-signal=INT,HUP "$COPP" protect --hdcp 1 >"$dir/out" 2>"$dir/err" &
    pid=$!
    wait_for protected "$dir/out"
    kill -$signal $pid
    got=0
    wait $pid || got=$?
    same $got 0 "exit status after $signal"
    answers 'HDMI-1: released'
done

begin ignored_signals_stay_ignored
rm -f "$dir/log" "$dir/log.frame"
env --ignore-signal=HUP,INT "$COPP" protect --hdcp 1 -- $player "$dir/log" 2>"$dir/err" &
pid=$!
wait_for . "$dir/log.frame"
kill -HUP $pid
kill -INT $pid
cp "$dir/log.frame" "$dir/then"
until ! cmp -s "$dir/log.frame" "$dir/then"; do sleep 0.05; done
kill -TERM $pid
got=0
wait $pid || got=$?
same $got 143 "exit status"

# What COMMAND starts is held and ended with it, wherever it is.
begin another_session_is_no_way_out EVT-4
rm -f "$dir/pid"
echo '+2 unplug HDMI-1' >"$dir/events"
expect 1 $protect --hdcp 1 --events "$dir/events" -- setsid -w sh -c 'trap "" TERM; echo $$ >"$0"; while :; do sleep 1; done' "$dir/pid"
[ -s "$dir/pid" ] || fail "it did not start"
refused runs "$(cat "$dir/pid")"
rm -f "$dir/pid"
expect 1 $protect --hdcp 1 --events "$dir/events" -- bash -c 'set -m; sleep 98 & echo $! >"$0"; fg' "$dir/pid"
[ -s "$dir/pid" ] || fail "it did not start"
refused runs "$(cat "$dir/pid")"
rm -f "$dir/pid"
echo '+2 mode HDMI-1 720p60' >"$dir/events"
expect 0 $protect --hdcp 1 --events "$dir/events" -- setsid -w perl -e '$SIG{CONT} = sub { exit 0 }; select undef, undef, undef, 20; exit 1'
complains 'the command is held'

begin what_it_leaves_running_ends_before_the_protection
rm -f "$dir/pid"
expect 3 $protect --hdcp 1 -- sh -c '(trap "" TERM; exec setsid sh -c "echo \$\$ >$0; while :; do sleep 1; done") &
    until [ -s "$0" ]; do sleep 0.05; done; exit 3' "$dir/pid"
complains 'HDMI-1: released'
refused runs "$(cat "$dir/pid")"

begin killed_with_its_watcher
rm -f "$dir/pid"
"$COPP" protect --hdcp 1 -- sh -c 'echo $$ >"$0"; exec sleep 30' "$dir/pid" 2>"$dir/err" &
pid=$!
wait_for '^[0-9]' "$dir/pid"
kill -KILL $pid
wait $pid || true
i=0
while runs "$(cat "$dir/pid")"; do
    i=$((i + 1))
    [ $i -lt 100 ] || fail "COMMAND plays on unwatched"
    sleep 0.05
done

begin events_from_a_fifo
mkfifo "$dir/fifo"
rm -f "$dir/out" "$dir/err"
"$COPP" protect --hdcp 1 --events "$dir/fifo" >"$dir/out" 2>"$dir/err" &
pid=$!
wait_for protected "$dir/out"
echo 'mode HDMI-1 720p60' >"$dir/fifo"
wait_for 'protected again' "$dir/out"
echo 'unplg HDMI-1' >"$dir/fifo"
wait_for 'fifo: line 2: ' "$dir/err"
echo 'unplug HDMI-1' >"$dir/fifo"
got=0
wait $pid || got=$?
same $got 1 "exit status"
complains '(EVT-4)'
same "$(echo '+0.5 unplug HDMI-1' | timeout 20 "$COPP" protect --hdcp 1 --events - -- cat 2>/dev/null)" "" "what COMMAND reads"

begin interrupted_while_pending CMD-6
printf '[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\nhdcp_delay = 15000\n' >"$dir/slow.ini"
start=$(date +%s)
"$COPP" protect --adapter "$dir/slow.ini" --hdcp 1 -- touch "$dir/played" >"$dir/out" 2>"$dir/err" &
pid=$!
sleep 3 # making the keys takes a second
kill -TERM $pid
wait $pid || true
[ $(($(date +%s) - start)) -lt 10 ] || fail "it took its time to end"
absent "$dir/played"

begin terminal_is_the_commands
# whichever of parent and child sets the process group first
for i in 1 2 3 4 5; do
    script -qec "$COPP protect --hdcp 1 -- perl -MPOSIX -e 'print tcgetpgrp(0) == getpgrp() ? q(mine) : q(another), qq(\n)'" /dev/null \
        </dev/null >"$dir/out" 2>&1
    answers mine
done

begin ctrl_z_and_back
{
    printf 'PS1=; %s protect --hdcp 1 -- %s %s/tty\n' "$COPP" "$player" "$dir"
    wait_for . "$dir/tty.frame" >&2
    printf '\032'
    sleep 1
    cp "$dir/tty.frame" "$dir/then"
    sleep 1
    cp "$dir/tty.frame" "$dir/now"
    printf 'fg\n'
    i=0
    while cmp -s "$dir/tty.frame" "$dir/now" && [ $i -lt 100 ]; do
        i=$((i + 1))
        sleep 0.1
    done
    cp "$dir/tty.frame" "$dir/later"
    printf '\003'
    sleep 1
    printf 'exit\n'
} | script -qec 'bash --norc -i' /dev/null >"$dir/out" 2>&1 || true
answers Stopped
cmp "$dir/then" "$dir/now"
refused cmp -s "$dir/now" "$dir/later"

begin a_pipeline_keeps_the_terminal
script -qec "$COPP protect --hdcp 1 -- perl -MPOSIX -e 'print tcgetpgrp(0) == getpgrp() ? q(mine) : q(another), qq(\n)' | cat" \
    /dev/null </dev/null >"$dir/out" 2>&1
answers another

# frames WHAT FILE: WHAT is moves or rests
frames() {
    cp "$2" "$dir/then"
    i=0
    while cmp -s "$2" "$dir/then" && [ $i -lt 20 ]; do
        i=$((i + 1))
        sleep 0.1
    done
    if [ "$1" = moves ]; then ! cmp -s "$2" "$dir/then"; else cmp -s "$2" "$dir/then"; fi || fail "the film: not $1"
}

begin the_guard_does_not_stop_alone APP-3 EVT-4
rm -f "$dir/bg" "$dir/bg.frame"
{
    printf 'PS1=; %s protect --hdcp 1 -- %s %s/bg &\n' "$COPP" "$player" "$dir"
    wait_for . "$dir/bg.frame" >&2
    printf 'kill -TSTP %%1\n'
    sleep 1
    frames rests "$dir/bg.frame" >&2
    printf 'kill -CONT %%1\n'
    sleep 1
    frames moves "$dir/bg.frame" >&2
    # somebody else stops the film and lets it go on: copp watches all the while
    player_pid=$(pgrep -f "^perl .*$dir/player $dir/bg\$")
    kill -STOP "$player_pid"
    sleep 1
    grep '^State' "/proc/$(ps -o ppid= -p "$player_pid" | tr -d ' ')/status" >"$dir/guard"
    kill -CONT "$player_pid"
    printf 'kill %%1\n'
    sleep 1
    printf 'exit\n'
} | script -qec 'bash --norc -i' /dev/null >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
grep -q 'S (sleeping)' "$dir/guard" || fail "copp is stopped with it: $(cat "$dir/guard")"

begin ctrl_c
rm -f "$dir/log"
# Ctrl-C reaches COMMAND, and the terminal's other users see who died of it
got=0
{ wait_for started "$dir/log" >&2; printf '\003'; sleep 3; } |
    script -qec "$COPP protect --hdcp 1 -- $player $dir/log" /dev/null >"$dir/out" 2>&1 || got=$?
same $got 130 "exit status after Ctrl-C"
answers 'HDMI-1: released'

begin opm OPM-APP-1 OPM-HDCP-2 OPM-STA-8
opm="$protect --semantics opm"
expect 0 $opm --hdcp 1 -- true
complains '^HDMI-1: protected: HDCP on (OPM) (simulated: protects nothing)$'
expect 0 $protect --semantics auto --hdcp 1 -- true
complains '^HDMI-1: protected: HDCP on (simulated: protects nothing)$'
printf '[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60 720p60\nksv = ea8c90d793\nopm = type1\nhdcp_version = 2.2\n' >"$dir/type1.ini"
sed 's/2\.2/1.4/' "$dir/type1.ini" >"$dir/older.ini"
for also in '' '--hdcp 1'; do
    expect 0 $protect --type1 $also --adapter "$dir/type1.ini" -- true
    complains '^A: protected: .*HDCP type enforcement Type 1 (OPM) (simulated'
    rm -f "$dir/played"
    expect 1 $protect --type1 $also --adapter "$dir/older.ini" -- touch "$dir/played"
    complains '^copp: A: the driver refused: ERROR_GRAPHICS_OPM_OUTPUT_DOES_NOT_SUPPORT_HDCP$'
    absent "$dir/played"
done
# where no output has it: the message says so
printf '[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\n' >"$dir/plain.ini"
expect 1 $protect --type1 --adapter "$dir/plain.ini" -- touch "$dir/played"
complains 'no output of this adapter offers HDCP type enforcement (see copp status)$'
absent "$dir/played"
# a reconfigured connector takes a new session, without --reconnect
echo '+0.5 mode HDMI-1 720p60' >"$dir/reconfigured"
expect 0 $opm --hdcp 1 --events "$dir/reconfigured" -- sleep 3
complains '^HDMI-1: the connector was reconfigured: beginning a new session; the command is held$'
complains '^HDMI-1: protected again: HDCP on (OPM) (simulated'
expect 1 $opm --hdcp 1 --hold 0 --events "$dir/reconfigured" -- sleep 60
complains 'HDMI-1: .*; the command is killed'
echo '+0.5 tamper HDMI-1' >"$dir/tampered"
expect 1 $opm --hdcp 1 --reconnect 5 --events "$dir/tampered" -- sleep 60
complains '(OPM-STA-8); the command is killed'
echo '+0.5 unplug HDMI-1' >"$dir/unplug"
expect 1 $opm --hdcp 1 --events "$dir/unplug" -- sleep 60
complains 'the link to the display was lost'

begin a_driver_of_opm_is_given_the_messages OPM-APP-1 OPM-SRM-1 OPM-SRM-7
rm -f "$dir/played"
dsa="--srm-key $VECTORS/opm-srm-dsa-public.pem"
judged="$opm --hdcp 1 --adapter $dir/older.ini"
cp "$VECTORS/opm/srm1-v2.bin" "$dir/list.srm"
expect 0 $judged $dsa --srm "$dir/list.srm" -- true
expect 1 $judged $dsa --srm "$VECTORS/opm/srm1-v5.bin" -- touch "$dir/played"
complains '^copp: A: a device behind the connector is on the HDCP revocation list (OPM-STA-8)$'
absent "$dir/played"
# a receiver of HDCP 2.x is looked up in a message of HDCP 2.x, which may come alone, or beside the other
rsa="--srm-key $VECTORS/opm-srm-rsa3072-public.pem"
newer="$opm --hdcp 1 --type1 --adapter $dir/type1.ini"
expect 0 $newer $rsa --srm "$VECTORS/opm/srm2-v3.bin" -- true
expect 1 $newer $rsa --srm "$VECTORS/opm/srm2-v7.bin" -- touch "$dir/played"
complains 'on the HDCP revocation list (OPM-STA-8)$'
absent "$dir/played"
expect 0 $opm --hdcp 1 --srm "$VECTORS/srm-hdcp1-v1.bin" --srm "$VECTORS/srm-hdcp2-v1.bin" -- true
# of a receiver that is not named no message says anything
unnamed="$opm --hdcp 1 --adapter $dir/linux.ini"
expect 0 $unnamed -- true
complains '^U: protected: HDCP on, receiver not named, so the driver cannot look it up (OPM-SRM-7) (OPM) (simulated: protects nothing)$'
expect 1 $unnamed $dsa --srm "$dir/list.srm" -- touch "$dir/played"
complains 'U: the driver does not name an HDCP receiver to check (APP-2); use --unnamed-receiver'
absent "$dir/played"
expect 0 $unnamed $dsa --srm "$dir/list.srm" --unnamed-receiver -- true
complains '^U: protected: HDCP on, receiver not named, so the driver cannot look it up (OPM-SRM-7) (OPM) (simulated: protects nothing)$'
# while it runs: the driver is given the new one, and finds the receiver on it
cat >"$dir/newer.sh" <<'SCRIPT'
cp "$1" "$2.new"
mv "$2.new" "$2"
exec sleep 60
SCRIPT
expect 1 $judged $dsa --srm "$dir/list.srm" -- sh "$dir/newer.sh" "$VECTORS/opm/srm1-v5.bin" "$dir/list.srm"
complains '^copp: A: a device behind the connector is on the HDCP revocation list (OPM-STA-8); the command is killed$'

begin neither_protocol_is_taken_for_the_other OPM-CERT-11
rm -f "$dir/played"
expect 2 $protect --type1 --semantics copp -- touch "$dir/played"
complains '^copp: --type1 is for OPM only: it cannot be used with --semantics copp$'
expect 2 $opm --cgmsa copy-never,redistribution -- touch "$dir/played"
complains '^copp: redistribution control is for COPP only: it cannot be used with --semantics opm$'
expect 2 $protect --type1 --cgmsa copy-never,redistribution -- touch "$dir/played"
complains '^copp: --type1 is for OPM only, and redistribution control for COPP: remove one$'
expect 2 $opm --hdcp 1 --crl "$VECTORS/crl-v7-empty.bin" -- touch "$dir/played"
complains '^copp: --crl is for COPP only: it cannot be used with --semantics opm$'
absent "$dir/played"

finish

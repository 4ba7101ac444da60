#!/bin/sh
# copp protect --reconnect: coppd is replaced, or a display unplugged, while a command runs. The command is held until a new session
# has put the protection in force, or else killed.
# shellcheck source=tests/daemon/lib.sh
. "$(dirname "$0")/lib.sh"
cat >"$directory/card.ini" <<'INI'
[output HDMI-1]
type = hdmi
protections = hdcp
modes = 1080p60 720p60
ksv = b70361f714
hdcp_delay = 1000
INI
echo "description = $directory/card.ini" >>"$directory/coppd.conf"
export COPP_ANCHOR="$directory/test-driver/anchor.b64" COPP_DEVICE="unix:$socket"

# A player that does not want to end, and writes down when it has shown a frame. It exits with 5 once there is a file "enough".
cat >"$directory/player" <<'PLAYER'
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
$SIG{TERM} = "IGNORE";
open my $frames, ">>", "$ARGV[0]/frames" or die;
$frames->autoflush(1);
for (1 .. 6000) {
    printf $frames "%.3f\n", clock_gettime(CLOCK_MONOTONIC);
    exit 5 if -e "$ARGV[0]/enough";
    select undef, undef, undef, 0.01;
}
PLAYER

now() { perl -MTime::HiRes=clock_gettime,CLOCK_MONOTONIC -e 'printf "%.3f", clock_gettime(CLOCK_MONOTONIC)'; }
told() { grep -q -e "$1" "$directory/err"; }
says() { told "$1" || fail "does not say: $1"; }
# no_frames FROM TO: the player was held all the while
no_frames() {
    awk -v from="$1" -v to="$2" '$1 > from && $1 < to { print "a frame at " $1; bad = 1 } END { exit bad }' "$directory/frames" ||
        fail "frames between $1 and $2"
}
# HDCP takes a second to come up
after_delay() { echo "$1" | awk '{ printf "%.3f", $1 + 0.95 }'; }
frames_after() { awk -v from="$1" '$1 > from { found = 1 } END { exit !found }' "$directory/frames"; }

guard=
preload= # what copp is started with
# play OPTION...: copp and the player, which has begun
play() {
    rm -f "$directory/frames" "$directory/enough"
    env LD_PRELOAD="$preload" "$COPP" protect --allow-simulated --hdcp 1 "$@" -- perl -MIO::Handle "$directory/player" "$directory" >"$directory/out" 2>"$directory/err" &
    guard=$!
    children="$children $guard"
    until_true test -s "$directory/frames"
}
# over STATUS: copp has ended with it
over() {
    status=0
    wait "$guard" || status=$?
    [ "$status" -eq "$1" ] || fail "status $status, not $1"
    ended=$(now)
    sleep 0.3
    no_frames "$ended" 999999999
}
stop() {
    kill "$pid"
    wait "$pid" || fail "coppd ends with $?"
    pid=
}

start
exec 9<>"$directory/events"

# an upgrade: held as soon as it is known, resumed once HDCP is on again, a second after coppd is back
play --reconnect 30
stop
until_true told 'trying a new session'
held=$(now)
sleep 0.7
back=$(now)
start
until_true told 'protected again'
until_true frames_after "$back"
no_frames "$held" "$(after_delay "$back")"
says 'HDMI-1: the driver cannot be reached: trying a new session for 30 s; the command is held'
touch "$directory/enough"
over 5
says 'HDMI-1: released'

# the same as JSON, by the name that the list has not (ARB-6 has such names), and a command that ends well
play --json --reconnect 30 --output HDMI-1
stop
until_true grep -q reconnecting "$directory/out"
start
until_true grep -q 'protected again' "$directory/out"
touch "$directory/enough"
over 5
jq -s -e '[.[].event] == ["protected", "started", "reconnecting", "protected again", "ended", "released"] and all(.output == "HDMI-1")' \
    "$directory/out" >/dev/null || fail "the events"

# coppd does not come back: killed where it stands, as for any loss
play --reconnect 1
stop
until_true told 'trying a new session'
held=$(now)
over 1
no_frames "$held" 999999999
says 'HDMI-1: the driver cannot be reached; no new session: .*no coppd listens there.*; the command is killed'
! told released || fail "released what it did not hold"

# one that does not answer is not waited for longer than it may take
start
play --reconnect 1
kill -STOP "$pid"
until_true told 'trying a new session'
held=$(now)
over 1
no_frames "$held" 999999999
kill -CONT "$pid"

# nor one that tells of one output after another
cat >"$directory/teller" <<'TELLER'
use Socket;
socket my $listener, AF_UNIX, SOCK_SEQPACKET, 0 or die;
unlink $ARGV[0];
bind $listener, sockaddr_un($ARGV[0]) or die;
listen $listener, 8 or die;
while (accept my $player, $listener) {
    my $request;
    while (defined recv($player, $request, 256, 0) && length $request) {
        my ($version, $type) = unpack "VV", $request;
        select undef, undef, undef, 0.2;
        send $player, pack("VVVVVVVa64V4a32V", $version, $type | 0x80000000, 0, 132, 2, 10, 1, "HDMI-" . ++$told, (0) x 4, "", 20000), 0;
    }
}
TELLER
play --reconnect 1
stop
until_true told 'trying a new session'
held=$(now)
perl "$directory/teller" "$socket" &
teller=$!
children="$children $teller"
over 1
no_frames "$held" 999999999
awk -v from="$held" -v to="$ended" 'BEGIN { exit !(to - from < 10) }' || fail "it took from $held to $ended"
kill "$teller"
wait "$teller" || true
rm -f "$socket"
start

# a new session whose HDCP hangs ends in time, too
play --reconnect 3
stop
until_true told 'trying a new session'
held=$(now)
start
echo "hdcp-hang HDMI-1 on" >&9
over 1
no_frames "$held" 999999999
awk -v from="$held" -v to="$ended" 'BEGIN { exit !(to - from < 10) }' || fail "it took from $held to $ended"
echo "hdcp-hang HDMI-1 off" >&9
stop

# another chain: whoever is at the socket now, it is not whom copp trusts (CERT-12), and no time helps
start
cp "$COPP_ANCHOR" "$directory/anchor"
COPP_ANCHOR=$directory/anchor
play --reconnect 60
stop
until_true told 'trying a new session'
held=$(now)
rm -rf "$directory/test-driver"
start
over 1
no_frames "$held" 999999999
says '(CERT-12); the command is killed'
COPP_ANCHOR=$directory/test-driver/anchor.b64

# the display is unplugged and plugged in again: a new session there (EVT-4)
play --reconnect 30
echo "unplug HDMI-1" >&9
until_true told 'trying a new session'
held=$(now)
sleep 1
back=$(now)
echo "plug HDMI-1" >&9
until_true told 'protected again'
until_true frames_after "$back"
no_frames "$held" "$(after_delay "$back")"
says 'HDMI-1: the link to the display was lost: trying a new session for 30 s'
touch "$directory/enough"
over 5
# and stays unplugged
play --reconnect 1
echo "unplug HDMI-1" >&9
over 1
says 'HDMI-1: the link to the display was lost; no new session: nothing is plugged in (EVT-4); the command is killed'
echo "plug HDMI-1" >&9
# or nobody has asked for a new session
play
echo "unplug HDMI-1" >&9
over 1
says 'HDMI-1: the link to the display was lost (EVT-4); the command is killed'
! told 'trying a new session' || fail "reconnects unasked"
echo "plug HDMI-1" >&9
until_true grep -q 'a display is plugged in$' "$directory/coppd.log"

# a signal ends it meanwhile, without a frame; so does the command's own end
play --reconnect 60
stop
until_true told 'trying a new session'
held=$(now)
kill -TERM "$guard"
over 143
no_frames "$held" 999999999
start
play --reconnect 60
stop
until_true told 'trying a new session'
pkill -KILL -P "$guard"
over 137
start

# whoever lets it go on meanwhile: it is stopped by the next try
play --reconnect 60
stop
until_true told 'trying a new session'
pkill -CONT -P "$guard"
sleep 1
held=$(now)
sleep 1
kill -TERM "$guard"
over 143
no_frames "$held" 999999999
start

# a command that cannot be held is ended at once, and does not wait for a new session
preload=$COPP_UNHELD
play --reconnect 600
preload=
stop
until_true told 'trying a new session'
tried=$(now)
over 1
awk -v from="$tried" -v to="$ended" 'BEGIN { exit to - from > 60 }' || fail "it waited for a new session"
start

# Ctrl-C and Ctrl-Z are copp's while the command is held: the terminal's foreground is
rm -f "$directory/frames" "$directory/enough"
seen() { grep -q -e "$1" "$directory/typed"; }
{
    printf 'PS1=; %s protect --allow-simulated --hdcp 1 --reconnect 60 -- perl -MIO::Handle %s/player %s; echo status $?\n' "$COPP" \
        "$directory" "$directory"
    until_true test -s "$directory/frames"
    kill "$pid"
    until_true seen 'trying a new session'
    now >"$directory/held"
    printf '\032'
    until_true seen Stopped
    printf 'fg\n'
    sleep 1
    printf '\003'
    until_true seen 'status 130'
    printf 'exit\n'
} | timeout 60 script -qfec 'bash --norc -i' /dev/null >"$directory/typed" 2>&1 || true
seen 'status 130' || fail "Ctrl-C: $(cat "$directory/typed")"
no_frames "$(cat "$directory/held")" 999999999
wait "$pid" || fail "coppd ends with $?"
pid=

expect 2 "$COPP" protect --hdcp 1 --reconnect 86401 -- true
says "--reconnect: '86401' is not a number from 0 to 86400"

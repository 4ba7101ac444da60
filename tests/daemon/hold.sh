#!/bin/sh
# copp protect --hold: a command that is held while levels are set again is killed once that has taken too long, also while coppd
# lets copp wait for an answer. Nothing of it is shown meanwhile, nor afterwards.
# shellcheck source=tests/daemon/lib.sh
. "$(dirname "$0")/lib.sh"
cat >"$directory/card.ini" <<'INI'
[output HDMI-1]
type = hdmi
protections = hdcp
modes = 1080p60 720p60
ksv = b70361f714
INI
echo "description = $directory/card.ini" >>"$directory/coppd.conf"
export COPP_ANCHOR="$directory/test-driver/anchor.b64" COPP_DEVICE="unix:$directory/between"

# Passes packets on, and keeps back commands (PACKET_COMMAND) as long as there is a file "slow".
cat >"$directory/between.pl" <<'BETWEEN'
use Socket;
my ($here, $there, $slow, $kept) = map "$ARGV[0]/$_", qw(between socket slow kept);
socket my $listener, AF_UNIX, SOCK_SEQPACKET, 0 or die;
bind $listener, sockaddr_un($here) or die;
listen $listener, 8 or die;
my %other = (fileno $listener, undef); # of each end, by its number
my %end = (fileno $listener, $listener);
my @waiting;
sub leave {
    for my $number ($_[0], fileno $other{$_[0]}) {
        delete $other{$number};
        close delete $end{$number};
    }
}
while (1) {
    my $set = "";
    vec($set, $_, 1) = 1 for keys %end;
    next if select(my $ready = $set, undef, undef, @waiting ? 0.02 : undef) < 0;
    if (@waiting && !-e $slow) {
        my ($number, $packet) = splice @waiting, 0, 2;
        send $other{$number}, $packet, 0 if $other{$number};
    }
    for my $number (grep vec($ready, $_, 1), keys %end) {
        my $packet = "";
        if ($number == fileno $listener) {
            accept my $player, $listener or die;
            socket my $daemon, AF_UNIX, SOCK_SEQPACKET, 0 or die;
            connect $daemon, sockaddr_un($there) or die;
            @other{fileno $player, fileno $daemon} = ($daemon, $player);
            @end{fileno $player, fileno $daemon} = ($player, $daemon);
            next;
        }
        next unless $end{$number};
        if (!defined recv($end{$number}, $packet, 65536 + 256, 0) || $packet eq "") {
            leave($number);
        } elsif ((unpack "VV", $packet)[1] == 5 && -e $slow) {
            push @waiting, $number, $packet;
            open my $mark, ">", $kept;
        } else {
            send $other{$number}, $packet, 0;
        }
    }
}
BETWEEN

# A player that does not want to end, and shows frames all the time. It exits with 5 once there is a file "enough".
cat >"$directory/player" <<'PLAYER'
my $told = "$ARGV[0]/told";
$SIG{TERM} = sub { open my $mark, ">", $told };
open my $frames, ">>", "$ARGV[0]/frames" or die;
$frames->autoflush(1);
for (1 .. 60000) {
    print $frames "x";
    exit 5 if -e "$ARGV[0]/enough";
    select undef, undef, undef, 0.001;
}
PLAYER

told() { grep -q -e "$1" "$directory/err"; }
says() { told "$1" || fail "does not say: $1"; }
guard=
between=
preload= # what copp is started with
frames() { wc -c <"$directory/frames"; }
more_frames() { [ "$(frames)" -gt "$1" ]; }

plugged() { "$COPP" status --json | jq -e -s 'any(.[].outputs[]; .output == "HDMI-1" and .plugged)' >/dev/null; }

mode=1080p60
# play OPTION...: copp and the player, which has begun
play() {
    rm -f "$directory/frames" "$directory/enough" "$directory/told" "$directory/slow" "$directory/kept"
    env LD_PRELOAD="$preload" "$COPP" protect --allow-simulated --hdcp 1 "$@" -- perl -MIO::Handle "$directory/player" "$directory" >"$directory/out" 2>"$directory/err" &
    guard=$!
    children="$between $guard"
    until_true test -s "$directory/frames"
}
# reconfigure: the connector is; the player is held as soon as that is told
reconfigure() {
    [ $mode = 720p60 ] && mode=1080p60 || mode=720p60
    echo "mode HDMI-1 $mode" >&9
    until_true told 'the command is held'
    held=$(frames)
}
hang() {
    : >"$directory/slow"
    reconfigure
    until_true test -e "$directory/kept" # copp waits for its answer
}
# over STATUS: copp has ended with it, and nothing was shown since the player was held
over() {
    status=0
    wait "$guard" || status=$?
    [ "$status" -eq "$1" ] || fail "status $status, not $1"
    [ "$(frames)" -eq "$held" ] || fail "frames after it was held"
    ! pgrep -f "$directory/player" >/dev/null || fail "the player is left"
}
begun() { date +%s; }
# A command may take 25 s (CMD-6), which nobody waits for.
not_waited_for() { [ $(($(date +%s) - $1)) -lt 20 ] || fail "the command to coppd was waited for"; }

start
exec 9<>"$directory/events"
perl "$directory/between.pl" "$directory" &
between=$!
children=$between
until_true test -S "$directory/between"

# in time: it goes on
play --hold 600000
hang
rm "$directory/slow"
until_true told 'protected again'
until_true more_frames "$held"
touch "$directory/enough"
status=0
wait "$guard" || status=$?
[ "$status" -eq 5 ] || fail "status $status, not 5"

# too long: killed where it stands, whatever grace there is for other losses
for how in '' '--hold 300' '--grace 60000' '--reconnect 1' '--json'; do
    # shellcheck disable=SC2086 # two words
    play $how
    since=$(begun)
    case $how in
    --json)
        : >"$directory/slow"
        held=0
        echo "mode HDMI-1 720p60" >&9
        echo "mode HDMI-1 1080p60" >&9
        mode=1080p60
        until_true test -e "$directory/kept"
        held=$(frames)
        ;;
    *) hang ;;
    esac
    over 1
    not_waited_for "$since"
    ms=2000
    hint='--hold sets this limit'
    [ "$how" != '--hold 300' ] || ms=300
    [ "$how" != '--reconnect 1' ] || { ms=1000 && hint='--reconnect sets this limit'; }
    says "^copp: HDMI-1: not protected again within $ms ms (EVT-4); the command is killed; $hint\$"
    ! told 'trying a new session' || fail "it was tried once more"
done
jq -s -e '[.[].event] == ["protected", "started", "renegotiating", "stopped"] and .[3].command == "killed" and .[3].rule == "EVT-4"' \
    "$directory/out" >/dev/null || fail "the events: $(cat "$directory/out")"

# no time at all: any reconfiguration is a loss
play --hold 0
echo "mode HDMI-1 720p60" >&9
mode=720p60
until_true told 'the command is killed'
held=$(frames)
over 1
says 'not protected again within 0 ms (EVT-4)'
! told 'protected again:' || fail "the levels were set again"

# a signal meanwhile is the reason that is told, and ends it where it stands
play --hold 600000 --grace 60000
since=$(begun)
hang
kill -TERM "$guard"
over 143
not_waited_for "$since"
! told 'cannot be reached' || fail "it was coppd's fault"
! told '^copp: ' || fail "an error: $(cat "$directory/err")"

# at a loss it is held before anything is told, which shows where that fails; then it is killed all the same
for how in '' --json; do
    preload=$COPP_UNHELD
    # shellcheck disable=SC2086 # nothing, or a word
    play $how
    preload=
    echo "unplug HDMI-1" >&9
    status=0
    wait "$guard" || status=$?
    [ "$status" -eq 1 ] || fail "status $status, not 1"
    ! pgrep -f "$directory/player" >/dev/null || fail "the player is left"
    says '(EVT-4); the command CANNOT be stopped: some of it belongs to another'
    echo "plug HDMI-1" >&9
    until_true plugged
done
jq -s -e '.[-1].command == "not stopped"' "$directory/out" >/dev/null || fail "the event: $(cat "$directory/out")"

# whoever is told to end does not wait for a new session
play --reconnect 600
kill -TERM "$guard"
until_true test -e "$directory/told"
kill -KILL "$pid"
until_true told 'the driver cannot be reached; the command is killed'
held=$(frames)
over 1
! told 'trying a new session' || fail "a new session was tried"
wait "$pid" || true
pid=

#!/bin/sh
# copp protect with several outputs: its command runs while all of them are protected. With "all" also while displays come and go.
# shellcheck source=tests/daemon/lib.sh
. "$(dirname "$0")/lib.sh"
for name in HDMI-1 HDMI-2 HDMI-3; do
    printf '[output %s]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60 720p60\nksv = b70361f714\n' $name
done >"$directory/card.ini"
cat >>"$directory/card.ini" <<'INI'
plugged = no
[output VGA-1]
type = vga
modes = 1080p60
plugged = no
INI
printf '[output Slow]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\nhdcp_delay = 2500\nplugged = no\n' >>"$directory/card.ini"
echo "description = $directory/card.ini" >>"$directory/coppd.conf"
export COPP_ANCHOR="$directory/test-driver/anchor.b64" COPP_DEVICE="unix:$directory/between"

# Passes packets on. What a player asks of HDMI-2 is kept back for as many milliseconds as the file "slow" says.
cat >"$directory/between.pl" <<'BETWEEN'
use Socket;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
my ($here, $there, $slow) = map "$ARGV[0]/$_", qw(between socket slow);
socket my $listener, AF_UNIX, SOCK_SEQPACKET, 0 or die;
bind $listener, sockaddr_un($here) or die;
listen $listener, 64 or die;
my %other = (fileno $listener, undef); # of each end, by its number
my %end = (fileno $listener, $listener);
my %second; # the players' ends of sessions with HDMI-2
my @waiting; # [when, number, packet]
sub leave {
    for my $number ($_[0], fileno $other{$_[0]}) {
        delete $other{$number};
        delete $second{$number};
        @waiting = grep $_->[1] != $number, @waiting;
        close delete $end{$number};
    }
}
sub now { clock_gettime(CLOCK_MONOTONIC) }
sub delay { open my $file, "<", $slow or return 0; return <$file> / 1000 }
while (1) {
    my $set = "";
    vec($set, $_, 1) = 1 for keys %end;
    next if select(my $ready = $set, undef, undef, @waiting ? 0.005 : undef) < 0;
    while (@waiting && $waiting[0][0] <= now()) {
        my (undef, $number, $packet) = @{shift @waiting};
        send $other{$number}, $packet, 0 if $other{$number};
    }
    for my $number (grep vec($ready, $_, 1), keys %end) {
        my $packet = "";
        if ($number == fileno $listener) {
            accept my $player, $listener or die;
            socket my $daemon, AF_UNIX, SOCK_SEQPACKET, 0 or die;
            if (!connect $daemon, sockaddr_un($there)) {
                close $player;
                next;
            }
            @other{fileno $player, fileno $daemon} = ($daemon, $player);
            @end{fileno $player, fileno $daemon} = ($player, $daemon);
            next;
        }
        next unless $end{$number};
        if (!defined recv($end{$number}, $packet, 65536 + 256, 0) || $packet eq "") {
            leave($number);
            next;
        }
        $second{$number} = 1 if $packet =~ /HDMI-2/ && (unpack "VV", $packet)[1] == 2;
        if ($second{$number} && (my $delay = delay())) {
            push @waiting, [now() + $delay, $number, $packet];
        } else {
            send $other{$number}, $packet, 0;
        }
    }
}
BETWEEN

# A player that does not want to end, and writes down when it has shown a frame. It exits with 5 once there is a file "enough".
cat >"$directory/player" <<'PLAYER'
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
$SIG{TERM} = "IGNORE";
open my $frames, ">>", "$ARGV[0]/frames" or die;
$frames->autoflush(1);
for (1 .. 12000) {
    printf $frames "%.3f\n", clock_gettime(CLOCK_MONOTONIC);
    exit 5 if -e "$ARGV[0]/enough";
    select undef, undef, undef, 0.005;
}
PLAYER

now() { perl -MTime::HiRes=clock_gettime,CLOCK_MONOTONIC -e 'printf "%.3f", clock_gettime(CLOCK_MONOTONIC)'; }
told() { grep -q -e "$1" "$directory/err"; }
says() { told "$1" || fail "does not say: $1"; }
times_told() { [ "$(grep -c -e "$1" "$directory/err")" -eq "$2" ]; }
frames() { wc -l <"$directory/frames"; }
more_frames() { [ "$(frames)" -gt "$1" ]; }
plays() {
    before=$(frames)
    until_true more_frames "$before"
}
# rests: it shows nothing, for longer than any that runs does
rests() {
    before=$(frames)
    sleep 0.5
    [ "$(frames)" -eq "$before" ] || fail "frames while it was held"
}
is_still() {
    before=$(frames)
    sleep 0.3
    [ "$(frames)" -eq "$before" ]
}
happens() { echo "$*" >&9; }
# is OUTPUT CONDITION: what coppd says of it
is() { "$COPP" status --json | jq -e -s --arg output "$1" "any(.[].outputs[]; .output == \$output and ($2))" >/dev/null; }
level() { is "$1" ".levels.HDCP.global == $2"; }
both_at() { level HDMI-1 "$1" && level HDMI-2 "$1"; }
plugged() { is "$1" .plugged; }
unplugged() { is "$1" ".plugged | not"; }

guard=
between=
# play OPTION...: copp and the player, which has begun
play() {
    rm -f "$directory/frames" "$directory/enough" "$directory/slow"
    "$COPP" protect --allow-simulated --hdcp 1 "$@" -- perl -MIO::Handle "$directory/player" "$directory" >"$directory/out" 2>"$directory/err" &
    guard=$!
    children="$between $guard"
    until_true test -s "$directory/frames"
}
# over STATUS: copp has ended with it, and nothing is left
over() {
    status=0
    wait "$guard" || status=$?
    [ "$status" -eq "$1" ] || fail "status $status, not $1"
    ! pgrep -f "$directory/player" >/dev/null || fail "the player is left"
}
# killed: it has shown nothing since it was held
killed() {
    over 1
    [ "$(frames)" -eq "$1" ] || fail "frames after it was held"
}
enough() {
    touch "$directory/enough"
    over 5
}

start
exec 9<>"$directory/events"
perl "$directory/between.pl" "$directory" &
between=$!
children=$between
until_true test -S "$directory/between"
two='--output HDMI-1 --output HDMI-2'

# both are protected before it begins, and both are given back
# shellcheck disable=SC2086 # several words
play $two
says '^HDMI-1: protected: HDCP on (simulated: protects nothing)$'
says '^HDMI-2: protected: HDCP on'
both_at 1 || fail "not both are protected"
enough
says '^HDMI-1: released$'
says '^HDMI-2: released$'
both_at 0 || fail "not both are given back"

# a loss of either is a loss
for name in HDMI-1 HDMI-2; do
    # shellcheck disable=SC2086
    play $two
    happens unplug $name
    until_true told "^copp: $name: the link to the display was lost (EVT-4); the command is killed\$"
    killed "$(frames)"
    happens plug $name
    until_true plugged $name
done

# levels set again on one: it is held, and goes on
# shellcheck disable=SC2086
play $two --json
happens mode HDMI-2 720p60
until_true grep -q 'protected again' "$directory/out"
plays
enough
jq -s -e '[.[].event] == ["protected", "protected", "started", "renegotiating", "protected again", "ended", "released", "released"] and
    [.[].output] == ["HDMI-1", "HDMI-2", null, "HDMI-2", "HDMI-2", null, "HDMI-1", "HDMI-2"] and
    all(.[] | select(.event == "started" or .event == "ended"); .outputs == ["HDMI-1", "HDMI-2"])' "$directory/out" >/dev/null ||
    fail "the events: $(cat "$directory/out")"

# one that cannot be protected: it never begins, and the others are given back
rm -f "$directory/frames"
happens hdcp-refuse HDMI-2 on
# shellcheck disable=SC2086
expect 1 "$COPP" protect --allow-simulated --hdcp 1 $two -- touch "$directory/frames"
says '^HDMI-1: protected'
says '^copp: HDMI-2: the driver refused'
says '^HDMI-1: released'
happens hdcp-refuse HDMI-2 off
# nor with one that is not there, or that is unknown, which are found before anything is protected
expect 1 "$COPP" protect --allow-simulated --hdcp 1 --output HDMI-1 --output HDMI-3 -- touch "$directory/frames"
says 'HDMI-3: nothing is plugged in'
expect 2 "$COPP" protect --allow-simulated --hdcp 1 --output HDMI-1 --output HDMI-9 -- touch "$directory/frames"
says 'HDMI-9: is not an output'
! told protected || fail "it was protected before"
# or that may be a slip
expect 2 "$COPP" protect --allow-simulated --hdcp 1 --output HDMI-1 --output HDMI-1 -- touch "$directory/frames"
says 'HDMI-1: this output is named twice'
expect 2 "$COPP" protect --allow-simulated --hdcp 1 --output HDMI-1 --output all -- touch "$directory/frames"
says '\-\-output all means every output'
[ ! -e "$directory/frames" ] || fail "it was started"
level HDMI-1 0 || fail "it is still protected"

# one takes so long that the looks at the others do not count any more: they are looked at again before anything is started, and the guardian
# watches as ever
happens plug Slow
until_true plugged Slow
play --output HDMI-1 --output HDMI-2 --output Slow
copp=$(pgrep -P "$guard")
kill -STOP "$copp"
until_true is_still
rests
kill -CONT "$copp"
plays
enough
happens unplug Slow
until_true unplugged Slow

# all: those without a display do not matter, until there is one
play --output all --hold 600000
! told HDMI-3 || fail "HDMI-3 has no display"
happens hdcp-refuse HDMI-3 on
happens plug HDMI-3
until_true told '^HDMI-3: a display was plugged in: protecting it too; the command is held$'
rests
both_at 1 || fail "the others are not protected meanwhile"
happens hdcp-refuse HDMI-3 off
until_true told '^HDMI-3: protected: HDCP on'
level HDMI-3 1 || fail "it is not protected"
plays
# it is left out when it goes, without a loss, and so are others
happens unplug HDMI-3
until_true told '^HDMI-3: the display was unplugged: this output is left out; the command is held$'
plays
happens unplug HDMI-1
until_true told '^HDMI-1: the display was unplugged'
plays
# one in which something is wrong is lost all the same
happens tamper HDMI-2
until_true told '^copp: HDMI-2: the link to the display was lost (EVT-4); the command is killed$'
killed "$(frames)"
happens plug HDMI-1
until_true plugged HDMI-1

# not protected in time: killed where it was held
play --output all
happens hdcp-refuse HDMI-3 on
happens plug HDMI-3
until_true told '^HDMI-3: a display was plugged in'
killed "$(frames)"
says '^copp: HDMI-3: a display was plugged in, and cannot be protected; no new session: the driver refused: E_UNEXPECTED; the command is killed$'
happens hdcp-refuse HDMI-3 off
happens unplug HDMI-3
until_true unplugged HDMI-3
# nor one that protects nothing
play --output all
happens plug VGA-1
until_true told '^VGA-1: a display was plugged in'
killed "$(frames)"
says '^copp: VGA-1: the connector does not offer the protection; the command is killed'
happens unplug VGA-1
until_true unplugged VGA-1

# the last display goes, and comes back; or not
play --output all --hold 600000
happens unplug HDMI-1
happens unplug HDMI-2
until_true times_told 'the display was unplugged' 2
rests
happens plug HDMI-2
until_true told '^HDMI-2: a display was plugged in'
plays
enough
play --output all
happens unplug HDMI-2
until_true told '^HDMI-2: the display was unplugged'
killed "$(frames)"
says '^copp: .*nothing is plugged in any more; the command is killed; --hold sets this limit$'
rm -f "$directory/frames"
expect 1 "$COPP" protect --allow-simulated --hdcp 1 --output all -- touch "$directory/frames"
says 'nothing is plugged in at any output'
[ ! -e "$directory/frames" ] || fail "it was started"
happens plug HDMI-1
happens plug HDMI-2
until_true plugged HDMI-2

# a slow connector does not make the others late; one that is too slow is the one that is lost
play --output all
echo 60 >"$directory/slow" # a look of 0.3 s
sleep 4
plays
! told '^copp: ' || fail "it was lost: $(cat "$directory/err")"
echo 400 >"$directory/slow"
until_true told '^copp: HDMI-2: the driver cannot be reached; the command is killed$'
killed "$(frames)"
rm "$directory/slow"

# coppd is silent: no look counts for longer than 2 s (APP-3), however many outputs there are
play --output all
stopped=$(now)
kill -STOP "$pid"
until_true told 'the driver cannot be reached; the command is killed$'
killed "$(frames)"
kill -CONT "$pid"
awk -v from="$stopped" '$1 > from + 2 { exit 1 }' "$directory/frames" || fail "frames $stopped and more than 2 s"

# coppd is replaced: all of them are protected again before anything is shown
play --output all --reconnect 60
kill "$pid"
wait "$pid" || fail "coppd ends with $?"
until_true told '^HDMI-1: the driver cannot be reached: trying a new session for 60 s; the command is held$'
until_true told '^HDMI-2: the driver cannot be reached'
rests
start
until_true told '^HDMI-1: protected again'
until_true told '^HDMI-2: protected again'
plays
happens plug HDMI-3 # and it hears of displays again
until_true told '^HDMI-3: protected: HDCP on'
plays
enough
happens unplug HDMI-3
until_true unplugged HDMI-3

# coppd has no room for as many sessions
kill "$pid"
wait "$pid" || fail "coppd ends with $?"
sed -i 's/^\[outputs\]/sessions_per_user = 3\n&/' "$directory/coppd.conf"
start
rm -f "$directory/frames"
expect 2 "$COPP" protect --device "unix:$socket" --allow-simulated --hdcp 1 --output all -- touch "$directory/frames"
says "this user has reached coppd's limit of sessions"
[ ! -e "$directory/frames" ] || fail "it was started"

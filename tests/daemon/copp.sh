#!/bin/sh
# copp against coppd: which device is chosen, whom it trusts, and that a command is held, stopped and released.
# shellcheck source=tests/daemon/lib.sh
. "$(dirname "$0")/lib.sh"
anchor=$directory/test-driver/anchor.b64

says() { grep -qF -- "$1" "$directory/out" "$directory/err" || fail "does not say: $1"; }

# nobody there
expect 2 "$COPP" status --device "unix:$socket"
says "no coppd listens there"
expect 2 "$COPP" lend --device "unix:$socket" --pid $$
says "$socket: no coppd listens there: start it (systemctl start coppd.socket"
! grep -q embedded "$directory/err" || fail "copp lend speaks of an adapter that it does not take"
expect 2 "$COPP" status --device telepathy
says "give unix:PATH or embedded"
expect 2 "$COPP" status --device "unix:$socket" --events /dev/null
says "are for the embedded adapter, not for"

# the anchor of a hierarchy that coppd has yet to make: what is missing, and who makes it
expect 2 "$COPP" status --device "unix:$socket" --anchor "$anchor"
says "$anchor: the anchor does not exist: start coppd"
expect 2 env COPP_ANCHOR="$anchor" "$COPP" protect --device "unix:$socket" --hdcp 1 -- touch "$directory/played"
says "$anchor: the anchor does not exist: start coppd"
[ ! -e "$directory/played" ] || fail "it played"
expect 2 "$COPP" status --json --device "unix:$socket" --anchor "$anchor"
says "the anchor does not exist"

start
exec 9<>"$directory/events"

# nothing is lent before there is a card, and who ends the wait has asked for that: it is not a failure, also for systemd
expect 1 "$COPP" lend --device "unix:$socket" --pid $$ --card /dev/dri/card97
says "does not have card97 open"
waits() { [ "$(sed 's/.*) //' "/proc/$lender/stat" | cut -c 1)" = S ] && grep -q '^SigBlk:.*4...$' "/proc/$lender/status"; }
# ends_waiting SIGNAL STATUS OPTION...: copp lend is sent SIGNAL while it waits
ends_waiting() {
    number=$1 wanted=$2
    shift 2
    "$COPP" lend --device "unix:$socket" --pid $$ --wait 60 "$@" >"$directory/out" 2>"$directory/err" &
    lender=$!
    children=$lender
    until_true waits
    kill -"$number" "$lender"
    status=0
    wait "$lender" || status=$?
    [ "$status" -eq "$wanted" ] || fail "copp lend was sent $number while it waited: status $status"
}
ends_waiting TERM 0
says "its card was not lent: ended, as was asked for"
[ ! -s "$directory/err" ] || fail "it complains: $(cat "$directory/err")"
ends_waiting TERM 0 --json
jq -e '.event == "ended" and .card == null and .cause == "as was asked for"' "$directory/out" >/dev/null || fail "not so in JSON"
ends_waiting KILL 137

# a test hierarchy is trusted by nobody who was not told to (CERT-12, OPM-CERT-4)
expect 1 "$COPP" status --device "unix:$socket" --semantics copp
says "CERT-12"
says "test-driver/anchor.b64"
expect 1 "$COPP" status --device "unix:$socket"
says "OPM-CERT-4"
says "test-driver-opm/anchor.der"
expect 0 "$COPP" status --device "unix:$socket" --anchor "$anchor"
says "HDMI-1"
jq_says() { jq -e "$1" "$directory/out" >/dev/null || fail "does not say: $1"; }
expect 0 "$COPP" status --json --device "unix:$socket" --anchor "$anchor"
jq_says 'all(.outputs[]; .semantics == "copp" and .output_id == null)'
# an anchor of OPM's chooses OPM, whose requests are authenticated; in DER and in PEM
opm_anchor=$directory/test-driver-opm/anchor.der
openssl x509 -inform DER -in "$opm_anchor" -out "$directory/anchor.pem"
for file in "$opm_anchor" "$directory/anchor.pem"; do
    expect 0 "$COPP" status --json --device "unix:$socket" --anchor "$file"
    jq_says 'all(.outputs[]; .semantics == "opm" and (.output_id | length == 16) and .hdcp_receiver == null)'
done
jq_says '.outputs[0].levels | has("HDCP") and has("HDCP type enforcement")'
expect 0 "$COPP" protect --device "unix:$socket" --anchor "$opm_anchor" --allow-simulated --hdcp 1 --output HDMI-1 -- true
says "HDMI-1: protected: HDCP on (OPM) (simulated: protects nothing)"
expect 0 "$COPP" protect --device "unix:$socket" --anchor "$anchor" --allow-simulated --hdcp 1 --output HDMI-1 -- true
says "HDMI-1: protected: HDCP on (simulated: protects nothing)"
# and neither is ever taken for the other
expect 2 "$COPP" status --device "unix:$socket" --anchor "$anchor" --semantics opm
says "$anchor: is not an anchor"
expect 2 "$COPP" status --device "unix:$socket" --anchor "$opm_anchor" --semantics copp
says "$opm_anchor: is not an anchor"
expect 2 "$COPP" status --device "unix:$socket" --anchor "$opm_anchor" --crl "$anchor"
says "$opm_anchor: is an anchor for OPM, but --crl is for COPP only"
expect 2 "$COPP" protect --device "unix:$socket" --anchor "$anchor" --type1 -- true
says "$anchor: is an anchor for COPP, but --type1 is for OPM only"
expect 2 "$COPP" status --device "unix:$socket" --semantics opm --srm "$anchor"
says "--srm is for COPP only: it cannot be used with --semantics opm"
# a coppd without OPM: COPP is what is left where either will do, and nowhere else (OPM-OUT-4)
cat >"$directory/without_opm.pl" <<'PERL'
use strict;
use Socket;
use constant SEQPACKET => 5;
my ($listens, $coppd) = @ARGV;
$SIG{CHLD} = "IGNORE";
my ($listener, $server);
socket($listener, AF_UNIX, SEQPACKET, 0) && bind($listener, sockaddr_un($listens)) && listen($listener, 8) or die $!;
while (1) {
    accept(my $client, $listener) or next;
    next if fork;
    socket($server, AF_UNIX, SEQPACKET, 0) && connect($server, sockaddr_un($coppd)) or exit;
    my %other = (fileno $client => $server, fileno $server => $client);
    while (1) {
        my $bits = "";
        vec($bits, fileno $_, 1) = 1 for $client, $server;
        select($bits, undef, undef, undef);
        for my $from (grep { vec($bits, fileno $_, 1) } $client, $server) {
            recv($from, my $packet, 131072, 0);
            exit unless length $packet;
            my (undef, $type, undef, undef, undef, $semantics) = unpack "V6", $packet;
            my $refused = $from == $client && $type == 2 && $semantics == 2;
            send($refused ? $client : $other{fileno $from}, $refused ? pack("V3", 3, 0x80000002, 0xC0262500) : $packet, 0);
        }
    }
}
PERL
perl "$directory/without_opm.pl" "$directory/older" "$socket" &
older=$!
children="$children $older"
until_true [ -S "$directory/older" ]
expect 1 "$COPP" status --device "unix:$directory/older"
says "CERT-12"
expect 2 "$COPP" status --device "unix:$directory/older" --semantics opm
says "this coppd has no chain and key for OPM (OPM-OUT-4)"
expect 2 "$COPP" status --device "unix:$directory/older" --anchor "$opm_anchor"
says "this coppd has no chain and key for OPM (OPM-OUT-4)"
expect 2 "$COPP" protect --device "unix:$directory/older" --allow-simulated --type1 -- touch "$directory/played"
says "this coppd has no chain and key for OPM (OPM-OUT-4)"
[ ! -e "$directory/played" ] || fail "it played without OPM"
kill "$older"
# a shell that completes --output asks coppd: no session, and so no anchor
expect 0 "$COPP" --completion outputs "unix:$socket" ''
says "SVideo-1"
export COPP_ANCHOR="$anchor" COPP_DEVICE="unix:$socket"
expect 0 "$COPP" status --json
says '"output": "SVideo-1"'
jq -e '.simulated == true and all(.outputs[]; .simulated == true and .plugged == true)' "$directory/out" >/dev/null ||
    fail "does not say that coppd's outputs are simulated"
expect 0 "$COPP" status
grep -q '^HDMI-1 (simulated) ' "$directory/out" || fail "the table does not mark a simulated output"

# what protects nothing will do only for who says so
expect 1 "$COPP" protect --hdcp 1 -- touch "$directory/played"
says "simulated ones, which protect nothing, were left out: give --allow-simulated"
for name in HDMI-1 SVideo-1 Composite-1; do
    expect 1 "$COPP" protect --hdcp 1 --output $name -- touch "$directory/played"
    says "$name: is simulated and protects nothing"
done
[ ! -e "$directory/played" ] || fail "it played without protection"
# one of several is chosen, and which one is said, unless it was named or a program asks
several='chosen among several displays; only this one is protected: name the player'
expect 0 "$COPP" protect --allow-simulated --hdcp 1 -- true
says "copp: HDMI-1: $several"
expect 0 "$COPP" protect --allow-simulated --hdcp 1 --json -- true
! grep -qF "$several" "$directory/out" "$directory/err" || fail "it is said in JSON"
expect 0 "$COPP" protect --allow-simulated --hdcp 1 --output HDMI-1 -- true
! grep -qF "$several" "$directory/err" || fail "it is said of an output that was named"
# ARB-6: a pair answers to both its names, as the embedded adapter's does
expect 0 "$COPP" protect --allow-simulated --cgmsa copy-never --output Composite-1 -- true
says "Composite-1: protected: CGMS-A copy-never (simulated: protects nothing)"
expect 0 "$COPP" protect --allow-simulated --hdcp 1 --json -- true
jq -s -e 'all(.simulated == true) and [.[].event] == ["protected", "started", "ended", "released"]' "$directory/out" >/dev/null ||
    fail "the events do not say that the output is simulated"

# nothing is plugged in: told as such, passed over, and refused by name (QRY-6)
echo "unplug HDMI-1" >&9
until_true grep -q 'HDMI-1 (simulated): nothing is plugged in$' "$directory/coppd.log"
expect 0 "$COPP" status --json
jq -e '[.outputs[] | select(.plugged | not) | .output] == ["HDMI-1"]' "$directory/out" >/dev/null || fail "not told as unplugged"
expect 0 "$COPP" status
grep -q '^HDMI-1 (simulated, unplugged) ' "$directory/out" || fail "the table does not mark an output without a cable"
expect 0 "$COPP" watch --once
grep -q '^HDMI-1 (simulated, unplugged) ' "$directory/out" || fail "copp watch does not mark an output without a cable"
expect 0 "$COPP" protect --allow-simulated --hdcp 1 -- true
says "DVI-I-1: protected: HDCP on"
expect 1 "$COPP" protect --allow-simulated --hdcp 1 --output HDMI-1 -- touch "$directory/played"
says "HDMI-1: nothing is plugged in"
echo "unplug DVI-I-1" >&9
until_true grep -q 'DVI-I-1 (simulated): nothing is plugged in$' "$directory/coppd.log"
expect 1 "$COPP" protect --allow-simulated --hdcp 1 -- touch "$directory/played"
says "outputs with nothing plugged in were left out"
[ ! -e "$directory/played" ] || fail "it played without a display"
for name in HDMI-1 DVI-I-1; do
    echo "plug $name" >&9
    until_true grep -q "$name (simulated): a display is plugged in\$" "$directory/coppd.log"
done

# options beat the environment; an anchor for somebody else is not passed over
expect 2 "$COPP" status --device embedded
says "COPP_ANCHOR names an anchor for drivers outside this program"
expect 2 env -u COPP_ANCHOR "$COPP" protect --device embedded --anchor microsoft --hdcp 1 -- touch "$directory/played"
says "remove --anchor"
[ ! -e "$directory/played" ] || fail "it played in spite of an anchor that was never read"
expect 0 env -u COPP_ANCHOR "$COPP" status --device embedded
expect 0 env -u COPP_ANCHOR "$COPP" status --events /dev/null
# an empty variable says nothing: Microsoft's anchor
expect 1 env COPP_ANCHOR= "$COPP" status --semantics copp
says "CERT-12"
expect 0 env COPP_ANCHOR= "$COPP" status --device embedded

# a command is guarded: held at a reconfiguration, stopped at LinkLost, and what was held is given back (EVT-4)
expect 7 "$COPP" protect --allow-simulated --hdcp 1 -- sh -c 'exit 7'
says "HDMI-1: released"
expect 2 "$COPP" protect --allow-simulated --hdcp 1 --output HDMI-9 -- true
says "is not an output of this adapter"
(
    sleep 0.5
    "$COPP" status >"$directory/seen"
    echo "mode HDMI-1 720p60" >&9
    sleep 1
    echo "hdcp-fail HDMI-1" >&9
) &
expect 1 "$COPP" protect --allow-simulated --hdcp 1 -- sleep 60
says "the command is held"
says "protected again"
says "the link to the display was lost (EVT-4)"
wait $!
grep -qE '^HDMI-1 .* HDCP +off +on' "$directory/seen" || fail "another session does not see the level"

# Ctrl-C while a command is under way
echo "hdcp-hang HDMI-1 on" >&9
sleep 0.2
"$COPP" protect --allow-simulated --hdcp 1 >"$directory/out" 2>"$directory/err" &
guard=$!
sleep 0.5
kill -TERM "$guard"
status=0
wait "$guard" || status=$?
[ "$status" -eq 2 ] || fail "interrupted: status $status"
says "interrupted"
echo "hdcp-hang HDMI-1 off" >&9

# the daemon dies: so does the command
(
    sleep 0.5
    kill -KILL "$pid"
) &
expect 1 "$COPP" protect --allow-simulated --hdcp 1 -- sleep 60
says "cannot be reached"
wait "$pid" || true
pid=

# whoever answers at the socket, the names it tells do not drive a terminal
cat >"$directory/hostile" <<'HOSTILE'
use Socket;
$SIG{CHLD} = "IGNORE";
socket my $listener, PF_UNIX, SOCK_SEQPACKET, 0 or die;
bind $listener, pack_sockaddr_un($ARGV[0]) or die;
listen $listener, 5 or die;
while (accept my $peer, $listener) {
    next if fork;
    my $request;
    while (defined recv $peer, $request, 8192, 0 and length $request) {
        my (undef, $type, undef, $index) = unpack "V4", $request;
        my $first = $type == 1 && $index == 0;
        my $status = $first ? 0 : $type == 1 ? 0x80070057 : 0x8876024E; # list: no more; open: clone mode
        my $body = $first ? pack "V4 a64 V4 a32 V", 132, 3, 0, 0, "\e[31mred\xc2\x9b2J", 0, 0, 0, 0, "\e[2J", 20000 : "";
        send $peer, pack("V3", 3, $type | 0x80000000, $status) . $body, 0;
    }
    exit;
}
HOSTILE
rm -f "$socket"
perl "$directory/hostile" "$socket" &
children="$children $!"
until_true test -S "$socket"
expect 0 "$COPP" status
grep -q '^?\[31mred?2J ' "$directory/out" || fail "the name is not shown"
[ -z "$(tr -d '[:print:]\n' <"$directory/out")" ] || fail "control characters are shown"

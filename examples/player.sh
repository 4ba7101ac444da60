#!/bin/sh
# player.sh PLAYER: the example shows frames only while coppd vouches for the display.
set -eu
: "${COPPD:?the daemon}"
player=$1
directory=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; wait; rm -rf "$directory"' EXIT
mkfifo "$directory/events"
mkdir "$directory/state"
export COPP_STATE_DIR="$directory/state" # not this machine's
cat >"$directory/coppd.conf" <<CONF
[daemon]
socket = $directory/socket
state_directory = $directory
[outputs]
backend = sim
events = $directory/events
CONF
start() {
    : >"$directory/log"
    "$COPPD" --config "$directory/coppd.conf" 2>"$directory/log" &
    pid=$!
    tries=0
    until grep -q 'listening at' "$directory/log"; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || exit 1
        sleep 0.1
    done
}
start
exec 9<>"$directory/events"
anchor=$directory/test-driver/anchor.b64

# all of them, protected
"$player" "$directory/socket" "$anchor" HDMI-1 5 >"$directory/out"
[ "$(grep -c '^frame ' "$directory/out")" -eq 5 ]

# none where HDCP is not available
status=0
"$player" "$directory/socket" "$anchor" Component-1 5 >"$directory/out" || status=$?
[ "$status" -eq 1 ]
[ "$(grep -c '^frame ' "$directory/out")" -eq 0 ]

# none while the levels are set again, or once the link is lost: a new session follows (EVT-4), and ends it where it cannot protect
status=0
(
    until grep -q '^frame 10$' "$directory/out"; do sleep 0.05; done
    echo "mode HDMI-1 720p60" >&9
    until grep -q '^black$' "$directory/out"; do sleep 0.05; done
    echo "hdcp-fail HDMI-1" >&9
    until [ "$(grep -c '^black$' "$directory/out")" -ge 2 ]; do sleep 0.05; done
    lost=$(grep -c '^frame ' "$directory/out")
    until [ "$(grep -c '^frame ' "$directory/out")" -gt "$((lost + 5))" ]; do sleep 0.05; done
    echo "unplug HDMI-1" >&9
) &
: >"$directory/out"
"$player" "$directory/socket" "$anchor" HDMI-1 100000 >"$directory/out" || status=$?
wait $!
[ "$status" -eq 1 ]
tail -n 2 "$directory/out" | head -n 1 | grep -q '^black$'
tail -n 1 "$directory/out" | grep -q 'the driver refused: E_UNEXPECTED; check that a display is plugged in'
[ "$(grep -c '^frame ' "$directory/out")" -eq "$(grep '^frame ' "$directory/out" | sort -u | wc -l)" ] # each shown once

echo "plug HDMI-1" >&9

# what fails is told in a sentence, also where nobody gives a verdict: STATUS WORDS ARGUMENT...
explained() {
    words=$1
    shift
    status=0
    "$player" "$@" >"$directory/out" 2>"$directory/err" || status=$?
    [ "$status" -eq 1 ]
    tail -n 1 "$directory/out" | grep -q "$words"
}
explained 'not found; check that coppd runs' "$directory/nobody" "$anchor" HDMI-1 5
explained 'not found; check that coppd runs, and the names of output' "$directory/socket" "$anchor" HDMI-9 5
explained 'not found; ' "$directory/socket" "$anchor" HDMI-1 5 "$directory/no-list"
: >"$directory/torn"
explained 'the revocation list: .*(CRL-5); fetch it again' "$directory/socket" "$anchor" HDMI-1 5 "$directory/torn"
status=0
"$player" "$directory/socket" "$directory/no-anchor" HDMI-1 5 2>"$directory/err" || status=$?
[ "$status" -eq 2 ]
grep -q '/no-anchor: give a file with a PEM public key' "$directory/err"
[ -n "${COPP-}" ] || exit 0 # without the tool there is nobody to make a list

# a driver of one's own, and its lists: one that comes while a film is shown stops it (CRL-4)
kill "$pid"
wait "$pid" || true
"$COPP" chain issue --new-keys "$directory/keys" -o "$directory/chain.xml" >/dev/null
cp "$directory/chain.xml" "$directory/keys/leaf.pem" "$directory/test-driver/"
start
anchor=$directory/keys/root-public.pem
list() { # VERSION [OPTION...]
    version=$1
    shift
    "$COPP" crl issue --signer "$directory/keys/crl.pem" --root "$directory/keys/root.pem" --version "$version" -o "$directory/new" "$@"
    "$COPP" crl install --anchor "$anchor" --store "$directory/stored" "$directory/new"
} >/dev/null
list 1
# the installation's own, which nobody names: where it is there it counts (SES-9)
"$player" "$directory/socket" "$anchor" HDMI-1 3 >"$directory/out"
cp "$directory/stored" "$COPP_STATE_DIR/revocation.crl"
"$player" "$directory/socket" "$anchor" HDMI-1 3 >"$directory/out"
[ "$(grep -c '^frame ' "$directory/out")" -eq 3 ]
"$COPP" crl issue --signer "$directory/keys/crl.pem" --root "$directory/keys/root.pem" --version 9 -o "$COPP_STATE_DIR/revocation.crl" \
    --revoke "$directory/chain.xml:ihv" >/dev/null
explained '(CRL-4); do not use this driver' "$directory/socket" "$anchor" HDMI-1 3
head -c 500 "$directory/stored" >"$COPP_STATE_DIR/revocation.crl"
explained '(CRL-5); fetch it again' "$directory/socket" "$anchor" HDMI-1 3
rm "$COPP_STATE_DIR/revocation.crl"

"$player" "$directory/socket" "$anchor" HDMI-1 30 "$directory/stored" >"$directory/out"
[ "$(grep -c '^frame ' "$directory/out")" -eq 30 ]
: >"$directory/out"
(
    until grep -q '^frame 10$' "$directory/out"; do sleep 0.05; done
    list 2 --revoke "$directory/chain.xml:leaf"
) &
explained "the driver's certificate: .*(CRL-4); do not use this driver" "$directory/socket" "$anchor" HDMI-1 100000 "$directory/stored"
wait $!
grep -q '^frame 10$' "$directory/out"
explained '(CRL-4); do not use' "$directory/socket" "$anchor" HDMI-1 5 "$directory/stored"
[ "$(grep -c '^frame ' "$directory/out")" -eq 0 ]

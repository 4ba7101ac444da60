#!/bin/sh
# copp against a coppd whose driver is revoked: named lists, the installation's own, and lists that come while a command runs.
# shellcheck source=tests/daemon/lib.sh
. "$(dirname "$0")/lib.sh"

says() { grep -qE -- "$1" "$directory/out" "$directory/err" || fail "does not say: $1"; }
absent() { [ ! -e "$1" ] || fail "$1 is there"; }
issue() { # VERSION FILE [OPTION...]
    version=$1
    file=$2
    shift 2
    "$COPP" crl issue --version "$version" --signer "$directory/keys/crl.pem" --root "$directory/keys/root.pem" -o "$file" "$@" >/dev/null
}

"$COPP" chain issue --new-keys "$directory/keys" -o "$directory/chain.xml" >/dev/null
own_hierarchy
start
exec 9<>"$directory/events"
export COPP_ANCHOR="$directory/keys/root-public.pem" COPP_DEVICE="unix:$socket"
store=$COPP_STATE_DIR/revocation.crl
lists=$directory/lists
mkdir "$lists"
issue 1 "$lists/empty"
issue 2 "$lists/leaf" --revoke "$directory/chain.xml:leaf"
issue 3 "$lists/ihv" --revoke "$directory/chain.xml:ihv"
issue 9 "$lists/empty9"
head -c 500 "$lists/empty" >"$lists/torn"

# --- named lists: a chain that is on any of them never starts COMMAND (SES-9, CRL-4)
expect 0 "$COPP" protect --allow-simulated --hdcp 1 -- true
expect 0 "$COPP" protect --allow-simulated --hdcp 1 --crl "$lists/empty" --crl "$lists/empty9" -- true
for revoking in leaf ihv; do
    expect 1 "$COPP" protect --allow-simulated --hdcp 1 --crl "$lists/empty" --crl "$lists/$revoking" --crl "$lists/empty9" -- touch "$directory/played"
    says 'HDMI-1: certificate [12] .*\(CRL-4\)'
    expect 1 "$COPP" status --crl "$lists/$revoking"
    says '\(CRL-4\)'
done
expect 1 "$COPP" protect --allow-simulated --json --hdcp 1 --crl - -- touch "$directory/played" <"$lists/leaf"
jq -e '.rule == "CRL-4"' "$directory/out" >/dev/null || fail "the rule in JSON"
# one that tells nothing
for bad in "$lists/torn" "$lists/missing" "$lists" "$directory/chain.xml"; do
    expect 2 "$COPP" protect --allow-simulated --hdcp 1 --crl "$lists/empty" --crl "$bad" -- touch "$directory/played"
    expect 2 "$COPP" status --crl "$bad"
done
# the embedded adapter's anchor is made for the run: a list that is named is not passed over
expect 2 env -u COPP_ANCHOR "$COPP" protect --device embedded --hdcp 1 --crl "$lists/empty" -- touch "$directory/played"
says 'cannot be used with the embedded adapter'
expect 2 env -u COPP_ANCHOR "$COPP" status --device embedded --crl "$lists/leaf"

# --- the installation's own
expect 0 "$COPP" crl install --anchor "$COPP_ANCHOR" "$lists/empty"
expect 0 "$COPP" protect --allow-simulated --hdcp 1 -- true
expect 1 "$COPP" protect --allow-simulated --hdcp 1 --crl "$lists/leaf" -- touch "$directory/played"
expect 0 "$COPP" crl install --anchor "$COPP_ANCHOR" "$lists/leaf"
expect 1 "$COPP" protect --allow-simulated --hdcp 1 -- touch "$directory/played"
says '\(CRL-4\)'
expect 1 "$COPP" protect --allow-simulated --hdcp 1 --crl "$lists/empty9" -- touch "$directory/played"
expect 1 "$COPP" status
says '\(CRL-4\)'
# it is another anchor's than the embedded adapter's
expect 0 env -u COPP_ANCHOR "$COPP" status --device embedded
# whoever seals to a driver's key asks it too
# shellcheck disable=SC2086
seal() {
    expect "$1" "$COPP" handshake seal --chain "$directory/chain.xml" --anchor "$COPP_ANCHOR" \
        --random 00112233445566778899aabbccddeeff -o "$directory/sealed" ${2:+--crl "$2"}
}
seal 1
says '\(CRL-4\)'
rm "$store"
seal 0
rm "$directory/sealed"
seal 1 "$lists/ihv"
seal 2 "$lists/torn"
absent "$directory/sealed"

# there, and no good: nothing runs
for what in torn empty_file other directory fifo link nowhere loop unreadable; do
    rm -rf "$store"
    case $what in
    torn) cp "$lists/torn" "$store" ;;
    empty_file) : >"$store" ;;
    other) cp "$VECTORS/crl-v7-empty.bin" "$store" ;;
    directory) mkdir "$store" ;;
    fifo) mkfifo "$store" ;;
    link) ln -s "$lists/empty" "$store" ;;
    nowhere) ln -s "$lists/not-mounted" "$store" ;;
    loop) ln -s "$store" "$store" ;;
    unreadable) cp "$lists/empty" "$store" && chmod 0 "$store" ;;
    esac
    # root reads everything, unless it is told not to
    as=
    [ "$(id -u)" != 0 ] || as='setpriv --bounding-set=-dac_override,-dac_read_search'
    # shellcheck disable=SC2086
    expect 2 $as "$COPP" protect --allow-simulated --hdcp 1 -- touch "$directory/played"
    says 'revocation.crl: '
    # shellcheck disable=SC2086
    expect 2 $as "$COPP" status
done
rm -f "$store"
# a directory that is a link: what it led to may have held a list
ln -s "$directory/not-mounted" "$directory/linked"
expect 2 env COPP_STATE_DIR="$directory/linked" "$COPP" protect --allow-simulated --hdcp 1 -- touch "$directory/played"
says 'linked: '
absent "$directory/played"

# --- while a command runs: each change takes place once the player has begun

# A player that writes that it has begun, and what ends it.
cat >"$directory/player" <<'PLAYER'
open my $log, ">>", $ARGV[0] or die;
$log->autoflush(1);
$SIG{TERM} = sub { print $log "TERM\n"; exit 0 }; # which nobody sends: it is killed
print $log "started\n";
sleep 60;
print $log "finished\n";
PLAYER
# changed STATUS CHANGE [OPTION...]: protect with a player and the options; CHANGE happens meanwhile
changed() {
    wanted=$1
    change=$2
    shift 2
    rm -f "$directory/log"
    (until_true grep -qs started "$directory/log" && eval "$change") &
    expect "$wanted" "$COPP" protect --allow-simulated --hdcp 1 "$@" -- perl -MIO::Handle "$directory/player" "$directory/log"
    wait $! || fail "the change: $change"
}
stopped() {
    says "$1"
    says 'the command is killed'
    [ "$(tr '\n' ' ' <"$directory/log")" = 'started ' ] || fail "what the player saw: $(cat "$directory/log")"
}
install() { "$COPP" crl install --anchor "$COPP_ANCHOR" "$1" >/dev/null; }
# the first list of all, a newer one in its place, and one that was named
changed 1 "install $lists/leaf"
stopped '\(CRL-4\)'
rm "$store"
cp "$lists/empty" "$store"
changed 1 "install $lists/ihv"
stopped 'certificate 2 .*\(CRL-4\)'
rm "$store"
cp "$lists/empty" "$directory/named"
changed 1 "cp $lists/leaf $directory/named.new && mv $directory/named.new $directory/named" --crl "$directory/named"
stopped '\(CRL-4\)'
# as JSON
cp "$lists/empty" "$store"
changed 1 "install $lists/leaf" --json
jq -s -e '[.[] | .event // "verdict"] == ["protected", "started", "verdict", "stopped"] and .[3].rule == "CRL-4" and (.[3].remedy | length > 0)' \
    "$directory/out" >/dev/null || fail "events"
# what comes does not validate, has gone, went back
cp "$lists/empty9" "$store"
changed 2 "cp $lists/torn $store"
stopped 'can no longer be read'
cp "$lists/empty9" "$store"
changed 2 "rm $store"
stopped 'has gone'
cp "$lists/empty9" "$store"
changed 2 "cp $lists/empty $store.new && mv $store.new $store"
stopped 'went back from version 9 to 1.*\(CRL-3\)'
cp "$lists/empty9" "$directory/named"
rm "$store"
changed 2 "rm $directory/named" --crl "$directory/named"
stopped 'cannot be opened|has gone'
# one that nobody writes to would be waited for, and no signal end that
cp "$lists/empty9" "$directory/named"
changed 2 "rm $directory/named && mkfifo $directory/named" --crl "$directory/named"
stopped 'named: is not a regular file any more'
# a message of HDCP 1.x that comes
export COPP_SRM_KEY=facsimile
changed 1 "cp $VECTORS/srm-facsimile.bin $COPP_STATE_DIR/new && mv $COPP_STATE_DIR/new $COPP_STATE_DIR/hdcp1.srm" --output DVI-I-1
stopped '\(APP-2\)'
changed 2 ": >$COPP_STATE_DIR/hdcp1.srm" --output HDMI-1
stopped '\(SRM-1\)'
rm "$COPP_STATE_DIR/hdcp1.srm"

# one that revokes somebody else: the command goes on, and its end is its own
issue 4 "$lists/other" --revoke 000102030405060708090a0b0c0d0e0f10111213
cp "$lists/empty" "$store"
cat >"$directory/goes-on" <<'PLAYER'
use strict;
open my $log, ">", $ARGV[0] or die;
$log->autoflush(1);
print $log "started\n";
select undef, undef, undef, 0.05 until -e $ARGV[1];
exit 7;
PLAYER
rm -f "$directory/log"
(
    until_true grep -qs started "$directory/log"
    "$COPP" crl install --anchor "$COPP_ANCHOR" "$lists/other" >/dev/null
    "$COPP" crl install --anchor "$COPP_ANCHOR" "$lists/empty9" >/dev/null
    # it has been read again once one that would stop it has not: see that polls go on
    echo "mode HDMI-1 720p60" >&9
    until_true grep -q 'protected again' "$directory/err"
    : >"$directory/go"
) &
expect 7 "$COPP" protect --allow-simulated --hdcp 1 -- perl -MIO::Handle "$directory/goes-on" "$directory/log" "$directory/go"
wait $!
says 'protected again'

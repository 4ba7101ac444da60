#!/bin/sh
# shellcheck disable=SC2086 # commands of several words
# What the tool cannot be used for: an error, exit status 2, and nothing done
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
good=$VECTORS/chain-good.xml
anchor=$VECTORS/root-modulus.b64
: >"$dir/empty"
head -c 5000000 /dev/zero >"$dir/huge"

begin usage
expect 2 "$COPP"
complains '^Usage: copp'
expect 2 "$COPP" frobnicate
complains "'frobnicate' is not a command"
expect 2 "$COPP" chain
expect 2 "$COPP" chain frobnicate
expect 2 "$COPP" chain verify
complains "'CHAIN' is missing"
expect 2 "$COPP" chain verify a b
expect 2 "$COPP" chain verify --frobnicate a
complains "'--frobnicate' is not an option"
expect 2 "$COPP" chain verify -x a
complains "'-x' is not an option"
expect 2 "$COPP" chain verify a --anchor
complains 'needs an argument'
expect 2 "$COPP" chain verify --json=yes a
expect 2 "$COPP" demo extra
for number in -1 1x '' 4294967296 0x10 ' 1'; do
    expect 2 "$COPP" crl issue --version "$number" --signer a --root b -o c
    complains "crl issue: --version: '$number' is not a number from 0 to"
done

begin help
"$COPP" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *[A-Z].*/\1/p' >"$dir/commands"
same "$(wc -l <"$dir/commands")" 25 commands
while read -r command; do
    expect 0 "$COPP" $command --help
    answers "^Usage: copp $command "
    answers '^      --json '
    answers '^Exit status:'
    same "$(cat "$dir/err")" '' "errors of --help"
    awk 'length > 100 { exit 1 }' "$dir/out" || fail "$command: a line of help is too long"
done <"$dir/commands"
expect 0 "$COPP" crl --help
expect 0 "$COPP" --version
answers '^copp [0-9]'

begin files
for file in "$dir/missing" "$dir" "$dir/huge"; do
    for command in 'chain verify' 'chain show' 'crl verify' 'crl show' 'srm verify' 'srm show' "srm install --root $dir" 'status --adapter' 'protect --hdcp 1 --srm' \
        "crl install --store $dir/store" "handshake open --key $VECTORS/leaf.pem" "chain verify $good --anchor" \
        "chain verify $good --anchor $anchor --crl" "omac $good --key-file"; do
        expect 2 "$COPP" $command "$file"
        complains "^copp: $file: "
    done
done
absent "$dir/store"
expect 2 "$COPP" handshake open --key "$dir" "$dir/empty"
complains "^copp: $dir: is a directory, not a private key"

begin a_socket_of_another_kind
cat >"$dir/listen.pl" <<'PERL'
use IO::Socket::UNIX;
my $listener = IO::Socket::UNIX->new(Local => shift, Listen => 1) or die;
exit(system(@ARGV) >> 8);
PERL
expect 2 perl "$dir/listen.pl" "$dir/socket" "$COPP" status --device "unix:$dir/socket"
complains "socket: cannot be connected to: "
expect 2 "$COPP" status --device "unix:/$(printf '%0120d' 0)"
complains "a socket's path has at most 107 bytes"

begin empty_files
expect 1 "$COPP" chain verify "$dir/empty"
complains '(CERT-1)'
expect 1 "$COPP" crl verify "$dir/empty"
complains '(CRL-5)'
expect 1 "$COPP" srm verify "$dir/empty"
complains '(SRM-1)'
expect 2 "$COPP" chain verify --anchor "$dir/empty" "$good"
expect 2 "$COPP" handshake open --key "$VECTORS/leaf.pem" "$dir/empty"

begin standard_output_that_cannot_be_written
for command in '--help' '--version' "chain show $good" "chain show --json $good" "chain verify --anchor $anchor $good" 'status --json' demo; do
    for way in '>&-' '>/dev/full'; do
        got=0
        sh -c "$COPP $command $way" 2>"$dir/err" || got=$?
        same $got 2 "$command $way"
        complains 'standard output cannot be written'
    done
done
got=0
{ "$COPP" demo 2>"$dir/err" || echo $? >"$dir/status"; } | true
# the reader may be gone before or after: no other outcome than success or a plain error
[ ! -e "$dir/status" ] || same "$(cat "$dir/status")" 2 "a reader that went away"

begin closed_descriptors
# a file opened in the place of standard output must not take what is printed
refused sh -c "$COPP chain issue --new-keys $dir/keys -o $dir/chain.xml >&- 2>/dev/null"
head -c 1 "$dir/keys/leaf.pem" | grep -q -- - || fail "leaf.pem was overwritten"
expect 0 "$COPP" chain verify --anchor "$dir/keys/root-public.pem" "$dir/chain.xml"
refused sh -c "$COPP chain verify - <&-" 2>"$dir/err"
complains 'cannot be read'

begin names_that_would_drive_a_terminal
name=$(printf '%s/red\033[31m\nx: valid' "$dir")
for file in "$good" "$VECTORS/chain-bad-leaf-salted.xml"; do
    cp "$file" "$name"
    for command in "chain verify --anchor $anchor" 'chain show' 'crl show' 'srm show'; do
        "$COPP" $command "$name" >"$dir/out" 2>&1 || true
        lacks "$dir/out" "$(printf '\033')" "$command prints an escape character"
        if grep -q '^x: valid' "$dir/out"; then fail "$command prints a line of the name's making"; fi
    done
done
# U+009B, which some terminals take for an escape sequence's start
perl -pe 's/Oracle GPU/\xc2\x9b2J/' "$good" >"$dir/c1.xml"
for json in '' --json; do
    expect 0 "$COPP" chain show $json "$dir/c1.xml"
    lacks "$dir/out" "$(printf '\302\233')" "chain show $json prints a control character"
done

begin what_to_do_without_permission
# also where root runs the tests
powerless() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --bounding-set -dac_override,-dac_read_search "$@"
    else
        "$@"
    fi
}
cp "$good" "$dir/closed.xml"
chmod 000 "$dir/closed.xml"
expect 2 powerless "$COPP" chain show "$dir/closed.xml"
complains 'cannot be opened: Permission denied'
complains 'remedy: let the user that runs copp read it'
expect 2 powerless "$COPP" chain show --json "$dir/closed.xml"
holds '.remedy | test("read it")'
mkdir "$dir/closed"
chmod 555 "$dir/closed"
expect 2 powerless "$COPP" chain issue --new-keys "$dir/closed/keys" --output "$dir/issued.xml"
complains 'remedy: let the user that runs copp write there'
# shellcheck disable=SC2016
expect 2 powerless perl "$dir/listen.pl" "$dir/locked" sh -c 'chmod 000 "$1" && shift && exec "$@"' - "$dir/locked" "$COPP" status \
    --device "unix:$dir/locked"
complains 'locked: cannot be connected to: Permission denied'
complains 'remedy: run copp as a user that may write to this socket'

begin json_of_errors
expect 2 "$COPP" chain verify --json "$dir/missing"
holds '.error | test("cannot be opened")'
name=$(printf '%s/caf\351' "$dir")
expect 2 "$COPP" chain verify --json "$name"
holds '.file | endswith("/caf?")'
# one document each, errors of --events too; where every line is one, so are errors
printf 'unplug NOWHERE\n' >"$dir/events"
expect 2 "$COPP" status --json --events "$dir/events"
holds '.error'
complains 'events: line 1: '
for command in 'protect --hdcp 1 --srm' 'demo --adapter'; do
    expect 2 "$COPP" $command "$dir/missing" --json
    same "$(wc -l <"$dir/out")" 1 "lines of $command --json"
    holds '.error'
done

# each command with standard input named twice: COPP ARGUMENTS, and what stands behind it is never reached
begin standard_input_is_read_once
"$COPP" chain issue --new-keys "$dir/twice" -o "$dir/twice.xml" >/dev/null
"$COPP" crl issue --version 1 --signer "$dir/twice/crl.pem" --root "$dir/twice/root.pem" -o "$dir/twice.crl" >/dev/null
once() {
    expect 2 timeout 20 "$COPP" "$@" <"$dir/input"
    complains 'standard input can be read only once'
}
echo 2b7e151628aed2a6abf7158809cf4f3c >"$dir/input"
once omac --key-file -
once omac --key-file - -
once omac --key-file /dev/stdin
once omac --key-file - /proc/self/fd/0
cp "$dir/twice/root-public.pem" "$dir/input"
once chain verify --anchor - -
once chain verify --anchor /dev/stdin -
once chain verify --anchor - --crl - "$dir/twice.xml"
once crl verify --anchor - -
COPP_ANCHOR=- once status --device unix:/nonexistent --crl -
once crl install --anchor - --store "$dir/twice.store" -
once handshake seal --anchor - --chain - --random 00000000000000000000000000000000 -o "$dir/twice.seal"
once handshake seal --anchor - --chain "$dir/twice.xml" --crl - --random 00000000000000000000000000000000 -o "$dir/twice.seal"
once handshake open --key "$dir/twice/leaf.pem" --passphrase-file - -
once srm verify --key - -
once srm install --root "$dir" --key - -
once protect --hdcp 1 --srm - --srm-key - -- touch "$dir/twice.none"
once protect --hdcp 1 --adapter - --events - -- touch "$dir/twice.none"
once status --adapter - --events -
cp "$VECTORS/srm-facsimile.bin" "$dir/input"
once protect --hdcp 1 --srm - --srm - --srm-key facsimile -- touch "$dir/twice.none"
once status --srm - --events -
absent "$dir/twice.seal"
absent "$dir/twice.none"
absent "$dir/twice.store"
cp "$dir/twice.crl" "$dir/input"
once chain verify --anchor "$dir/twice/root-public.pem" --crl - --crl - "$dir/twice.xml"
cp "$dir/twice/crl.pem" "$dir/input"
once crl issue --version 1 --signer /dev/stdin --root /dev/stdin -o "$dir/twice.none"
# once is enough
expect 0 "$COPP" chain verify --anchor - "$dir/twice.xml" <"$dir/twice/root-public.pem"
expect 0 "$COPP" chain verify --anchor "$dir/twice/root-public.pem" - <"$dir/twice.xml"

finish

#!/bin/sh
# Keys in a PKCS#11 token, by OpenSSL's pkcs11-provider: PKCS11_PROVIDER is its file, COPPD the daemon
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
: "${PKCS11_PROVIDER:?the provider}" "${COPPD:?the daemon}"
good=$VECTORS/chain-good.xml
anchor=$VECTORS/root-modulus.b64
random=00112233445566778899aabbccddeeff
module=$(find /usr/lib /usr/local/lib -name libsofthsm2.so 2>/dev/null | head -n 1)
[ -n "$module" ] || fail "softhsm2 is needed"

mkdir "$dir/tokens"
export SOFTHSM2_CONF="$dir/softhsm2.conf"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$dir/tokens" >"$SOFTHSM2_CONF"
printf 5678 >"$dir/pin"
chmod 600 "$dir/pin"
softhsm2-util --init-token --free --label copp --so-pin 1234 --pin 5678 >/dev/null
id=0
for key in leaf ihv root; do
    id=$((id + 1))
    openssl pkcs8 -topk8 -nocrypt -in "$VECTORS/$key.pem" -out "$dir/$key.p8"
    softhsm2-util --import "$dir/$key.p8" --token copp --label $key --id 0$id --pin 5678 >/dev/null
done
rm "$dir"/*.p8
# no-deinit: SoftHSM itself uses OpenSSL, and is gone when that winds the provider down
cat >"$dir/openssl.cnf" <<CNF
openssl_conf = openssl_init
[openssl_init]
providers = providers
[providers]
default = system
pkcs11 = token
[system]
activate = 1
[token]
module = $PKCS11_PROVIDER
pkcs11-module-path = $module
pkcs11-module-quirks = no-deinit
activate = 1
CNF
# with_token COMMAND...: on a terminal of its own making nobody would be asked for a PIN either
with_token() {
    OPENSSL_CONF="$dir/openssl.cnf" setsid "$@" </dev/null
}

begin open_a_handshake SES-6 SES-7
"$COPP" handshake seal --chain "$good" --anchor "$anchor" --random $random --reveal -o "$dir/sealed" >"$dir/sealed.json"
for key in 'pkcs11:token=copp;object=leaf' 'pkcs11:token=copp;object=leaf;type=private' 'pkcs11:token=copp;id=%01;type=private'; do
    expect 0 with_token "$COPP" handshake open --key "$key" --passphrase-file "$dir/pin" --random $random --reveal "$dir/sealed"
    for member in session_key status_sequence command_sequence; do
        same "$(value .$member)" "$(jq -r .$member "$dir/sealed.json")" "$key: $member"
    done
done
for pin in 'pin-value=5678' "pin-source=file:$dir/pin"; do
    expect 0 with_token "$COPP" handshake open --key "pkcs11:token=copp;object=leaf?$pin" --random $random "$dir/sealed"
done

begin not_without_the_pin
printf 9999 >"$dir/wrong"
# a PIN is never asked for, neither at a terminal nor on standard input
expect 2 with_token "$COPP" handshake open --key 'pkcs11:token=copp;object=leaf' --random $random "$dir/sealed"
complains 'PIN needs --passphrase-file'
lacks "$dir/err" 'Enter PIN' "a PIN is asked for"
expect 2 with_token script -qec "$COPP handshake open --key 'pkcs11:token=copp;object=leaf' $dir/sealed" /dev/null
lacks "$dir/out" 'Enter PIN' "a PIN is asked for at the terminal"
expect 2 with_token "$COPP" handshake open --key 'pkcs11:token=copp;object=leaf' --passphrase-file "$dir/wrong" "$dir/sealed"
complains 'PIN is wrong'
for key in 'pkcs11:token=none;object=leaf' 'pkcs11:token=copp;object=none'; do
    expect 2 with_token "$COPP" handshake open --key "$key" --passphrase-file "$dir/pin" "$dir/sealed"
    complains "^copp: $key: "
done
expect 2 "$COPP" handshake open --key 'pkcs11:token=copp;object=leaf' --passphrase-file "$dir/pin" "$dir/sealed"
complains "holds no key" # without the provider

begin issue_a_chain CERT-11
leaf='pkcs11:token=copp;object=leaf' ihv='pkcs11:token=copp;object=ihv' root='pkcs11:token=copp;object=root'
expect 0 with_token "$COPP" chain issue --leaf "$leaf" --ihv "$ihv" --root "$root" --passphrase-file "$dir/pin" -o "$dir/chain.xml"
expect 0 "$COPP" chain verify --anchor "$anchor" "$dir/chain.xml"
expect 0 "$COPP" chain issue --leaf "$VECTORS/leaf.pem" --ihv "$VECTORS/ihv.pem" --root "$VECTORS/root.pem" -o "$dir/same.xml"
cmp "$dir/chain.xml" "$dir/same.xml" # without salt there is one signature alone

begin issue_a_list CRL-1 CRL-2
expect 0 with_token "$COPP" crl issue --version 3 --signer "$root" --root "$root" --passphrase-file "$dir/pin" \
    --revoke "$dir/chain.xml:leaf" -o "$dir/v3.crl"
expect 0 "$COPP" crl verify --json --anchor "$anchor" "$dir/v3.crl"
holds '.version == 3 and (.revoked | length) == 1'

begin coppd_has_its_key_there SES-6
Xvfb -displayfd 3 -nolisten tcp 3>"$dir/display" >/dev/null 2>&1 &
server=$!
pid=
trap 'status=$?; kill $server $pid 2>/dev/null || true; rm -rf "$dir"; [ $status = 0 ] || echo "not ok $((count + 1)) - $suite.$case"' EXIT
until_true [ -s "$dir/display" ]
cat >"$dir/coppd.conf" <<CONF
[daemon]
socket = $dir/socket
state_directory = $dir
[driver]
chain = $good
key = pkcs11:token=copp;object=leaf
passphrase_file = $dir/pin
[outputs]
backend = xrandr
CONF
DISPLAY=:$(cat "$dir/display")
export DISPLAY
expect 0 with_token "$COPPD" --check-config --config "$dir/coppd.conf"
OPENSSL_CONF="$dir/openssl.cnf" "$COPPD" --config "$dir/coppd.conf" 2>"$dir/log" &
pid=$!
until_true [ -S "$dir/socket" ]
expect 0 timeout 60 "$COPP" status --device "unix:$dir/socket" --anchor "$anchor" --json
holds '(.outputs | length) >= 1 and (.outputs[0] | has("events"))'
# SIGHUP opens the key anew; one that is not there leaves the old one in use
sed 's/;object=leaf/;object=none/' "$dir/coppd.conf" >"$dir/bad.conf"
kill -HUP $pid
until_true grep -q 'new sessions use the chain and key just read' "$dir/log"
expect 0 timeout 60 "$COPP" status --device "unix:$dir/socket" --anchor "$anchor" --json
cp "$dir/bad.conf" "$dir/coppd.conf"
kill -HUP $pid
until_true grep -q 'object=none: .*; chain and key stay as they were' "$dir/log"
expect 0 timeout 60 "$COPP" status --device "unix:$dir/socket" --anchor "$anchor" --json
kill $pid
wait $pid || fail "coppd ends with $?"
pid=
expect 1 with_token "$COPPD" --check-config --config "$dir/bad.conf"
complains 'object=none'

finish

#!/bin/sh
# copp srm: published messages under the keys that signed them
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

# the list of the Linux kernel's HDCP test, under the specification's test key
cp "$VECTORS/srm-facsimile.bin" "$dir/facsimile"

begin facsimile SRM-1 SRM-2
expect 0 "$COPP" srm verify --key facsimile --json "$dir/facsimile"
holds '.valid and .hdcp == 1 and .version == 5 and .revoked == ["511ef21acd", "e72697f401"]'
expect 1 "$COPP" srm verify "$dir/facsimile"
complains '(SRM-2)'
complains 'remedy: .*--key'
expect 0 "$COPP" srm show "$dir/facsimile"
answers 'signature not checked'
answers e72697f401

begin production SRM-2
expect 0 "$COPP" srm verify --json "$VECTORS/srm-hdcp2-v1.bin"
holds '.valid and .hdcp == 2 and .version == 1 and .revoked == []'
# HDCP 2 has a test key of its own, which did not sign this
expect 1 "$COPP" srm verify --key facsimile "$VECTORS/srm-hdcp2-v1.bin"
complains '(SRM-2)'

begin tampered SRM-2 SRM-4
perl -0777 -pe 'substr($_, 10, 1) ^= "\x01"' "$dir/facsimile" >"$dir/tampered"
expect 1 "$COPP" srm verify --key facsimile "$dir/tampered"
perl -0777 -pe 'chop' "$dir/facsimile" >"$dir/torn"
expect 1 "$COPP" srm verify --key facsimile --json "$dir/torn"
holds '.rule == "SRM-1"'
complains 'remedy: fetch the message again'
expect 1 "$COPP" srm show "$dir/torn"
expect 1 "$COPP" srm verify /dev/null

begin own_key SRM-2
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$dir/rsa.pem" 2>/dev/null
openssl pkey -in "$dir/rsa.pem" -pubout -out "$dir/rsa.pub"
# HDCP 2: version 7, one receiver (10 bits); the length, 396, counts itself, the list and the signature
printf 910000070100018c00400000511ef21acd | unhex >"$dir/body"
same "$(wc -c <"$dir/body")" 17 body
openssl dgst -sha256 -sign "$dir/rsa.pem" -out "$dir/signature" "$dir/body"
cat "$dir/body" "$dir/signature" >"$dir/hdcp2"
expect 0 "$COPP" srm verify --key "$dir/rsa.pub" --json "$dir/hdcp2"
holds '.hdcp == 2 and .version == 7 and .revoked == ["511ef21acd"]'
expect 1 "$COPP" srm verify "$dir/hdcp2"
complains '(SRM-2)'
expect 2 "$COPP" srm verify --key "$dir/rsa.pub" "$dir/facsimile"
expect 2 "$COPP" srm verify --key "$dir/missing" "$dir/facsimile"
expect 2 "$COPP" srm verify --key "$dir/body" "$dir/hdcp2"

begin revoked_receiver_is_refused APP-2
expect 1 timeout 20 "$COPP" protect --hdcp 1 --output DVI-I-1 --srm "$dir/facsimile" --srm-key facsimile -- touch "$dir/played"
complains 'DVI-I-1.*: .*(APP-2)'
absent "$dir/played"
expect 0 timeout 20 "$COPP" protect --hdcp 1 --output HDMI-1 --srm "$dir/facsimile" --srm-key facsimile -- touch "$dir/played"
[ -e "$dir/played" ] || fail "a receiver that is not revoked was refused"
# what does not verify cannot tell
expect 2 "$COPP" protect --hdcp 1 --srm "$dir/facsimile" -- touch "$dir/never"
complains '(SRM-2)'
expect 2 "$COPP" protect --hdcp 1 --srm "$dir/missing" -- touch "$dir/never"
absent "$dir/never"

begin hdcp2_alone_checks_nobody APP-2
# a Bksv is HDCP 1's
expect 2 timeout 20 "$COPP" protect --hdcp 1 --srm "$VECTORS/srm-hdcp2-v1.bin" -- touch "$dir/never"
complains 'srm-hdcp2-v1.bin: is a message for HDCP 2.x.*(APP-2); give one for HDCP 1.x'
expect 2 "$COPP" status --srm "$VECTORS/srm-hdcp2-v1.bin"
complains 'checks nothing (APP-2)'
absent "$dir/never"
expect 2 "$COPP" protect --hdcp 1 --srm "$dir/hdcp2" --srm-key "$dir/rsa.pub" -- touch "$dir/never"
complains 'checks nothing'
expect 2 "$COPP" protect --hdcp 1 --srm "$dir/facsimile" --srm "$dir/facsimile" --srm-key facsimile -- touch "$dir/never"
complains 'give one message of each kind'
absent "$dir/never"

begin stored_messages_are_checked APP-2 SRM-2
export COPP_SRM_KEY=facsimile
store=$COPP_STATE_DIR/hdcp1.srm
expect 0 timeout 20 "$COPP" protect --hdcp 1 --output DVI-I-1 -- true
cp "$dir/facsimile" "$store"
expect 1 timeout 20 "$COPP" protect --hdcp 1 --output DVI-I-1 -- touch "$dir/never"
complains 'DVI-I-1.*: .*(APP-2)'
expect 0 timeout 20 "$COPP" protect --hdcp 1 --output HDMI-1 -- true
expect 0 "$COPP" status --json
jq -e '[.outputs[] | select(.hdcp_receiver.revoked == true).output] == ["DVI-I-1"]' "$dir/out" >/dev/null || fail "revoked receivers"
complains 'DVI-I-1.*: .*(APP-2)'
# HDCP 2's message beside it, which the store's own key did not sign, and in the other's place
cp "$VECTORS/srm-hdcp2-v1.bin" "$COPP_STATE_DIR/hdcp2.srm"
expect 2 "$COPP" protect --hdcp 1 --output HDMI-1 -- touch "$dir/never"
complains 'hdcp2.srm: .*(SRM-2)'
rm "$COPP_STATE_DIR/hdcp2.srm"
cp "$VECTORS/srm-hdcp2-v1.bin" "$store"
COPP_SRM_KEY=production expect 2 "$COPP" protect --hdcp 1 --output HDMI-1 -- touch "$dir/never"
complains 'hdcp1.srm: is a message for HDCP 2.x, but one for HDCP 1.x'
mv "$store" "$COPP_STATE_DIR/hdcp2.srm"
COPP_SRM_KEY=production expect 2 "$COPP" protect --hdcp 1 --output HDMI-1 -- touch "$dir/never"
complains 'hdcp2.srm: .*checks nothing (APP-2)'
# HDCP 1's named beside HDCP 2's stored: one of each
COPP_SRM_KEY=production expect 0 timeout 20 "$COPP" protect --hdcp 1 --output HDMI-1 --srm "$dir/facsimile" --srm-key facsimile -- true
COPP_SRM_KEY=production expect 1 timeout 20 "$COPP" protect --hdcp 1 --output DVI-I-1 --srm "$dir/facsimile" --srm-key facsimile -- \
    touch "$dir/never"
rm "$COPP_STATE_DIR/hdcp2.srm"

begin stored_message_that_tells_nothing SRM-4
for what in torn directory fifo; do
    rm -rf "$store"
    case $what in
    torn) cp "$dir/torn" "$store" ;;
    directory) mkdir "$store" ;;
    fifo) mkfifo "$store" ;;
    esac
    expect 2 timeout 20 "$COPP" protect --hdcp 1 -- touch "$dir/never"
    complains 'hdcp1.srm: '
    expect 2 timeout 20 "$COPP" status
done
rm "$store"
expect 2 env COPP_STATE_DIR="$dir/missing" "$COPP" protect --hdcp 1 -- touch "$dir/never"
complains 'missing: COPP_STATE_DIR is empty'
expect 2 env COPP_STATE_DIR="$dir/facsimile" "$COPP" protect --hdcp 1 -- touch "$dir/never"
absent "$dir/never"

finish

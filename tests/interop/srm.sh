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
expect 2 "$COPP" srm verify --key facsimile "$VECTORS/srm-hdcp2-v1.bin"

begin tampered SRM-2 SRM-4
perl -0777 -pe 'substr($_, 10, 1) ^= "\x01"' "$dir/facsimile" >"$dir/tampered"
expect 1 "$COPP" srm verify --key facsimile "$dir/tampered"
perl -0777 -pe 'chop' "$dir/facsimile" >"$dir/torn"
expect 1 "$COPP" srm verify --key facsimile --json "$dir/torn"
holds '.rule == "SRM-1"'
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
complains 'DVI-I-1: .*(APP-2)'
absent "$dir/played"
expect 0 timeout 20 "$COPP" protect --hdcp 1 --output HDMI-1 --srm "$dir/facsimile" --srm-key facsimile -- touch "$dir/played"
[ -e "$dir/played" ] || fail "a receiver that is not revoked was refused"
expect 1 "$COPP" protect --hdcp 1 --srm "$dir/facsimile" -- touch "$dir/never"
complains '(SRM-2)'
absent "$dir/never"

finish

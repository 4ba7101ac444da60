#!/bin/sh
# copp handshake, with the openssl command line on the other side
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
random=00112233445566778899aabbccddeeff
chain=$VECTORS/chain-good.xml
anchor=$VECTORS/root-modulus.b64
leaf=$VECTORS/leaf.pem

# secrets FILE: the 40 bytes S that a JSON answer reveals, little-endian where WIRE has it
secrets() {
    jq -r '[.random, .session_key] | join("")' "$1" | unhex
    jq -r '[.status_sequence, .command_sequence] | .[] | tostring' "$1" | perl -ne 'print pack "V", $_'
}

for form in swap40 swap256; do
    begin seal_$form SES-4 SES-5 SES-6
    expect 0 "$COPP" handshake seal --chain "$chain" --anchor "$anchor" --random $random --form $form --reveal -o "$dir/$form"
    cp "$dir/out" "$dir/$form.json"
    holds ".random == \"$random\" and (.session_key | length) == 32"
    same "$(wc -c <"$dir/$form")" 256 "size of the signature"
    secrets "$dir/$form.json" >"$dir/secrets"
    # as a driver with another crypto library reads it
    reversed "$dir/$form" >"$dir/big"
    openssl pkeyutl -decrypt -inkey "$leaf" -pkeyopt rsa_padding_mode:none -in "$dir/big" -out "$dir/block"
    same "$(bytes "$dir/block" 0 2 | hex)" 0002 "start of the padding"
    reversed "$dir/block" >"$dir/little"
    bytes "$dir/little" 0 40 | cmp - "$dir/secrets"
    # and its padding is the public standard's
    openssl pkeyutl -decrypt -inkey "$leaf" -pkeyopt rsa_padding_mode:pkcs1 -in "$dir/big" -out "$dir/message"
    size=245
    [ $form = swap256 ] || size=40
    same "$(wc -c <"$dir/message")" "$size" "message of $form"
    expect 0 "$COPP" handshake open --key "$leaf" --random $random --reveal "$dir/$form"
    secrets "$dir/out" | cmp - "$dir/secrets"
    holds '.random_matches == true'
done

begin secrets_are_fresh SES-4
[ "$(jq -r .session_key "$dir/swap40.json")" != "$(jq -r .session_key "$dir/swap256.json")" ] || fail "the same key twice"

begin secrets_stay_secret
expect 0 "$COPP" handshake seal --chain "$chain" --anchor "$anchor" --random $random --json -o "$dir/sealed"
holds 'has("session_key") | not'
expect 0 "$COPP" handshake open --key "$leaf" --random $random --json "$dir/sealed"
holds '(has("session_key") | not) and .random_matches'
expect 0 "$COPP" handshake open --key "$leaf" --random $random "$dir/sealed"
expect 2 "$COPP" handshake seal --chain "$chain" --anchor "$anchor" --random $random --reveal -o -

begin openssl_seals SES-6 SES-7
openssl rand -out "$dir/s" 40
reversed "$dir/s" >"$dir/reversed"
openssl pkey -in "$leaf" -pubout -out "$dir/leaf.pub"
openssl pkeyutl -encrypt -pubin -inkey "$dir/leaf.pub" -pkeyopt rsa_padding_mode:pkcs1 -in "$dir/reversed" -out "$dir/big"
reversed "$dir/big" >"$dir/sealed"
expect 0 "$COPP" handshake open --key "$leaf" --reveal "$dir/sealed"
secrets "$dir/out" | cmp - "$dir/s"
holds '.random_matches == null'
expect 1 "$COPP" handshake open --key "$leaf" --random $random "$dir/sealed"
complains '(SES-7)'
expect 1 "$COPP" handshake open --json --key "$leaf" --random $random "$dir/sealed"
holds '.random_matches == false'

begin cryptoapi_vectors SES-5 SES-7
number=$(jq -r .random "$VECTORS/cryptoapi.json")
for file in $(jq -r '.files[]' "$VECTORS/cryptoapi.json"); do
    expect 0 "$COPP" handshake open --key "$leaf" --random "$number" --reveal "$VECTORS/$file"
    for member in random session_key status_sequence command_sequence; do
        same "$(value .$member)" "$(jq -r .$member "$VECTORS/cryptoapi.json")" "$file: $member"
    done
done
for file in $(jq -r '.must_be_refused[]' "$VECTORS/cryptoapi.json"); do
    expect 1 "$COPP" handshake open --key "$leaf" --random "$number" "$VECTORS/$file"
done

begin session_vectors SES-5 SES-6 SES-7
count=$(jq '.sessions | length' "$VECTORS/sessions.json")
[ "$count" -ge 2 ] || fail "sessions.json has too few"
index=0
while [ $index -lt "$count" ]; do
    jq ".sessions[$index]" "$VECTORS/sessions.json" >"$dir/session.json"
    jq -r .signature "$dir/session.json" | unhex >"$dir/signature"
    expect 0 "$COPP" handshake open --key "$leaf" --random "$(jq -r .random "$dir/session.json")" --reveal "$dir/signature"
    secrets "$dir/out" >"$dir/got"
    secrets "$dir/session.json" | cmp - "$dir/got"
    index=$((index + 1))
done

oaep='-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha512 -pkeyopt rsa_mgf1_md:sha512'
opm=$VECTORS/opm/leaf-key.pem
openssl pkey -in "$opm" -pubout -out "$dir/opm.pub"

begin openssl_opens_opm OPM-INI-3 OPM-INI-4 OPM-INI-5
expect 0 "$COPP" handshake seal --opm --leaf-key "$dir/opm.pub" --random $random --reveal -o "$dir/sealed"
same "$(wc -c <"$dir/sealed")" 256 "size of what is sealed"
secrets "$dir/out" >"$dir/secrets"
# shellcheck disable=SC2086 # options
openssl pkeyutl -decrypt -inkey "$opm" $oaep -in "$dir/sealed" -out "$dir/message"
cmp "$dir/message" "$dir/secrets"
expect 0 "$COPP" handshake open --opm --key "$opm" --random $random --reveal "$dir/sealed"
secrets "$dir/out" | cmp - "$dir/secrets"
holds '.random_matches == true'
expect 0 "$COPP" handshake seal --opm --leaf-key "$dir/opm.pub" --random $random --json -o "$dir/again"
holds '.form == "opm" and (has("session_key") | not)'
! cmp -s "$dir/sealed" "$dir/again" || fail "sealed to the same bytes twice"

begin openssl_seals_opm OPM-INI-4 OPM-INI-5 OPM-INI-6
for size in 40 41 126; do
    openssl rand -out "$dir/s" $size
    # shellcheck disable=SC2086
    openssl pkeyutl -encrypt -pubin -inkey "$dir/opm.pub" $oaep -in "$dir/s" -out "$dir/sealed"
    expect 0 "$COPP" handshake open --opm --key "$opm" --random "$(bytes "$dir/s" 0 16 | hex)" --reveal "$dir/sealed"
    bytes "$dir/s" 0 40 >"$dir/wanted"
    secrets "$dir/out" | cmp - "$dir/wanted"
done

# refused FILE: as every other that is
refused() {
    expect 1 "$COPP" handshake open --opm --key "$opm" --random "$(bytes "$dir/s" 0 16 | hex)" --json "$1"
    sed "s,$1,FILE,g" "$dir/out" "$dir/err" >"$dir/refusal"
    [ -e "$dir/first-refusal" ] || cp "$dir/refusal" "$dir/first-refusal"
    cmp "$dir/refusal" "$dir/first-refusal"
}
begin opm_refuses_all_alike OPM-INI-6 OPM-INI-7
openssl rand -out "$dir/s" 39
# shellcheck disable=SC2086
openssl pkeyutl -encrypt -pubin -inkey "$dir/opm.pub" $oaep -in "$dir/s" -out "$dir/short"
refused "$dir/short"
complains '(OPM-INI-7)'
holds '.rule == "OPM-INI-7"'
openssl rand -out "$dir/s" 40
for wrong in 'sha1 sha1' 'sha512 sha1' 'sha256 sha256' 'sha1 sha512'; do
    openssl pkeyutl -encrypt -pubin -inkey "$dir/opm.pub" -pkeyopt rsa_padding_mode:oaep -pkeyopt "rsa_oaep_md:${wrong% *}" \
        -pkeyopt "rsa_mgf1_md:${wrong#* }" -in "$dir/s" -out "$dir/wrong"
    refused "$dir/wrong"
done
openssl pkeyutl -encrypt -pubin -inkey "$dir/opm.pub" -pkeyopt rsa_padding_mode:pkcs1 -in "$dir/s" -out "$dir/wrong"
refused "$dir/wrong"
jq -r .s "$VECTORS/opm/initialization.json" | unhex >"$dir/s"
for file in $(jq -r '.files | to_entries[] | select(.value.result == "refused") | .key' "$VECTORS/opm/initialization.json"); do
    refused "$VECTORS/opm/$file"
done
for file in $(jq -r '.files | to_entries[] | select(.value.result == "accepted") | .key' "$VECTORS/opm/initialization.json"); do
    expect 0 "$COPP" handshake open --opm --key "$opm" --random "$(bytes "$dir/s" 0 16 | hex)" --reveal "$VECTORS/opm/$file"
    secrets "$dir/out" | cmp - "$dir/s"
done

begin the_two_forms_do_not_mix OPM-INI-5 OPM-INI-6
expect 0 "$COPP" handshake seal --leaf-key "$dir/opm.pub" --random $random -o "$dir/copp"
expect 0 "$COPP" handshake open --key "$opm" --random $random "$dir/copp"
expect 1 "$COPP" handshake open --opm --key "$opm" --random $random "$dir/copp"
expect 0 "$COPP" handshake seal --opm --leaf-key "$dir/opm.pub" --random $random -o "$dir/opm"
expect 1 "$COPP" handshake open --key "$opm" --random $random "$dir/opm"

begin options_that_do_not_go_together
expect 2 "$COPP" handshake seal --random $random -o "$dir/none"
complains '--chain or --leaf-key is required'
expect 2 "$COPP" handshake seal --chain "$chain" --leaf-key "$dir/opm.pub" --random $random -o "$dir/none"
complains 'give one of them'
expect 2 "$COPP" handshake seal --leaf-key "$dir/opm.pub" --anchor "$anchor" --random $random -o "$dir/none"
complains 'remove them'
expect 2 "$COPP" handshake seal --leaf-key "$dir/opm.pub" --crl "$VECTORS/crl-v7-empty.bin" --random $random -o "$dir/none"
complains 'remove them'
expect 2 "$COPP" handshake seal --opm --chain "$chain" --anchor "$anchor" --random $random -o "$dir/none"
complains '--leaf-key'
expect 2 "$COPP" handshake seal --opm --form swap40 --leaf-key "$dir/opm.pub" --random $random -o "$dir/none"
complains '--form'
expect 2 "$COPP" handshake seal --opm --leaf-key "$anchor" --random $random -o "$dir/none"
complains '2048 bits'
expect 2 "$COPP" handshake seal --opm --leaf-key "$opm" --random $random -o "$dir/none"
complains 'it is a private key'
complains 'remedy: take its public half'
expect 2 "$COPP" handshake seal --opm --leaf-key "$VECTORS/opm/root.der" --random $random -o "$dir/none"
complains 'remedy: take the key of it: openssl x509'
expect 2 "$COPP" handshake open --opm --key "$VECTORS/opm/root.der" --random $random "$dir/opm"
complains 'remedy: name the file that holds the private key'
expect 2 "$COPP" handshake open --opm --key "$opm" "$dir/opm"
complains '--opm needs --random'
expect 2 "$COPP" handshake open --opm --key "$VECTORS/root.pem" --random $random "$dir/opm"
complains '2048 bits'
expect 2 "$COPP" handshake open --opm --key "$opm" --random $random "$VECTORS/sessions.json"
expect 2 "$COPP" handshake open --opm --key "$opm" --random $random "$dir/s"
complains '(OPM-INI-5)'
absent "$dir/none"

begin nothing_is_sealed_to_a_bad_chain SES-9
expect 1 "$COPP" handshake seal --chain "$chain" --random $random -o "$dir/none"
complains '(CERT-12)'
expect 1 "$COPP" handshake seal --chain "$VECTORS/chain-bad-forged-two-keyinfo.xml" --anchor "$anchor" --random $random -o "$dir/none"
complains '(CERT-5)'
absent "$dir/none"

begin bad_input SES-8
head -c 255 "$dir/swap40" >"$dir/short"
expect 2 "$COPP" handshake open --key "$leaf" "$dir/short"
complains 'WIRE-1'
perl -e 'print "\xff" x 256' >"$dir/high"
expect 1 "$COPP" handshake open --key "$leaf" "$dir/high"
complains 'SES-8'
expect 2 "$COPP" handshake open --key "$VECTORS/root.pem" "$dir/swap40"
complains '2048 bits'
expect 2 "$COPP" handshake open --key "$dir/missing" "$dir/swap40"
expect 2 "$COPP" handshake open --key "$leaf" --random 00 "$dir/swap40"
expect 2 "$COPP" handshake seal --chain "$chain" --anchor "$anchor" --random ${random}0 -o "$dir/none"
expect 2 "$COPP" handshake seal --chain "$chain" --anchor "$anchor" --random $random --form swap41 -o "$dir/none"
absent "$dir/none"

finish

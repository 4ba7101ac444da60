#!/bin/sh
# copp chain, with the openssl command line as second verifier
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
good=$VECTORS/chain-good.xml
anchor=$VECTORS/root-modulus.b64

begin issue_with_new_keys CERT-6 CERT-12
expect 0 "$COPP" chain issue --new-keys "$dir/keys" --manufacturer 'Fuß & Söhne <Test>' --security-level 150 -o "$dir/chain.xml"
answers "root-public.pem"
for key in leaf ihv root crl; do
    same "$(stat -c %a "$dir/keys/$key.pem")" 600 "mode of $key.pem"
    openssl pkey -in "$dir/keys/$key.pem" -check -noout >/dev/null
    openssl pkey -in "$dir/keys/$key.pem" -pubout -out "$dir/$key.pub"
done
cmp "$dir/keys/root-public.pem" "$dir/root.pub"
expect 0 "$COPP" chain verify --anchor "$dir/keys/root-public.pem" "$dir/chain.xml"
answers 'valid under the anchor .*Fuß & Söhne <Test>'
expect 0 "$COPP" chain verify --json --anchor "$dir/keys/root-public.pem" "$dir/chain.xml"
holds '.valid and .manufacturer == "Fuß & Söhne <Test>" and .security_level == "150"'

begin anchor_is_named CERT-12
expect 1 "$COPP" chain verify "$dir/chain.xml"
complains 'certificate 3 (root).*(CERT-12)'
complains 'remedy: .*--anchor'
expect 1 "$COPP" chain verify --anchor microsoft --json "$dir/chain.xml"
holds '.valid == false and .rule == "CERT-12" and .certificate == 3 and .role == "root"'
openssl rsa -in "$dir/keys/root.pem" -modulus -noout | sed 's/Modulus=//' | unhex | openssl base64 >"$dir/modulus.b64"
expect 0 "$COPP" chain verify --anchor "$dir/modulus.b64" "$dir/chain.xml"

# under a policy of OpenSSL's without SHA-1
begin the_crypto_library_says_why CERT-10
expect 2 env OPENSSL_CONF="$VECTORS/../unit/no_sha1.cnf" "$COPP" chain verify --anchor "$anchor" "$good"
complains "chain-good.xml: the crypto library failed: OpenSSL cannot compute SHA-1: .*unsupported.*SHA1"
expect 2 env OPENSSL_CONF="$VECTORS/../unit/no_sha1.cnf" "$COPP" chain verify --json --anchor "$anchor" "$good"
holds '.error | test("OpenSSL cannot compute SHA-1")'
expect 2 env OPENSSL_CONF="$VECTORS/../unit/no_sha1.cnf" "$COPP" chain show "$good"
complains 'OpenSSL cannot compute SHA-1'
expect 2 env OPENSSL_CONF="$VECTORS/../unit/no_sha1.cnf" "$COPP" crl verify --anchor "$anchor" "$VECTORS/crl-v7-empty.bin"
complains 'OpenSSL cannot compute SHA-1'
expect 2 "$COPP" chain issue --leaf 'nosuchscheme:key?pin-value=4711' --ihv "$dir/keys/ihv.pem" --root "$dir/keys/root.pem" \
    --manufacturer x -o "$dir/never.xml"
complains 'holds no key: OpenSSL cannot open a private key: .*unregistered scheme'
if sed 's/nosuchscheme:key?pin-value=4711//' "$dir/err" | grep -q 4711; then fail "a PIN is told"; fi

begin openssl_verifies_each_certificate CERT-9 CERT-10 CERT-11
expect 0 "$COPP" chain show --json "$dir/chain.xml"
cp "$dir/out" "$dir/show.json"
grep -o '<SignatureValue>[^<]*' "$dir/chain.xml" | sed 's/.*>//' >"$dir/signatures"
same "$(wc -l <"$dir/signatures")" 3 "signatures"
index=0
for signer in ihv root root; do
    offset=$(jq ".certificates[$index].data.offset" "$dir/show.json")
    size=$(jq ".certificates[$index].data.size" "$dir/show.json")
    bytes "$dir/chain.xml" "$offset" "$size" >"$dir/data"
    sed -n "$((index + 1))p" "$dir/signatures" | openssl base64 -d -A >"$dir/signature"
    verified "$dir/$signer.pub" "$dir/signature" "$dir/data" || fail "certificate $index is not signed by $signer"
    same "$(sha1 "$dir/data")" "$(jq -r ".certificates[$index].digest" "$dir/show.json")" digest
    same "$(sha1 "$dir/data")" "$(jq -r ".certificates[$index].digest_value" "$dir/show.json")" DigestValue
    index=$((index + 1))
done
index=0
for key in leaf ihv root; do
    modulus=$(openssl rsa -pubin -in "$dir/$key.pub" -modulus -noout | sed 's/Modulus=//' | tr A-F a-f)
    same "$(jq -r ".certificates[$index].subject.modulus" "$dir/show.json")" "$modulus" "$key's modulus"
    index=$((index + 1))
done
expect 0 "$COPP" chain show "$dir/chain.xml"
answers 'certificate 1 (driver)'
answers 'EncryptKey COPPCertificate'
answers 'not validated'

begin issue_with_keys_by_uri CERT-11
expect 0 "$COPP" chain issue --leaf "$dir/keys/leaf.pem" --ihv "$dir/keys/ihv.pem" --root "$dir/keys/root.pem" \
    --manufacturer 'Fuß & Söhne <Test>' --security-level 150 -o "$dir/again.xml"
cmp "$dir/chain.xml" "$dir/again.xml" # without salt a signature is a function of key and bytes
"$COPP" chain issue --leaf "file:$dir/keys/leaf.pem" --ihv "$dir/keys/ihv.pem" --root "$dir/keys/root.pem" -o - >"$dir/stdout.xml"
expect 0 "$COPP" chain verify --anchor "$dir/keys/root-public.pem" - <"$dir/stdout.xml"

begin encrypted_keys
echo 'open sesame' >"$dir/passphrase"
echo 'another one' >"$dir/wrong"
for key in leaf ihv root; do
    openssl pkcs8 -topk8 -in "$dir/keys/$key.pem" -passout "file:$dir/passphrase" -out "$dir/$key.enc"
done
expect 0 "$COPP" chain issue --leaf "$dir/leaf.enc" --ihv "$dir/ihv.enc" --root "$dir/root.enc" \
    --passphrase-file "$dir/passphrase" --manufacturer 'Fuß & Söhne <Test>' --security-level 150 -o "$dir/again.xml"
cmp "$dir/chain.xml" "$dir/again.xml"
expect 2 "$COPP" chain issue --leaf "$dir/leaf.enc" --ihv "$dir/ihv.enc" --root "$dir/root.enc" \
    --passphrase-file "$dir/wrong" -o "$dir/none.xml" </dev/null
complains 'passphrase is wrong'
expect 2 "$COPP" chain issue --leaf "$dir/leaf.enc" --ihv "$dir/ihv.enc" --root "$dir/root.enc" -o "$dir/none.xml" </dev/null
complains 'passphrase-file'
absent "$dir/none.xml"

begin nothing_is_overwritten
sha1 "$dir/keys/leaf.pem" >"$dir/before"
expect 2 "$COPP" chain issue --new-keys "$dir/keys" -o "$dir/none.xml"
complains 'leaf.pem: exists already'
sha1 "$dir/keys/leaf.pem" | cmp - "$dir/before"
absent "$dir/none.xml"
mkdir "$dir/half"
echo mine >"$dir/half/crl.pem"
expect 2 "$COPP" chain issue --new-keys "$dir/half" -o "$dir/none.xml"
same "$(ls "$dir/half")" crl.pem "what is left"
same "$(cat "$dir/half/crl.pem")" mine "the old file"
expect 2 "$COPP" chain issue --new-keys "$dir/gone" -o "$dir/no/such/chain.xml"
same "$(ls "$dir/gone")" "" "keys of a chain that could not be written"

begin wrong_key_sizes CERT-6
expect 1 "$COPP" chain issue --leaf "$dir/keys/root.pem" --ihv "$dir/keys/ihv.pem" --root "$dir/keys/root.pem" -o "$dir/none.xml"
complains 'certificate 1 (driver).*(CERT-6)'
expect 1 "$COPP" chain issue --leaf "$dir/keys/leaf.pem" --ihv "$dir/keys/ihv.pem" --root "$dir/keys/leaf.pem" -o "$dir/none.xml"
complains 'certificate 3 (root).*(CERT-6)'
absent "$dir/none.xml"

begin what_goes_together
expect 2 "$COPP" chain issue --leaf "$dir/keys/leaf.pem" -o "$dir/none.xml"
expect 2 "$COPP" chain issue --new-keys "$dir/x" --leaf "$dir/keys/leaf.pem" -o "$dir/none.xml"
expect 2 "$COPP" chain issue -o "$dir/none.xml"
absent "$dir/x"

begin output_is_replaced_whole
chmod 640 "$dir/again.xml"
ln -s again.xml "$dir/link.xml"
expect 0 "$COPP" chain issue --leaf "$dir/keys/leaf.pem" --ihv "$dir/keys/ihv.pem" --root "$dir/keys/root.pem" -o "$dir/link.xml"
[ -L "$dir/link.xml" ] || fail "a link was replaced by a file"
same "$(stat -c %a "$dir/again.xml")" 640 "the mode of a file that was replaced"
"$COPP" chain issue --leaf "$dir/keys/leaf.pem" --ihv "$dir/keys/ihv.pem" --root "$dir/keys/root.pem" -o /dev/null
[ -c /dev/null ] || fail "/dev/null was replaced"
same "$(find "$dir" -name '*.xml.*')" '' "temporary files left"

begin one_certificate_is_one
perl -0pe 's|(</(?:\w+:)?Certificate>)\s*<((?:\w+:)?Certificate)[\s>].*</\2>|$1|s' "$good" >"$dir/one.xml"
expect 0 "$COPP" chain show "$dir/one.xml"
answers ': 1 certificate in [0-9]* bytes'
expect 0 "$COPP" chain show "$good"
answers ': 3 certificates in [0-9]* bytes'

begin vectors CERT-1 CERT-2 CERT-3 CERT-4 CERT-5 CERT-6 CERT-7 CERT-8 CERT-9 CERT-10 CERT-11 CERT-12
expect 0 "$COPP" chain verify --anchor "$anchor" "$good"
jq -r '.invalid | to_entries[] | .key + " " + (.value.rule | gsub(" or "; "|"))' "$VECTORS/chains.json" >"$dir/list"
[ "$(wc -l <"$dir/list")" -ge 26 ] || fail "chains.json has too few"
while read -r file rule; do
    key=$anchor
    [ "$file" != chain-bad-root-2048.xml ] || key=$VECTORS/root-2048-modulus.b64
    expect 1 "$COPP" chain verify --json --anchor "$key" "$VECTORS/$file"
    value .rule | grep -Eqx "$rule" || fail "$file: $(value .rule), not $rule"
    complains "($(value .rule))"
    complains "remedy: "
done <"$dir/list"

begin hostile_text_cannot_drive_a_terminal
sed 's|<ManufacturerName>[^<]*|<ManufacturerName>\xc2\x9b31mred|; s|<c:ManufacturerName>[^<]*|<c:ManufacturerName>\xc2\x9b31mred|' \
    "$dir/chain.xml" >"$dir/hostile.xml"
refused cmp -s "$dir/chain.xml" "$dir/hostile.xml"
expect 0 "$COPP" chain show "$dir/hostile.xml"
answers '?31mred'
lacks "$dir/out" "$(printf '\302\233')" "a control character came through"

finish

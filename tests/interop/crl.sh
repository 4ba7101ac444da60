#!/bin/sh
# copp crl, with the openssl command line as second verifier
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
anchor=$VECTORS/root-modulus.b64
good=$VECTORS/chain-good.xml

begin vectors CRL-1 CRL-2 CRL-5
expect 0 "$COPP" crl verify --json --anchor "$anchor" "$VECTORS/crl-v7-empty.bin"
holds '.valid and .version == 7 and .revoked == []'
for bad in 'root CRL-1' 'usage CRL-1' 'signature CRL-2' 'truncated CRL-5'; do
    expect 1 "$COPP" crl verify --json --anchor "$anchor" "$VECTORS/crl-bad-${bad% *}.bin"
    same "$(value .rule)" "${bad#* }" "crl-bad-${bad% *}.bin"
    complains "(${bad#* }"
done
expect 1 "$COPP" crl verify "$VECTORS/crl-v7-empty.bin"
complains '(CRL-1'

begin base64_is_taken
openssl base64 -in "$VECTORS/crl-v8-leaf-revoked.bin" -out "$dir/v8.b64"
expect 0 "$COPP" crl verify --json --anchor "$anchor" "$dir/v8.b64"
holds '.version == 8 and (.revoked | length) == 2'

begin revoked_chain CRL-4
expect 0 "$COPP" chain verify --anchor "$anchor" --crl "$VECTORS/crl-v7-empty.bin" "$good"
answers 'on none of 1 revocation list'
expect 1 "$COPP" chain verify --anchor "$anchor" --crl "$VECTORS/crl-v7-empty.bin" --crl "$VECTORS/crl-v8-leaf-revoked.bin" "$good"
complains 'certificate 1 (driver).*(CRL-4)'
expect 1 "$COPP" chain verify --json --anchor "$anchor" --crl "$VECTORS/crl-v9-ihv-revoked.bin" "$good"
holds '.valid == false and .rule == "CRL-4" and .certificate == 2'

begin list_that_tells_nothing CRL-2
expect 2 "$COPP" chain verify --anchor "$anchor" --crl "$VECTORS/crl-bad-signature.bin" "$good"
complains '(CRL-2)'
expect 2 "$COPP" chain verify --anchor "$anchor" --crl "$dir/missing" "$good"

begin issue_by_chain_and_digest CRL-4
"$COPP" chain issue --new-keys "$dir/keys" -o "$dir/chain.xml" >/dev/null
key="$dir/keys/root-public.pem"
issue() {
    "$COPP" crl issue --signer "$dir/keys/crl.pem" --root "$dir/keys/root.pem" "$@"
}
expect 0 issue --version 3 --revoke "$dir/chain.xml:ihv" --revoke 000102030405060708090A0b0c0d0e0f10111213 -o "$dir/v3.crl"
expect 0 "$COPP" crl verify --anchor "$key" --json "$dir/v3.crl"
digest=$("$COPP" chain show --json "$dir/chain.xml" | jq -r '.certificates[1].digest')
holds ".version == 3 and .revoked == [\"$digest\", \"000102030405060708090a0b0c0d0e0f10111213\"]"
expect 1 "$COPP" chain verify --anchor "$key" --crl "$dir/v3.crl" "$dir/chain.xml"
complains 'certificate 2 (IHV).*(CRL-4)'
expect 0 issue --version 4 --base64 -o "$dir/v4.b64"
expect 0 "$COPP" chain verify --anchor "$key" --crl "$dir/v4.b64" "$dir/chain.xml"
openssl base64 -d -in "$dir/v4.b64" -out "$dir/v4.crl"
expect 0 "$COPP" crl show --json "$dir/v4.crl"
holds '.version == 4 and .valid == null'

begin openssl_verifies_the_list CRL-1 CRL-2
size=$(wc -c <"$dir/v3.crl")
openssl pkey -in "$dir/keys/crl.pem" -pubout -out "$dir/crl.pub"
bytes "$dir/v3.crl" 0 $((size - 131)) >"$dir/body"
same "$(bytes "$dir/v3.crl" $((size - 131)) 3 | hex)" 020080 "signature type and length"
bytes "$dir/v3.crl" $((size - 128)) 128 >"$dir/signature"
verified "$dir/crl.pub" "$dir/signature" "$dir/body"
same "$(bytes "$dir/body" 0 8 | hex)" 0000000300000002 "version and count"
bytes "$dir/body" 52 $((size - 131 - 52)) >"$dir/signer.xml"
same "$(bytes "$dir/body" 48 4 | hex)" "$(printf %08x "$(wc -c <"$dir/signer.xml")")" "length of the certificates"
expect 0 "$COPP" chain show --json "$dir/signer.xml"
holds '.certificates[0].usage == ["SignCRL"]'
bytes "$dir/signer.xml" "$(value '.certificates[0].data.offset')" "$(value '.certificates[0].data.size')" >"$dir/data"
grep -o '<SignatureValue>[^<]*' "$dir/signer.xml" | sed 's/.*>//;q' | openssl base64 -d -A >"$dir/signature"
verified "$key" "$dir/signature" "$dir/data"

begin what_cannot_be_issued
expect 2 issue --version 5 --revoke "$dir/chain.xml:driver" -o "$dir/none"
complains 'CHAIN:leaf'
expect 2 issue --version 5 --revoke "$dir/missing:leaf" -o "$dir/none"
expect 2 issue --version 5 --revoke "$VECTORS/chain-bad-leaf-wrong-digest.xml:leaf" -o "$dir/none"
complains 'CERT-10'
expect 2 "$COPP" crl issue --version 5 --signer "$dir/keys/ihv.pem" --root "$dir/keys/root.pem" -o "$dir/none"
complains 'ihv.pem: is not a key for a list: use RSA-1024'
expect 2 "$COPP" crl issue --version 5 --signer "$dir/keys/crl.pem" --root "$dir/keys/ihv.pem" -o "$dir/none"
complains "ihv.pem: is not an anchor's key: use RSA-1024"
absent "$dir/none"

begin install_never_goes_back CRL-3
store="$dir/stored.crl"
expect 0 "$COPP" crl install --anchor "$key" --store "$store" "$dir/v3.crl"
answers 'version 3 is in force'
expect 0 "$COPP" crl install --anchor "$key" --store "$store" "$dir/v4.b64"
cp "$store" "$dir/copy"
expect 1 "$COPP" crl install --anchor "$key" --store "$store" "$dir/v3.crl"
complains '(CRL-3)'
complains 'its version is lower'
# another list of the same version is no newer one; the very list, in whichever form, is in force
issue --version 4 --revoke "$dir/chain.xml:leaf" -o "$dir/other-v4.crl" >/dev/null
expect 1 "$COPP" crl install --json --anchor "$key" --store "$store" "$dir/other-v4.crl"
complains 'same version but different content (CRL-3)'
holds '.rule == "CRL-3"'
for same in v4.crl v4.b64; do
    expect 0 "$COPP" crl install --anchor "$key" --store "$store" "$dir/$same"
    answers 'version 4 is in force'
done
cmp "$store" "$dir/copy"

begin install_without_a_name_is_the_installations CRL-3
export COPP_STATE_DIR="$dir/new"
(umask 077 && expect 0 "$COPP" crl install --anchor "$key" "$dir/v3.crl")
same "$(stat -c %a "$dir/new") $(stat -c %a "$dir/new/revocation.crl")" "755 644" "who may read it"
expect 0 "$COPP" crl install --anchor "$key" --json "$dir/v4.crl"
holds '.version == 4 and (.file | endswith("/new/revocation.crl"))'
# below /usr/local there is no var/lib yet: all of the way is made
(umask 077 && COPP_STATE_DIR="$dir/var/lib/copp" expect 0 "$COPP" crl install --anchor "$key" "$dir/v4.crl")
same "$(stat -c %a "$dir/var/lib" "$dir/var/lib/copp/revocation.crl" | tr '\n' ' ')" "755 644 " "who may read what was made"
COPP_STATE_DIR="$dir/v4.crl/such" expect 2 "$COPP" crl install --anchor "$key" "$dir/v4.crl"
complains 'its directory cannot be created'
export COPP_STATE_DIR="$dir/state"

begin install_refuses_what_is_torn CRL-5
issue --version 9 -o "$dir/v9.crl" >/dev/null
head -c 900 "$dir/v9.crl" >"$dir/torn"
expect 1 "$COPP" crl install --anchor "$key" --store "$store" "$dir/torn"
complains 'torn: .*(CRL-5)'
expect 2 "$COPP" crl install --json --anchor "$anchor" --store "$store" "$dir/v9.crl"
complains 'remedy: the stored list stays as it is; if --anchor is right'
holds '.remedy | test("stays as it is")'
cmp "$store" "$dir/copy"
expect 2 "$COPP" crl install --anchor "$key" --store "$dir/no/such/store" "$dir/v9.crl"
head -c 900 "$dir/copy" >"$store"
expect 2 "$COPP" crl install --anchor "$key" --store "$store" "$dir/v9.crl"
complains 'stored.crl: .*(CRL-5)'
same "$(wc -c <"$store")" 900 "the torn store"

begin install_replaces_nothing_but_a_file CRL-3
ln -s v9.crl "$dir/link.crl"
mkfifo "$dir/fifo.crl"
for what in link fifo; do
    expect 2 "$COPP" crl install --anchor "$key" --store "$dir/$what.crl" "$dir/v9.crl"
    complains "$what.crl: is not a regular file"
done

finish

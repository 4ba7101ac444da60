#!/bin/sh
# copp chain --opm, with the openssl command line as second reader
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
opm=$VECTORS/opm
good=$opm/chain-good-codec-merit.p7b
anchor=$opm/root.pem

begin vectors OPM-CERT-1 OPM-CERT-2 OPM-CERT-3 OPM-CERT-4 OPM-CERT-5 OPM-CERT-6 OPM-CERT-8 OPM-CERT-9
jq -r '.valid | to_entries[] | .key + " " + (.value.anchor // "root.pem")' "$opm/chains.json" >"$dir/list"
[ "$(wc -l <"$dir/list")" -ge 23 ] || fail "chains.json has too few"
while read -r file key; do
    expect 0 "$COPP" chain verify --opm --json --anchor "$opm/$key" "$opm/$file"
    holds '.valid == true and .semantics == "opm"'
done <"$dir/list"
# what is too large is not read at all
jq -r '.invalid | to_entries[] | select(.key != "chain-bad-oversize.p7b") | .key + " " + .value.rule' "$opm/chains.json" >"$dir/list"
[ "$(wc -l <"$dir/list")" -ge 86 ] || fail "chains.json has too few"
while read -r file rule; do
    expect 1 "$COPP" chain verify --opm --json --anchor "$anchor" "$opm/$file"
    same "$(value .rule)" "$rule" "$file"
    complains "($rule)"
    complains "remedy: "
done <"$dir/list"
expect 2 "$COPP" chain verify --opm --anchor "$anchor" "$opm/chain-bad-oversize.p7b"

begin purposes_are_asked_for OPM-CERT-8
jq -r '.with_eku[] | .file + " " + .eku + " " + .result' "$opm/chains.json" >"$dir/list"
while read -r file eku result; do
    if [ "$result" = valid ]; then
        expect 0 "$COPP" chain verify --opm --anchor "$anchor" --purpose "$eku" "$opm/$file"
        answers "for the purpose $eku"
    else
        expect 1 "$COPP" chain verify --opm --anchor "$anchor" --purpose "$eku" "$opm/$file"
        complains "($result)"
    fi
done <"$dir/list"
expect 2 "$COPP" chain verify --opm --anchor "$anchor" --purpose displays "$good"
complains '--purpose takes an object identifier'

begin anchors_are_certificates OPM-CERT-10
expect 0 "$COPP" chain verify --opm --anchor "$opm/root.der" "$good"
answers 'valid under the anchor .*root.der; driver.s certificate of OPM test display driver'
expect 1 "$COPP" chain verify --opm "$good"
complains '(OPM-CERT-4)'
expect 1 "$COPP" chain verify --opm --anchor microsoft "$good"
expect 2 "$COPP" chain verify --opm --anchor "$opm/leaf-public.pem" "$good"
complains 'give a certificate.*it is a public key'
complains 'remedy: a key alone is an anchor of COPP: .*no --opm'
expect 2 "$COPP" chain verify --opm --anchor "$VECTORS/root-modulus.b64" "$good"
complains 'remedy: a key alone is an anchor of COPP'
expect 2 "$COPP" chain verify --anchor "$opm/root.der" "$VECTORS/chain-good.xml"
complains 'is not an anchor of COPP: .*it is an X.509 certificate'
complains 'remedy: a certificate is an anchor of OPM: .*--opm'
expect 2 "$COPP" chain verify --opm --anchor "$good" "$good"
complains 'it is a PKCS #7 container'
complains "remedy: name only the root's key or certificate"

begin what_goes_together
expect 2 "$COPP" chain verify --opm --anchor "$anchor" --crl "$VECTORS/crl-v7-empty.bin" "$good"
complains '--crl is for COPP'
expect 2 "$COPP" chain verify --anchor "$VECTORS/root-modulus.b64" --purpose 1.2.3 "$VECTORS/chain-good.xml"
complains '--purpose needs --opm'

begin each_kind_of_chain_is_told
expect 1 "$COPP" chain verify "$good"
complains 'it is a PKCS #7 container of certificates'
complains 'remedy: .*copp chain verify or show, with --opm'
expect 1 "$COPP" chain verify --opm --anchor "$anchor" "$VECTORS/chain-good.xml"
complains 'it is a COPP certificate chain (OPM-CERT-1)'
complains 'remedy: .*without --opm'
expect 1 "$COPP" chain show "$good"
complains 'remedy: .*--opm'

begin openssl_reads_the_same
expect 0 "$COPP" chain show --opm --json "$good"
cp "$dir/out" "$dir/show.json"
same "$(jq -r '[.certificates[].role] | join(" ")' "$dir/show.json")" 'driver root CA' roles
same "$(jq -r '.certificates[0].purposes | join(" ")' "$dir/show.json")" '1.3.6.1.4.1.311.10.5.10 1.3.6.1.5.5.7.3.3' purposes
for index in 0 1 2; do
    bytes "$good" "$(jq ".certificates[$index].data.offset" "$dir/show.json")" "$(jq ".certificates[$index].data.size" "$dir/show.json")" >"$dir/der"
    openssl x509 -inform DER -in "$dir/der" -noout -modulus | sed 's/Modulus=//' | tr A-F a-f >"$dir/modulus"
    same "$(jq -r ".certificates[$index].subject.modulus" "$dir/show.json")" "$(cat "$dir/modulus")" "modulus $index"
    same "CN=$(jq -r ".certificates[$index].subject_name" "$dir/show.json")" \
        "$(openssl x509 -inform DER -in "$dir/der" -noout -subject -nameopt RFC2253 | sed 's/^subject=//')" "subject $index"
done
expect 0 "$COPP" chain show --opm "$good"
answers 'certificate 1 (driver)'
answers 'usage  *digitalSignature nonRepudiation'
answers 'not validated'
expect 0 "$COPP" chain show --opm "$opm/chain-bad-two-leaves.p7b"
answers '(not in a path)'
expect 0 "$COPP" chain show --opm "$opm/chain-bad-leaf-ec.p7b"
answers "key  *its key's algorithm is not rsaEncryption"
expect 0 "$COPP" chain show --opm "$opm/chain-bad-boolean.p7b"
answers 'flaw  *an extension is malformed'
expect 1 "$COPP" chain show --opm "$opm/chain-bad-trailing.p7b"
complains '(OPM-CERT-1)'

begin issue_with_new_keys OPM-CERT-1 OPM-CERT-5
expect 0 "$COPP" chain issue --opm --new-keys "$dir/keys" --manufacturer 'Fuß & Söhne' -o "$dir/chain.p7b"
answers 'its anchor is .*root-certificate.pem'
same "$(find "$dir/keys" -type f | sed 's|.*/||' | sort | tr '\n' ' ')" 'ihv.pem leaf.pem root-certificate.pem root.pem ' files
for key in leaf ihv root; do
    same "$(stat -c %a "$dir/keys/$key.pem")" 600 "mode of $key.pem"
    openssl pkey -in "$dir/keys/$key.pem" -check -noout >/dev/null
done
expect 0 "$COPP" chain verify --opm --anchor "$dir/keys/root-certificate.pem" "$dir/chain.p7b"
answers 'Fuß & Söhne display driver'
expect 1 "$COPP" chain verify --opm --anchor "$anchor" "$dir/chain.p7b"
complains '(OPM-CERT-4)'

# leaf first, each signed by the next, the last by itself
begin openssl_reads_what_is_issued
read_by_openssl() { # CHAIN ALGORITHM [KEYS]
    openssl pkcs7 -inform DER -in "$1" -print_certs -out "$dir/printed.pem"
    rm -f "$dir"/printed-*
    awk -v to="$dir/printed-" '/^-----BEGIN/ { n++ } n { print >(to n) }' "$dir/printed.pem"
    same "$(find "$dir" -name 'printed-*' | wc -l)" 3 certificates
    index=1
    for key in leaf ihv root; do
        openssl pkey -in "${3:-$dir/keys}/$key.pem" -pubout -out "$dir/$key.pub"
        openssl x509 -in "$dir/printed-$index" -noout -pubkey | cmp - "$dir/$key.pub" || fail "certificate $index is not the $key's"
        openssl x509 -in "$dir/printed-$index" -noout -text | grep -q "Signature Algorithm: $2" || fail "not signed with $2"
        index=$((index + 1))
    done
    openssl verify -auth_level 0 -check_ss_sig -CAfile "$dir/printed-3" -untrusted "$dir/printed-2" "$dir/printed-1" >/dev/null
}
read_by_openssl "$dir/chain.p7b" sha1WithRSAEncryption
openssl x509 -in "$dir/printed-3" | cmp - "$dir/keys/root-certificate.pem"

begin issue_with_keys_by_uri
issue() {
    "$COPP" chain issue --opm --leaf "$dir/keys/leaf.pem" --ihv "file:$dir/keys/ihv.pem" --root "$dir/keys/root.pem" \
        --manufacturer 'Fuß & Söhne' "$@"
}
expect 0 issue -o "$dir/again.p7b"
cmp "$dir/chain.p7b" "$dir/again.p7b" # a signature is a function of key and bytes
expect 0 issue --hash sha1 -o "$dir/again.p7b"
cmp "$dir/chain.p7b" "$dir/again.p7b"
expect 0 issue --hash sha256 --purpose 1.3.6.1.4.1.99999.7 -o "$dir/sha256.p7b"
read_by_openssl "$dir/sha256.p7b" sha256WithRSAEncryption
openssl x509 -in "$dir/printed-1" -noout -ext extendedKeyUsage | grep -q '1.3.6.1.4.1.99999.7' || fail "no purpose"
expect 0 "$COPP" chain verify --opm --purpose 1.3.6.1.4.1.99999.7 --anchor "$dir/printed-3" "$dir/sha256.p7b"
expect 1 "$COPP" chain verify --opm --purpose 1.3.6.1.4.1.99999.7 --anchor "$dir/printed-3" "$dir/chain.p7b"
complains '(OPM-CERT-8)'
issue -o - >"$dir/stdout.p7b"
cmp "$dir/chain.p7b" "$dir/stdout.p7b"

begin larger_keys_above_the_leaf OPM-CERT-5
mkdir "$dir/larger"
cp "$dir/keys/leaf.pem" "$dir/larger/leaf.pem"
cp "$VECTORS/srm-rsa3072.pem" "$dir/larger/ihv.pem"
cp "$opm/root-key.pem" "$dir/larger/root.pem"
expect 0 "$COPP" chain issue --opm --leaf "$dir/larger/leaf.pem" --ihv "$dir/larger/ihv.pem" --root "$dir/larger/root.pem" \
    --hash sha256 -o "$dir/larger.p7b"
read_by_openssl "$dir/larger.p7b" sha256WithRSAEncryption "$dir/larger"
expect 0 "$COPP" chain verify --opm --anchor "$dir/printed-3" "$dir/larger.p7b"
expect 0 "$COPP" chain show --opm --json "$dir/larger.p7b"
same "$(value '[.certificates[].subject.bits] | join(" ")')" '2048 3072 4096' bits

begin what_cannot_be_issued
absent_after() {
    expect "$@" -o "$dir/none.p7b"
    absent "$dir/none.p7b"
}
absent_after 2 "$COPP" chain issue --opm --leaf "$dir/keys/leaf.pem" --ihv "$dir/keys/ihv.pem" --root "$VECTORS/root.pem"
complains 'need 2048 to 4096 bits'
absent_after 2 "$COPP" chain issue --opm --leaf "$VECTORS/srm-rsa3072.pem" --ihv "$dir/keys/ihv.pem" --root "$dir/keys/root.pem"
complains 'is not an RSA private key of 1024 to 2048 bits'
absent_after 2 "$COPP" chain issue --leaf "$dir/keys/leaf.pem" --ihv "$VECTORS/srm-rsa3072.pem" --root "$VECTORS/root.pem"
complains 'is not an RSA private key of 1024 to 2048 bits'
absent_after 1 "$COPP" chain issue --opm --leaf "$VECTORS/root.pem" --ihv "$dir/keys/ihv.pem" --root "$dir/keys/root.pem"
complains 'certificate 1: .*(OPM-CERT-5)'
absent_after 2 issue --purpose displays
complains '--purpose an object identifier'
expect 2 issue --security-level 1 -o "$dir/none.p7b"
complains '--security-level is for COPP'
expect 2 issue --hash md5 -o "$dir/none.p7b"
expect 2 "$COPP" chain issue --new-keys "$dir/never" --purpose 1.2.3 -o "$dir/none.p7b"
complains '--hash and --purpose need --opm'
expect 2 "$COPP" chain issue --opm --new-keys "$dir/keys" -o "$dir/none.p7b"
complains 'leaf.pem: exists already'
expect 2 "$COPP" chain issue --opm --new-keys "$dir/never" --manufacturer "$(printf '%050d' 0)" -o "$dir/none.p7b"
complains '--manufacturer takes UTF-8'
absent "$dir/none.p7b"
absent "$dir/never"

finish

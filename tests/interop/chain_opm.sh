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

begin what_goes_together
expect 2 "$COPP" chain verify --opm --anchor "$anchor" --crl "$VECTORS/crl-v7-empty.bin" "$good"
complains '--crl is for COPP'
expect 2 "$COPP" chain verify --anchor "$VECTORS/root-modulus.b64" --purpose 1.2.3 "$VECTORS/chain-good.xml"
complains '--purpose needs --opm'

begin each_kind_of_chain_is_told
expect 1 "$COPP" chain verify "$good"
complains 'it is an X.509 certificate'
complains 'remedy: .*copp chain verify --opm'
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

finish

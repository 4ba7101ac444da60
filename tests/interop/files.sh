#!/bin/sh
# shellcheck disable=SC2086 # commands of several words
# What a file is: read in every form that can safely be read, and told for what it is where it is something else
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
good=$VECTORS/chain-good.xml
anchor=$VECTORS/root-modulus.b64
list=$VECTORS/crl-v8-leaf-revoked.bin

# utf16 MARK NUL <text: little-endian; MARK and NUL are 1 or 0
utf16() {
    perl -0777 -ne 'BEGIN { ($mark, $nul) = splice @ARGV, 0, 2 }
        print "\xff\xfe" x $mark, (map { ($_, "\0") } split //), "\0\0" x $nul' "$1" "$2"
}
# forms FILE: FILE.1 and so on are the same text in all forms that are read; prints their names
forms() {
    cp "$1" "$1.1"
    utf16 0 1 <"$1" >"$1.2"
    utf16 1 0 <"$1" >"$1.3"
    utf16 1 1 <"$1" >"$1.4"
    { cat "$1" && printf '\000'; } >"$1.5"
    { printf '\357\273\277' && cat "$1"; } >"$1.6"
    { printf '\376\377' && perl -0777 -ne 'print map { ("\0", $_) } split //' "$1"; } >"$1.7"
    for form in 1 2 3 4 5 6 7; do echo "$1.$form"; done
}

begin lists_in_every_form CRL-4 CRL-5
openssl base64 -in "$list" -out "$dir/list"
for file in $(forms "$dir/list"); do
    expect 0 "$COPP" crl verify --json --anchor "$anchor" "$file"
    holds '.version == 8 and (.revoked | length) == 2'
    expect 0 "$COPP" crl show "$file"
    expect 1 "$COPP" chain verify --anchor "$anchor" --crl "$file" "$good"
    complains '(CRL-4)'
    rm -f "$dir/store"
    expect 0 "$COPP" crl install --anchor "$anchor" --store "$dir/store" "$file"
    cmp "$dir/store" "$list"
done
utf16 1 1 <"$dir/list" | head -c 1001 >"$dir/torn"
expect 1 "$COPP" crl verify --anchor "$anchor" "$dir/torn"
complains '(CRL-5)'

begin anchors_and_keys_in_every_form
cp "$anchor" "$dir/anchor"
openssl pkey -in "$VECTORS/root.pem" -pubout -out "$dir/anchor.pem"
for file in $(forms "$dir/anchor") $(forms "$dir/anchor.pem"); do
    expect 0 "$COPP" chain verify --anchor "$file" "$good"
done
cp "$VECTORS/srm-facsimile-public.pem" "$dir/srm.pem"
for file in $(forms "$dir/srm.pem"); do
    expect 0 "$COPP" srm verify --key "$file" "$VECTORS/srm-facsimile.bin"
done
echo 2b7e151628aed2a6abf7158809cf4f3c >"$dir/key"
for file in $(forms "$dir/key"); do
    same "$("$COPP" omac --key-file "$file" /dev/null)" bb1d6929e95937287fa37d129b756746 "omac with $file"
done
openssl pkey -in "$VECTORS/leaf.pem" -aes128 -passout pass:secret -out "$dir/locked.pem"
echo secret >"$dir/secret"
"$COPP" handshake seal --chain "$good" --anchor "$anchor" --random 00112233445566778899aabbccddeeff -o "$dir/sealed" >/dev/null
for file in $(forms "$dir/secret"); do
    expect 0 "$COPP" handshake open --key "$dir/locked.pem" --passphrase-file "$file" "$dir/sealed"
done

begin chains_byte_for_byte CERT-1 CERT-2
for mark in 0 1; do
    utf16 $mark 0 <"$good" >"$dir/wide.xml"
    expect 1 "$COPP" chain verify --json --anchor "$anchor" "$dir/wide.xml"
    holds '.rule == "CERT-2" and .error == "it is a COPP certificate chain in UTF-16"'
    complains 'remedy: save the chain as UTF-8'
done
{ cat "$good" && printf '\000'; } >"$dir/nul.xml"
expect 1 "$COPP" chain verify --json --anchor "$anchor" "$dir/nul.xml"
holds '.rule == "CERT-1" and (.error | test("NUL"))'
for version in '' 2.0; do
    { printf "<?xml version='%s'?>" "$version" && cat "$good"; } >"$dir/version.xml"
    expect 1 "$COPP" chain verify --anchor "$anchor" "$dir/version.xml"
    complains '(CERT-1)'
done
{ printf "<?xml version='1.0'?>" && cat "$good"; } >"$dir/version.xml"
expect 0 "$COPP" chain verify --anchor "$anchor" "$dir/version.xml"

begin others_are_named
mkdir "$dir/is"
is=$dir/is
: >"$is/empty"
printf ' \r\n\t\000' >"$is/blank"
cp "$good" "$is/chain"
utf16 1 0 <"$good" >"$is/chain16"
cp "$list" "$is/list"
cp "$dir/list.2" "$is/list16"
cp "$VECTORS/srm-facsimile.bin" "$is/srm1"
head -c 60 "$VECTORS/srm-hdcp2-v1.bin" >"$is/srm2"
printf '<!-- served by x -->\r\n<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<HTML><body>404</body></HTML>' >"$is/html"
printf '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>' >"$is/xhtml"
utf16 1 0 <"$is/html" >"$is/html16"
printf '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>' >"$is/xml"
openssl req -x509 -key "$VECTORS/leaf.pem" -subj /CN=x -days 1 -out "$is/x509" 2>/dev/null
openssl x509 -in "$is/x509" -outform DER -out "$is/x509der"
openssl crl2pkcs7 -nocrl -certfile "$is/x509" -out "$is/pkcs7"
openssl crl2pkcs7 -nocrl -certfile "$is/x509" -outform DER -out "$is/pkcs7der"
cp "$VECTORS/leaf.pem" "$is/private"
openssl pkcs8 -topk8 -nocrypt -in "$VECTORS/leaf.pem" -outform DER -out "$is/privateder"
cp "$VECTORS/leaf-public.pem" "$is/public"
openssl pkey -pubin -in "$is/public" -outform DER -out "$is/publicder"
cp "$anchor" "$is/modulus"
gzip -c "$good" >"$is/gzip"
xz -c "$good" >"$is/xz"
printf '\050\265\057\375\004\000' >"$is/zstd" # its first bytes
mkdir "$dir/ca"
: >"$dir/ca/index"
printf '[ca]\ndefault_ca = one\n[one]\ndatabase = %s\ndefault_md = sha256\n' "$dir/ca/index" >"$dir/ca/cnf"
openssl ca -gencrl -config "$dir/ca/cnf" -cert "$is/x509" -keyfile "$VECTORS/leaf.pem" -crldays 1 -out "$is/x509crl" 2>/dev/null
openssl crl -in "$is/x509crl" -outform DER -out "$is/x509crlder"
openssl ecparam -name prime256v1 -genkey -out "$is/private_ec"
printf 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n' >"$is/http"
printf '404: Not Found' >"$is/prose"
head -c 300 /dev/zero >"$is/blanks"
printf 'Dear reader' | utf16 1 0 >"$is/text16"
name_of() {
    case $1 in
    empty | blank*) echo 'an empty file' ;;
    chain) echo 'a COPP certificate chain' ;;
    chain16) echo 'a COPP certificate chain in UTF-16' ;;
    list*) echo 'a certificate revocation list' ;;
    srm1) echo 'an HDCP 1.x renewability message (SRM)' ;;
    srm2) echo 'an HDCP 2.x renewability message (SRM)' ;;
    html | xhtml | html16) echo 'a web page (HTML)' ;;
    xml) echo 'XML, but not a certificate collection' ;;
    x509*) echo 'an X.509 certificate, chain or revocation list' ;;
    pkcs7*) echo 'a PKCS #7 container of certificates' ;;
    private*) echo 'a private key' ;;
    public) echo 'a public key' ;;
    publicder) echo 'a public key in DER' ;;
    modulus) echo 'an RSA modulus in base64' ;;
    http) echo "a web server's answer with its header (HTTP)" ;;
    prose) echo "a text, such as a server's error message" ;;
    gzip | xz | zstd) echo 'a compressed file' ;;
    text16) echo 'a text in UTF-16' ;;
    esac
}
# told STATUS KINDS COMMAND...: every file but those of KINDS, which COMMAND reads or has more to say about
told() {
    wanted=$1 kinds=$2
    shift 2
    for file in "$is"/*; do
        kind=${file##*/}
        case " $kinds " in *" $kind "*) continue ;; esac
        expect "$wanted" "$@" "$file" --json
        holds "(.remedy | type == \"string\") and (.error | contains(\"it is $(name_of "$kind")\"))"
        complains '^copp: remedy: '
    done
}
told 1 chain "$COPP" chain verify
told 1 chain "$COPP" chain show
told 1 'list list16 text16' "$COPP" crl verify
told 1 'list list16 text16' "$COPP" crl show
told 1 'list list16 text16' "$COPP" crl install --anchor "$anchor" --store "$dir/never"
absent "$dir/never"
told 1 'srm1 srm2' "$COPP" srm verify
told 1 'srm1 srm2' "$COPP" srm show
told 1 'srm1 srm2' "$COPP" srm install --root "$dir"
absent "$dir/lib"
told 2 'public modulus prose text16' "$COPP" chain verify "$good" --anchor
told 2 'public prose' "$COPP" srm verify "$VECTORS/srm-facsimile.bin" --key
told 2 'private privateder private_ec prose' "$COPP" handshake open "$dir/sealed" --key
told 2 '' "$COPP" handshake open --key "$VECTORS/leaf.pem"
for kind in html list16 srm1; do # the adapter's keys take their time
    expect 2 "$COPP" status --json --adapter "$is/$kind"
    holds ".error | contains(\"it is $(name_of $kind)\")"
done

begin events_in_utf_16_are_named
echo 'unplug HDMI-1' | utf16 1 0 >"$dir/events"
expect 2 "$COPP" status --events "$dir/events"
complains 'line 1: holds a NUL character, as text in UTF-16 does: save it as UTF-8$'

begin the_size_is_no_answer
{ cat "$is/html" && head -c 70000 /dev/zero | tr '\000' x; } >"$dir/page"
expect 2 "$COPP" chain verify --json "$dir/page"
holds '.error | test("has more than the 65536 bytes.*a web page")'

finish

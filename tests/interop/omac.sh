#!/bin/sh
# copp omac against RFC 4493 and against openssl mac
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
key=2b7e151628aed2a6abf7158809cf4f3c

begin rfc4493 CMD-1
echo $key >"$dir/key"
message=6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710
printf %s $message | unhex >"$dir/message"
for vector in '0 bb1d6929e95937287fa37d129b756746' '16 070a16b46b4d4144f79bdd9dd04a287c' \
    '40 dfa66747de9ae63030ca32611497c827' '64 51f0bebf7e3b9d92fc49741779363cfe'; do
    head -c "${vector% *}" "$dir/message" >"$dir/part"
    same "$("$COPP" omac --key-file "$dir/key" "$dir/part")" "${vector#* }" "${vector% *} bytes"
    same "$("$COPP" omac -k "$dir/key" <"$dir/part")" "${vector#* }" "${vector% *} bytes of standard input"
done

begin openssl_agrees CMD-1 QRY-2
printf %s $key | unhex >"$dir/raw"
for size in 1 15 17 4080 4096 100000; do
    openssl rand -out "$dir/part" $size
    wanted=$(openssl mac -cipher AES-128-CBC -macopt "hexkey:$key" -in "$dir/part" CMAC | tr A-F a-f)
    same "$("$COPP" omac --key-file "$dir/raw" "$dir/part")" "$wanted" "$size bytes"
done
expect 0 "$COPP" omac --key-file "$dir/key" --json "$dir/part"
holds ".tag == \"$wanted\" and .size == 100000"

begin recorded_command CMD-1
jq -r '.sessions[0].session_key' "$VECTORS/sessions.json" >"$dir/key"
jq -r '.sessions[0].set_hdcp_1_command' "$VECTORS/sessions.json" | unhex >"$dir/command"
same "$(wc -c <"$dir/command")" 4096 "the command"
bytes "$dir/command" 16 4080 >"$dir/signed"
same "$("$COPP" omac --key-file "$dir/key" "$dir/signed")" "$(bytes "$dir/command" 0 16 | hex)" macKDI

begin bad_keys
for bad in '' 00 ${key}0 ${key}00 zz7e151628aed2a6abf7158809cf4f3c; do
    printf %s "$bad" >"$dir/bad"
    expect 2 "$COPP" omac --key-file "$dir/bad" "$dir/part"
    complains 'is not a key'
    lacks "$dir/err" "$key" "the key is shown"
done
expect 2 "$COPP" omac "$dir/part"
complains '--key-file is required'

finish

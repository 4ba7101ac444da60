#!/bin/sh
# endian.sh SOURCE_ROOT: the wire is the same on a big-endian machine (s390x, emulated) as on this one.
set -eu

root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# what the wire is made of, and what that stands on
wire="$root/src/base/memory.c $root/src/wire/cursor.c $root/src/wire/messages.c $root/src/wire/names.c $root/src/wire/handshake_bytes.c"
wire="$wire $root/src/wire/opm.c $root/src/wire/opm_codes.c $root/src/wire/requests.c"
build() {
    # shellcheck disable=SC2086 # a list of files
    "$1" -std=c11 -Wall -Werror -static -I"$root/include" -I"$root/src" "$root/tests/endian/endian.c" $wire -o "$2"
}
build cc "$work/here"
build s390x-linux-gnu-gcc "$work/there"
[ "$(od -An -tx1 -j5 -N1 "$work/there" | tr -d ' ')" = 02 ] # the ELF header says big-endian
"$work/here" >"$work/here.txt"
qemu-s390x "$work/there" >"$work/there.txt"
[ "$(wc -l <"$work/here.txt")" -gt 20 ]
diff -u "$work/here.txt" "$work/there.txt"
echo "the wire reads and writes alike on little-endian and big-endian machines"

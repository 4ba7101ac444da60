#!/bin/sh
# make_faulty.sh NM AR OBJCOPY ARCHIVE OUT FAULTS...: the archive once more, in which each NAME of FAULTS is called faulty_NAME.
# Fails unless each of them is: a call that keeps its name never fails, and a test with it proves nothing.
set -eu
nm=$1 ar=$2 objcopy=$3 archive=$4 out=$5
shift 5
symbols=$(dirname "$0")/symbols.sh

sed -n 's/^FAULT_[A-Z]*(\([A-Za-z0-9_]*\).*/\1/p' "$@" | sort >"$out.wanted"
sh "$symbols" "$nm" "$archive" |
    awk 'NR == FNR { wanted[$1] = 1; next } $1 == "C" && $3 in wanted { print $2, $4 }' "$out.wanted" - >"$out.names"
# meson's own archives only name the objects; one that holds them is what objcopy takes
rm -f "$out"
printf 'create %s\naddlib %s\nsave\nend\n' "$out" "$archive" | "$ar" -M
"$objcopy" --redefine-syms "$out.names" "$out"

sh "$symbols" "$nm" "$out" | sed -n 's/^C [^ ]* faulty_\([^ ]*\) .*/\1/p' | sort >"$out.made"
if [ ! -s "$out.wanted" ] || ! cmp -s "$out.wanted" "$out.made"; then
    echo "make_faulty.sh: the library does not call these, or calls them still by their own names:"
    comm -23 "$out.wanted" "$out.made"
    rm -f "$out"
    exit 1
fi

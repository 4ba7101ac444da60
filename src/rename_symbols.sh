#!/bin/sh
# rename_symbols.sh AR NM OBJCOPY ARCHIVE OUT: the archive once more, in which each NAME that it defines is other_NAME.
set -eu
ar=$1 nm=$2 objcopy=$3 archive=$4 out=$5

"$nm" --defined-only --extern-only "$archive" | sed -n 's/^[0-9a-f]* [A-Z] \([a-z_][A-Za-z0-9_]*\)$/\1 other_\1/p' | sort -u >"$out.names"
# meson's own archives only name the objects; one that holds them is what objcopy takes
rm -f "$out"
printf 'create %s\naddlib %s\nsave\nend\n' "$out" "$archive" | "$ar" -M
"$objcopy" --redefine-syms "$out.names" "$out"

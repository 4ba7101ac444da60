#!/bin/sh
# make_faulty.sh AR OBJCOPY ARCHIVE OUT FAULTS...: the archive once more, in which each NAME of FAULTS is called faulty_NAME.
set -eu
ar=$1 objcopy=$2 archive=$3 out=$4
shift 4

sed -n 's/^FAULT_[A-Z]*(\([A-Za-z0-9_]*\).*/\1 faulty_\1/p' "$@" >"$out.names"
# meson's own archives only name the objects; one that holds them is what objcopy takes
rm -f "$out"
printf 'create %s\naddlib %s\nsave\nend\n' "$out" "$archive" | "$ar" -M
"$objcopy" --redefine-syms "$out.names" "$out"

#!/bin/sh
# check_prefix.sh NM ARCHIVE: fails where the archive defines a global that does not begin with copp_: a program that links it
# may have one of the same name. Names that begin with _ are the compiler's (32-bit Windows puts one more before each).
set -eu

"$1" -g --defined-only "$2" | awk '
    NF == 3 { names[$3] }
    NF == 3 && $3 ~ /^_copp_/ { decorated = 1 }
    END {
        for (symbol in names) {
            name = symbol
            if (decorated) sub(/^_/, "", name)
            count += name ~ /^copp_/
            if (name ~ /^(copp_|_|\.)/) continue
            print symbol, "is a global of the archive and does not begin with copp_"
            bad = 1
        }
        if (!count) print "no symbols?"
        exit bad || !count
    }'

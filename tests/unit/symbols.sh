#!/bin/sh
# symbols.sh NM ARCHIVE: a line for each symbol that the archive defines (D) or calls (C): which of the two, the symbol, its name
# in C, and the symbol of the function faulty_NAME.
#
# 32-bit Windows decorates names: malloc is _malloc, and CloseHandle of a DLL __imp__CloseHandle@4. Everywhere else the name
# is the symbol. Which it is the archive's own functions say.
set -eu

"$1" "$2" | awk '
    NF == 2 && $1 == "U" { found["C " $2] = $2 }
    NF == 3 { found["D " $3] = $3 }
    NF == 3 && $2 == "T" && $3 ~ /^_copp_/ { prefix = "_" }
    END {
        for (line in found) {
            name = found[line]
            if (prefix != "") {
                if (!sub(/^__imp__/, "__imp_", name)) sub(/^_/, "", name)
                sub(/@[0-9]+$/, "", name)
            }
            print line, name, prefix "faulty_" name
        }
    }' | sort

# shellcheck shell=bash
# How the tree hangs together: no circle of includes or of calls, no name that had been given up, and what the library imports.

# The include graph, "A B" where A includes B. A header and the source of the same name are one node: x.c and x.h.
include_edges() {
    local file line name place
    while IFS=: read -r file line name; do
        for place in "${file%/*}" src include .; do
            [ -f "$place/$name" ] || continue
            echo "${file%.[ch]} $(realpath --relative-to=. "$place/${name%.[ch]}")"
            break
        done
    done < <(includes '"' "${c_directories[@]}") | awk '$1 != $2' | sort -u
}

lint_circles() {
    local loops
    loops=$(include_edges | tsort 2>&1 >/dev/null) || true
    [ -z "$loops" ] || { echo "files that include each other in a circle (tsort):" && echo "$loops" && return 1; }
}

# "file identifier", each once a file, comments and strings aside.
identifiers() {
    local file
    c_files | while read -r file; do
        gcc -fpreprocessed -dD -E -P "$file" 2>/dev/null | sed -E 's/"([^"\\]|\\.)*"//g' | grep -oE '[A-Za-z_][A-Za-z0-9_]*' | sort -u | sed "s|^|$file |"
    done
}

lint_old_names() {
    identifiers | awk '
        NR == FNR { if ($0 !~ /^#/ && NF == 3) { where[$2] = where[$2] " " $1; now[$2, $1] = $3 } next }
        $2 in where {
            count = split(where[$2], places, " ")
            for (i = 1; i <= count; i++)
                if (places[i] == "." || index($1, places[i] "/") == 1 || $1 == places[i]) {
                    print $1 ": " $2 " is now called " now[$2, places[i]]
                    bad = 1
                }
        }
        END { exit bad }' scripts/old-names.txt -
}

# "file name" for each name of the C library's that an object of libcopp takes from outside. Prefixes are those of our own names
# and of the libraries that src/ may use; "fstat64" is fstat.
library_imports() {
    local object file
    jq -r '.[] | select(.output | test("^src/libcopp[^/]*\\.p/")) | "\(.output) \(.file)"' "$1/compile_commands.json" | while read -r object file; do
        file=$(realpath --relative-to="$top" "$1/$file")
        nm -u "$1/$object" | awk -v file="$file" '{ sub(/@.*/, "", $2); sub(/^__isoc[0-9]*_/, "", $2); sub(/64$/, "", $2); print file, $2 }'
    done | grep -vE ' (_|[A-Z]|copp_|d2i_|i2d_|gcry_|ini_)' | sort -u
}

lint_imports() {
    library_imports "$lint_build" | awk '
        function covers(place, file) { return place == "." || place == file || index(file, place "/") == 1 }
        NR == FNR { if ($0 !~ /^#/) for (i = 2; i <= NF; i++) { places[$i] = places[$i] " " $1; listed[$1 " " $i] = 1 } next }
        {
            count = split(places[$2], where, " ")
            allowed = 0
            for (i = 1; i <= count; i++)
                if (covers(where[i], $1)) { allowed = 1; delete listed[where[i] " " $2] }
            if (!allowed) { print $1 " takes " $2 " from the C library"; bad = 1 }
        }
        END {
            for (name in listed) { print "scripts/imports.txt: nothing there takes it any more: " name; bad = 1 }
            exit bad
        }' scripts/imports.txt -
}

# What is linked together in a build directory: libcopp as archives, anything else as a directory of objects. Tests are not looked at.
linked_together() {
    find "$1/src" -maxdepth 1 -name 'libcopp*.a' ! -name '*-renamed.a' ! -name '*.dll.a'
    find "$1" -name '*.p' -type d ! -path "$1/src/*" ! -path "$1/tests/*" ! -path "$1/examples/*" ! -path "$1/fuzz/*"
}

# call_edges NM WHAT: "A B" where object A uses a name that object B has. What is written in assembler belongs to the C beside it.
call_edges() {
    { if [ -d "$2" ]; then find "$2" \( -name '*.c.o' -o -name '*.c.obj' \) -exec "$1" -A -P {} +; else "$1" -A -P "$2"; fi; } | awk '
        { sub(/:$/, "", $1) }
        $3 ~ /^[TDBRC]$/ { home[$2] = $1 }
        $3 == "U" { user[$2] = user[$2] " " $1 }
        END {
            for (name in user) {
                count = split(user[name], users, " ")
                for (i = 1; i <= count; i++)
                    if (name in home && home[name] != users[i]) print users[i], home[name]
            }
        }' | sort -u
}

# no_circle_of_calls NM BUILD-DIRECTORY
no_circle_of_calls() {
    local what loops bad=0
    while read -r what; do
        loops=$(call_edges "$1" "$what" | tsort 2>&1 >/dev/null) || true
        [ -z "$loops" ] || { echo "$what: files that call each other in a circle (tsort):" && echo "$loops" && bad=1; }
    done < <(linked_together "$2")
    return "$bad"
}

lint_calls() { no_circle_of_calls nm "$lint_build"; }

lint_calls_windows() { no_circle_of_calls x86_64-w64-mingw32-nm build/win64; }

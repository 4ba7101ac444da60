# shellcheck shell=bash
# docs/abi.md's promise, held against the last release by libabigail: a program that was built with it runs with this library.

readonly abi_dir=$top/build/check-abi
readonly abi_libraries=(src/libcopp.so outputs/wayland/libcopp-wayland.so outputs/kms/library/libcopp-kms.so)
readonly abi_headers=(include outputs/wayland outputs/kms/library)

check_abi() {
    local release
    rm -rf "$abi_dir"
    mkdir -p "$abi_dir"
    abi_selftest
    release=$(git describe --tags --abbrev=0 --match 'v[0-9]*' --match '[0-9]*' 2>/dev/null) || {
        report "no release has been tagged: only the comparison itself was tested"
        return 0
    }
    abi_release "$release"
}

# abi_release TAG: the libraries as of that tag, against those that have just been built.
abi_release() {
    local old=$abi_dir/release library directory headers=() bad=0
    mkdir -p "$old/tree"
    git archive "$1" | tar -x -C "$old/tree"
    meson setup "$old/build" "$old/tree" -Dtests=false -Dbench=false -Dwerror=false >"$old/setup.log" 2>&1 ||
        { cat "$old/setup.log" && return 1; }
    meson compile -C "$old/build" >"$old/compile.log" 2>&1 || { tail -n 40 "$old/compile.log" && return 1; }
    for directory in "${abi_headers[@]}"; do
        [ ! -d "$old/tree/$directory" ] || headers+=("$old/tree/$directory")
    done
    for library in "${abi_libraries[@]}"; do
        [ -e "$old/build/$library" ] || continue
        if [ "$(abi_soname "$old/build/$library")" != "$(abi_soname "$lint_build/$library")" ]; then
            report "${library##*/}: another soname than in $1, so nothing is promised"
        elif abi_holds "$old/build/$library" "$lint_build/$library" "${headers[@]}"; then
            report "${library##*/}: what was built with $1 runs with it"
        else
            echo "${library##*/} breaks what docs/abi.md promises to programs built with $1" && bad=1
        fi
    done
    return "$bad"
}

abi_soname() { objdump -p "$1" | sed -n 's/^ *SONAME *//p'; }

# abi_holds OLD NEW OLD-HEADERS...: what is added is of no harm; what is gone, or has changed, is.
abi_holds() {
    local old=$1 new=$2 rules=$abi_dir/growing.abignore
    shift 2
    growing_structs "$@" | growing_rules >"$rules"
    abidiff --suppressions "$rules" --no-added-syms "$old" "$new" && abi_members_stay "$old" "$new"
}

# abi_members_stay OLD NEW: the rules above let a struct grow, and are content as well where only a member changed.
abi_members_stay() {
    local changes
    changes=$(abidiff --leaf-changes-only --no-added-syms "$1" "$2") || [ $(($? & 3)) -eq 0 ] || return 1
    ! grep -B 3 -A 3 -E 'data member (change|deletion)s?:' <<<"$changes"
}

# growing_structs DIRECTORY...: those structs of the headers there that begin with their size.
growing_structs() {
    local header
    find "$@" -name '*.h' -print | while read -r header; do
        gcc -fpreprocessed -dD -E -P "$header" 2>/dev/null | tr '\n' ' ' | grep -oE 'struct [a-z0-9_]+ \{ *size_t size;' | awk '{ print $2 }'
    done | sort -u
}

# What may happen to them: members are added at the end.
growing_rules() {
    while read -r name; do
        cat <<RULE
[suppress_type]
  type_kind = struct
  name = $name
  has_size_change = yes
  has_data_member_inserted_at = end
RULE
    done
}

# The comparison sees what it is for: a small library, and what may be done to it and what may not.
abi_selftest() {
    local made=$abi_dir/selftest
    mkdir -p "$made/old" "$made/new"
    cat >"$made/first.h" <<'C'
#include <stddef.h>
struct config { size_t size; int one; void *two; };
struct fixed { int one; int two; };
enum result { RESULT_OK = 0, RESULT_BAD = -1 };
enum result open_it(const struct config *config, struct fixed *fixed);
int close_it(int which);
C
    abi_library "$made/old" "$made/first.h"
    abi_case allowed "nothing changed" ''
    abi_case allowed "a function was added" 's/^int close_it.*/&\nint more(void);/'
    abi_case allowed "a result was added" 's/RESULT_BAD = -1/&, RESULT_WORSE = -2/'
    abi_case allowed "a struct with a size grew at its end" 's/void \*two;/& long three;/'
    abi_case refused "a function was taken away" '/close_it/d'
    abi_case refused "a parameter changed" 's/close_it(int which)/close_it(const char *which)/'
    abi_case refused "a result has another value" 's/RESULT_BAD = -1/RESULT_BAD = -7/'
    abi_case refused "a struct with a size grew in its middle" 's/int one; void/int one; long three; void/'
    abi_case refused "a member of such a struct changed" 's/void \*two/long two[2]/'
    abi_case refused "a struct without a size grew" 's/int one; int two;/& int three;/'
}

# abi_case allowed|refused WHAT EDIT: the library, its header changed by sed.
abi_case() {
    local made=$abi_dir/selftest verdict=refused
    sed "$3" "$made/first.h" >"$made/second.h"
    [ -z "$3" ] || ! cmp -s "$made/first.h" "$made/second.h" || { echo "self-test: $2: nothing was changed" && return 1; }
    abi_library "$made/new" "$made/second.h"
    ! abi_holds "$made/old/libx.so" "$made/new/libx.so" "$made/old" >"$made/diff.txt" 2>&1 || verdict=allowed
    [ "$verdict" = "$1" ] || { cat "$made/diff.txt" && echo "self-test: $2: $verdict, and should be $1" && return 1; }
}

# abi_library DIRECTORY HEADER: a library there that defines what the header declares.
abi_library() {
    rm -rf "$1"
    mkdir "$1"
    cp "$2" "$1/x.h"
    {
        echo '#include "x.h"'
        grep -E '\);$' "$2" | sed 's/;$/ { return 0; }/'
    } >"$1/x.c"
    gcc -std=c11 -g -O0 -w -shared -fPIC -Wl,-soname,libx.so.0 -o "$1/libx.so" "$1/x.c"
}

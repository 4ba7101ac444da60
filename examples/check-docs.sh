#!/bin/sh
# check-docs.sh DOCS HEADERS EXAMPLE...: fails unless every C block in the directory DOCS is, line for line, part of an
# example, which the tests build and run, and docs/api.md names every header. The first block of api.md is all of minimal.c.
set -eu
docs=$1 headers=$2
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

awk -v dir="$dir" '/^```c$/ { file = sprintf("%s/%02d", dir, ++count); next } /^```$/ { file = "" } file { print >file }' "$docs"/*.md
for block in "$dir"/[0-9]*; do
    found=
    for example; do
        # index() over whole files: as text, not as a pattern
        if awk 'FNR == 1 { file++ } { text[file] = text[file] $0 "\n" } END { exit !index("\n" text[2], "\n" text[1]) }' "$block" "$example"
        then found=$example; fi
    done
    [ -n "$found" ] || { bad=1; echo "a C block of the documentation is in no example:"; cat "$block"; } >&2
done
[ -e "$dir/02" ] || { bad=1; echo "no C blocks in $docs?" >&2; }
minimal=$(for example; do case $example in */minimal.c) echo "$example" ;; esac; done)
cmp "$dir/01" "$minimal" >&2 || bad=1
[ "$(wc -l <"$minimal")" -eq 25 ] || { bad=1; echo "minimal.c has $(wc -l <"$minimal") lines, not 25"; } >&2
for header in "$headers"/*.h; do
    grep -q "^| .*\`${header##*/}\`" "$docs/api.md" || { bad=1; echo "docs/api.md has no row for ${header##*/}"; } >&2
done
exit "$bad"

#!/bin/sh
# check-api.sh API.MD EXAMPLE: fails unless the first C block of the documentation is the example, all 25 lines of it.
set -eu
awk '/^```c$/ { inside = 1; next } inside && /^```$/ { exit } inside' "$1" | diff "$2" - ||
    { echo "docs/api.md shows another program than examples/minimal.c: copy the file into the first \`\`\`c block" >&2; exit 1; }
[ "$(wc -l <"$2")" -eq 25 ] || { echo "examples/minimal.c has $(wc -l <"$2") lines, not 25" >&2; exit 1; }

#!/bin/sh
# sample.sh SAMPLE CONFIG_C MANUAL: the sample configuration has every setting that coppd knows and coppd.conf(5) describes, and
# no other. (test_daemon_sample.c: each with its default.)
set -eu
sample=$1 code=$2 manual=$3
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

fail() {
    echo "FAILED: $*"
    cat "$directory/said" 2>/dev/null || true
    exit 1
}
check() { "$COPPD" --config "$1" --check-config >"$directory/said" 2>&1 || fail "is refused: $(cat "$1")"; }

# "SECTION NAME" of each setting
sed -n 's/^    [A-Z]*("\([a-z]*\)", "\([a-z_]*\)",.*/\1 \2/p' "$code" | sort >"$directory/code"
awk '/^# \[/ { gsub(/[^a-z]/, ""); section = $0 } /^\*[a-z_]+\*$/ { gsub(/\*/, ""); print section, $0 }' "$manual" |
    sort >"$directory/manual"
awk '/^\[/ { gsub(/[^a-z]/, ""); section = $0 } /^#[a-z_]+ =/ { print section, substr($1, 2) }' "$sample" |
    sort >"$directory/sample"
[ "$(wc -l <"$directory/code")" -gt 10 ] || fail "no settings found in $code"
diff "$directory/code" "$directory/sample" || fail "coppd's settings (<) are not the sample's (>)"
diff "$directory/code" "$directory/manual" || fail "coppd's settings (<) are not the manual's (>)"

# as it is, and with everything in it given: places of the test's own, where the machine's are not to be touched
places="socket = $directory/socket\nstate_directory = $directory\nruntime_directory = $directory/outputs"
sed "s|^\[daemon\]$|&\n$places|" "$sample" >"$directory/as-it-is.conf"
check "$directory/as-it-is.conf"
sed -e 's/^#\([a-z_]* =\)/\1/' "$sample" >"$directory/all.conf"
sed -i -e "s|^socket = .*|$places|" -e '/^state_directory = \/var/d' -e '/^runtime_directory = \/run/d' "$directory/all.conf"
check "$directory/all.conf"

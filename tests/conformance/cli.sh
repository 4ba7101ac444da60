#!/bin/sh
# copp test driver as people and continuous integration use it: results, exit status, and the forms of the report.
# shellcheck source=tests/interop/lib.sh
. "$INTEROP_LIB"
cat >"$dir/fails.ini" <<'INI'
[output A]
type = hdmi
modes = 1080p60
protections = hdcp
ksv = b70361f714
hdcp_fails = yes
INI

begin all_cases_pass
expect 0 "$COPP" test driver --device embedded
grep -q ' 0 failed' "$dir/out" || fail "$(cat "$dir/out")"
grep -q '^seed [0-9]' "$dir/out" || fail "no seed"
grep -qx 'simulated: protects nothing' "$dir/out" || fail "not told to be simulated"
expect 0 "$COPP" test driver --device embedded --json
holds '.counts.fail == 0 and .counts.error == 0 and .counts.not_supported == 0 and .counts.pass == (.cases | length) and .counts.pass > 200'

begin a_failure_is_shown
expect 1 "$COPP" test driver --adapter "$dir/fails.ini" --only DRV-CMD-4-1
for line in '^fail  *DRV-CMD-4-1 ' '^    rule:  CMD-4$' '^    right: .*S_OK' '^    seen:  .*E_UNEXPECTED' 'bytes: message 4, request, offset 40: 01 00 00 00' \
    'session 1  command: E_UNEXPECTED'; do
    grep -q -e "$line" "$dir/out" || fail "no $line in $(cat "$dir/out")"
done
expect 1 "$COPP" test driver --adapter "$dir/fails.ini" --only DRV-CMD-4-1 --json
holds '.counts.fail == 1 and (.cases[0] | .rule == "CMD-4" and .marks[0].offset == 40 and (.messages[3].request | length == 8192))'

begin expected_failures
printf '# known\nDRV-CMD-4-1 # HDCP does not come up\n\n  DRV-CMD-2-3\n' >"$dir/expected"
expect 0 "$COPP" test driver --adapter "$dir/fails.ini" --only DRV-CMD-4-1 --expect "$dir/expected"
grep -q '^expected failure' "$dir/out" || fail "not told"
expect 0 "$COPP" test driver --adapter "$dir/fails.ini" --only DRV-CMD-2-3 --expect "$dir/expected"
grep -q '^unexpected pass' "$dir/out" || fail "not told"
expect 1 "$COPP" test driver --adapter "$dir/fails.ini" --only DRV-CMD-2-3 --expect "$dir/expected" --strict
echo DRV-CMD-99-1 >"$dir/expected"
expect 2 "$COPP" test driver --device embedded --expect "$dir/expected"
grep -q "'DRV-CMD-99-1' is not the id of a case" "$dir/err" || fail "$(cat "$dir/err")"
grep -q 'copp test driver --list shows the ids' "$dir/err" || fail "no remedy"

begin not_supported
expect 0 "$COPP" test driver --adapter "$dir/fails.ini" --only DRV-CMD-4-2
grep -q '^not supported .*DRV-CMD-4-2' "$dir/out" || fail "not told"
grep -q 'ACP' "$dir/out" || fail "not told what is missing"
expect 1 "$COPP" test driver --adapter "$dir/fails.ini" --only DRV-CMD-4-2 --strict
expect 0 "$COPP" test driver --device embedded --output HDMI-1 --only DRV-CMD-4-2
expect 2 "$COPP" test driver --device embedded --output HDMI-9
grep -q 'HDMI-9: not an output of this driver, which has: HDMI-1, ' "$dir/err" || fail "no outputs are named: $(cat "$dir/err")"

begin patterns
expect 0 "$COPP" test driver --list --only 'DRV-CERT-1?-1,DRV-CMD-3-1'
same "$(wc -l <"$dir/out")" 5 'cases that match'
for only in 'DRV-XYZ-*' 'DRV-CMD-3-1,DRV-XYZ-1-1' APP-APP-3-1 '' ','; do
    for what in --list '--device=embedded' "--device=unix:$dir/no-driver"; do # what is misspelt is told before a driver is looked for
        expect 2 "$COPP" test driver "$what" --only "$only"
        grep -q 'copp test driver --list shows the ids' "$dir/err" || fail "no remedy: $(cat "$dir/err")"
        [ ! -s "$dir/out" ] || fail "goes on: $(cat "$dir/out")"
    done
done
expect 2 "$COPP" test driver --device embedded --only 'DRV-CMD-3-1,DRV-OPM-SET-4-*'
grep -q 'give --semantics opm as well' "$dir/err" || fail "$(cat "$dir/err")"
expect 2 "$COPP" test driver --device embedded --semantics opm --only DRV-CMD-3-1
grep -q 'give --semantics copp as well' "$dir/err" || fail "$(cat "$dir/err")"
expect 0 "$COPP" test driver --list --semantics opm
grep -q '^DRV-OPM-CERT-' "$dir/out" || fail "OPM's cases are missing"
! grep -q '^DRV-CERT-' "$dir/out" || fail "COPP's cases are among OPM's"
expect 0 "$COPP" test driver --list --json
holds 'length > 200 and all(.[]; (.id | test("^DRV-[A-Z-]+-[0-9]+-[0-9]+$")) and (.rules | length > 0) and (.title | length > 0) and (.source | length > 0)
    and (.sends | length > 0) and (.right | length > 0)) and (map(.id) | unique | length) == length'

begin a_seed_repeats_a_run
messages() {
    expect 1 "$COPP" test driver --adapter "$dir/fails.ini" --only "$2" --seed "$1" --json
    jq -r '.cases[] | select(.id == "DRV-CMD-4-1") | .messages[] | select(.kind == "command") | .request' "$dir/out"
}
first=$(messages 5 DRV-CMD-4-1)
same "$(messages 5 DRV-CMD-4-1)" "$first" 'the same seed'
same "$(messages 5 'DRV-CMD-*')" "$first" 'among other cases'
[ "$(messages 6 DRV-CMD-4-1)" != "$first" ] || fail "another seed makes no difference"

begin junit
expect 1 "$COPP" test driver --adapter "$dir/fails.ini" --only 'DRV-CMD-4-1,DRV-CMD-4-2,DRV-CMD-1-2' --junit "$dir/results.xml"
cat >"$dir/junit.py" <<'PYTHON'
import sys
import xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("3", "1", "0", "1"), suite.attrib
cases = {case.get("name").split(":")[0]: case for case in suite.findall("testcase")}
assert cases["DRV-CMD-4-1"].find("failure").get("type") == "CMD-4"
assert "E_UNEXPECTED" in cases["DRV-CMD-4-1"].find("failure").get("message")
assert cases["DRV-CMD-4-2"].find("skipped") is not None
assert len(cases["DRV-CMD-1-2"]) == 0
PYTHON
python3 "$dir/junit.py" "$dir/results.xml" || fail "$(cat "$dir/results.xml")"
expect 2 "$COPP" test driver --device embedded --only DRV-CMD-1-1 --junit "$dir/none/results.xml"

begin a_page_says_how_to_repeat_a_case
cp "$dir/fails.ini" "$dir/it's \$one.ini"
expect 1 "$COPP" test driver --adapter "$dir/it's \$one.ini" --output A --settle 20 --only DRV-CMD-4-1 --html "$dir/page.html"
sed -n 's|.*<dt>Repeat</dt><dd><code>copp \([^<]*\)</code>.*|\1|p' "$dir/page.html" | head -n 1 |
    sed "s/&#39;/'/g; s/&quot;/\"/g; s/&amp;/\&/g" >"$dir/repeat"
expect 1 sh -c "\"\$COPP\" $(cat "$dir/repeat")"
grep -q '^fail  *DRV-CMD-4-1 ' "$dir/out" || fail "is not repeated by $(cat "$dir/repeat")"
grep -q -e '--output A --settle 20 --only DRV-CMD-4-1 --seed [0-9]' "$dir/repeat" || fail "$(cat "$dir/repeat")"

finish

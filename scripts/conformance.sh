# shellcheck shell=bash
# docs/conformance.md, which is made of the cases that the tool lists, and the table fault -> cases.

readonly conformance_document=docs/conformance.md
readonly rules_without_a_case=conformance/rules-without-a-case.txt

# conformance_cases COPP: all cases, of drivers and of players, as one JSON array
conformance_cases() {
    local suite
    for suite in driver player; do
        [ -f "cli/commands/cmd_test_$suite.c" ] && "$1" test "$suite" --list --json
    done | jq -s 'add'
}

# A rule that has neither a case nor a reason, or both, and reasons for what is not a rule. OPM's rules are looked at once it has
# cases.
conformance_gaps() {
    local cases=$1 rule covered reasons bad=0 opm
    covered=$(jq -r '.[].rules' "$cases" | tr ' ' '\n' | sort -u)
    reasons=$(sed -nE 's/^([A-Z][A-Z0-9-]*) .*/\1/p' "$rules_without_a_case" | sort)
    opm=$(jq 'any(.[]; .semantics == "opm")' "$cases")
    while read -r rule; do
        case $rule in
            OPM-*) [ "$opm" = true ] || continue ;;
        esac
        if grep -qxF -- "$rule" <<<"$covered"; then
            ! grep -qxF -- "$rule" <<<"$reasons" || { echo "$rule: has a case, and a reason why it has none" && bad=1; }
        else
            grep -qxF -- "$rule" <<<"$reasons" || { echo "$rule: no case, and no reason in $rules_without_a_case" && bad=1; }
        fi
    done < <(rule_ids)
    rule=$(comm -23 <({ echo "$covered" && echo "$reasons"; } | sort -u) <(rule_ids | sort))
    [ -z "$rule" ] || { echo "not a rule of docs/protocol.md: ${rule//$'\n'/ }" && bad=1; }
    rule=$(uniq -d <<<"$reasons")
    [ -z "$rule" ] || { echo "two reasons: ${rule//$'\n'/ }" && bad=1; }
    rule=$(jq -r 'group_by(.id)[] | select(length > 1) | .[0].id' "$cases")
    [ -z "$rule" ] || { echo "two cases of one id: ${rule//$'\n'/ }" && bad=1; }
    return "$bad"
}

# conformance_markdown CASES
conformance_markdown() {
    cat <<'TEXT'
# The conformance cases

This page is made of what `copp test driver --list` and `copp test player --list` know (`scripts/conformance.sh`); do not edit it.
Each case has an id: whose behaviour it judges (DRV a driver's, APP a player's), the rule of [protocol.md](protocol.md), and a number. Cases
marked ⚡ are hostile: no correct application does that. copp-test(1) says how to run them.

TEXT
    jq -r '
        def cell: gsub("\\|"; "\\|");
        def family: .id | capture("^(?<side>DRV|APP)-(?<family>[A-Z]+(-[A-Z]+)*)-") | "\(.side)-\(.family)";
        "\(length) cases: \(map(select(.hostile)) | length) of them hostile.\n",
        (group_by(family) | sort_by(.[0] | family)[]
         | "## \(.[0] | family)\n",
           "| case | what it is about | rules | sent or done | right | from |",
           "|---|---|---|---|---|---|",
           (sort_by(.id | split("-") | map(tonumber? // 0))[] | "| \(.id)\(if .hostile then " ⚡" else "" end) | \(.title | cell) | \(.rules) | \(.sends | cell) | \(.right | cell) | \(.source | cell) |"),
           "")' "$1"
    echo '## Rules without a case'
    echo
    echo '| rule | why |'
    echo '|---|---|'
    sed -nE 's/^([A-Z][A-Z0-9-]*) (.*)/| \1 | \2 |/p' "$rules_without_a_case"
}

# check_conformance BUILD-DIRECTORY: the page is what the tool says, and no rule is left out.
check_conformance() {
    local cases bad=0
    cases=$(mktemp)
    conformance_cases "$1/copp" >"$cases"
    conformance_gaps "$cases" || bad=1
    conformance_markdown "$cases" | diff -u "$conformance_document" - >"$1/conformance.diff" ||
        { echo "$conformance_document is not what the tool says: ./dev conformance writes it" && head -n 20 "$1/conformance.diff" && bad=1; }
    report "$(jq -r '"\(length) cases, of which \(map(select(.hostile)) | length) are hostile"' "$cases")"
    rm -f "$cases"
    return "$bad"
}

# Writes the page anew.
write_conformance() {
    local cases
    cases=$(mktemp)
    build_gcc >&2
    conformance_cases "$lint_build/copp" >"$cases"
    conformance_gaps "$cases" || true
    conformance_markdown "$cases" >"$conformance_document"
    rm -f "$cases"
}

# fault_table BUILD-DIRECTORY: which cases find which fault, as the tests that ran last have printed it.
fault_table() {
    local name table='' line
    for name in $(jq -r '.name | capture("(?<it>conformance_matrix_[a-z]+)$").it' "$1/meson-logs/testlog.json" | sort); do
        table=$(jq -r --arg name "$name" 'select((.name | endswith($name)) and .result == "OK") | .stdout' "$1/meson-logs/testlog.json" | grep .) ||
            { report "$name: no table: it has not passed" && return 1; }
        report "${name#conformance_matrix_}: $(wc -l <<<"$table") faults, each of which is found; each case fails for one of them"
        while read -r line; do report "$(shorten_line "$line")"; done <<<"$table"
    done
    [ -n "$table" ]
}

shorten_line() {
    local words
    words=${1#* }
    printf '%-30s %s' "${1%% *}" "$(shorten "$words")"
}

# shellcheck shell=bash
# The table rule -> tests. docs/protocol.md lists the rules, one bullet each: "- **CERT-1** ...". A test that passes
# writes "RULE suite.test" to the file COPP_RULES_LOG names (see tests/unit/harness.h).

readonly rule_pattern='\b(OPM-(WIRE|CONST|ERR|OUT|CERT|INI|GET|SET|SRM|HDCP|STA|ARB|DDI|APP)|WIRE|CERT|CRL|SES|CMD|QRY|EVT|ARB|APP|BIND|SRM)-[0-9]+\b'

rule_ids() { sed -nE 's/^- \*\*((OPM-)?[A-Z]+-[0-9]+)\*\*.*/\1/p' docs/protocol.md; }

# "RULE file" for each rule that a source file cites, also as one of "CERT-4..6".
rule_code() {
    grep -roE --include='*.[ch]' "$rule_pattern(\.\.[0-9]+)?" "${rooms[@]}" --exclude-dir=conformance | awk -F: '{
        match($2, /[0-9]/)
        family = substr($2, 1, RSTART - 1)
        count = split(substr($2, RSTART), ends, /\.\./)
        for (number = ends[1] + 0; number <= ends[count] + 0; number++)
            print family number, $1
    }' | sort -u
}

# "RULE files" for each rule, in the order of docs/protocol.md: which files carry it out.
rule_files() {
    awk 'NR == FNR { files[$1] = files[$1] " " $2; next } { printf "%-8s%s\n", $1, files[$1] }' <(rule_code) <(rule_ids)
}

# rule_table LOG: fails on a rule no passed test proves, on one that no code cites, and on ids that are not rules. Writes which tests
# prove a rule to rules.txt, and which files carry it out to rules-code.txt.
rule_table() {
    local log=$1 rule word bad=0 unknown
    local table=${1%.log}.txt code_table=${1%.log}-code.txt
    declare -A tests=()
    while read -r rule word; do
        tests[$rule]+=" $word"
    done < <(sort -u "$log")

    : >"$table"
    rule_files >"$code_table"
    while read -r rule; do
        printf '%-8s %s\n' "$rule" "${tests[$rule]:-}" >>"$table"
        [ -n "${tests[$rule]:-}" ] || { report "$rule: no test that passed proves it" && bad=1; }
    done < <(rule_ids)
    while read -r rule word; do
        [ -n "$word" ] || { report "$rule: no code cites it" && bad=1; }
    done <"$code_table"
    [ -s "$table" ] || { report "docs/protocol.md lists no rules" && bad=1; }

    unknown=$({
        cut -d' ' -f1 "$log"
        # RULE-NUMBER is a conformance case about it, which conformance_gaps looks at
        grep -rhoIE --exclude-dir=vectors --exclude-dir=corpus "$rule_pattern(-[0-9]+)?" \
            "${rooms[@]}" tests fuzz bench examples man docs ./*.md | grep -vE -- '-[0-9]+-[0-9]+$'
    } | sort -u | grep -vxFf <(rule_ids) || true)
    [ -z "$unknown" ] || { report "cited, but not a rule of docs/protocol.md: ${unknown//$'\n'/ }" && bad=1; }

    while read -r rule word; do
        report "$(printf '%-8s %s' "$rule" "$(shorten "$word")")"
    done <"$table"
    report "(in full: ${table#"$top"/}; which files carry them out: ${code_table#"$top"/})"
    return "$bad"
}

# As many of the words as fit in a line, and how many more there are.
shorten() {
    local line='' words count=0 word
    read -ra words <<<"$1"
    for word in "${words[@]}"; do
        [ $((${#line} + ${#word})) -lt 90 ] || break
        line+="$word "
        count=$((count + 1))
    done
    [ "$count" -eq "${#words[@]}" ] || line+="+$((${#words[@]} - count)) more"
    printf '%s' "$line"
}

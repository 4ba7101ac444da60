# shellcheck shell=bash
# The table rule -> tests. docs/protocol.md lists the rules, one bullet each: "- **CERT-1** ...". A test that passes
# writes "RULE suite.test" to the file COPP_RULES_LOG names (see tests/unit/harness.h).

readonly rule_pattern='\b(WIRE|CERT|CRL|SES|CMD|QRY|EVT|ARB|APP|SRM)-[0-9]+\b'

rule_ids() { sed -nE 's/^- \*\*([A-Z]+-[0-9]+)\*\*.*/\1/p' docs/protocol.md; }

# rule_table LOG: fails on a rule no passed test proves, on one that no code cites, and on ids that are no rule.
rule_table() {
    local log=$1 rule code bad=0 unknown
    local table=${1%.log}.txt
    declare -A tests=()
    while read -r rule code; do
        tests[$rule]+=" $code"
    done < <(sort -u "$log")

    : >"$table"
    while read -r rule; do
        printf '%-8s %s\n' "$rule" "${tests[$rule]:-}" >>"$table"
        [ -n "${tests[$rule]:-}" ] || { report "$rule: no test that passed proves it" && bad=1; }
        cited "$rule" src include outputs transports daemon cli || { report "$rule: no code cites it" && bad=1; }
    done < <(rule_ids)
    [ -s "$table" ] || { report "docs/protocol.md lists no rules" && bad=1; }

    unknown=$({
        cut -d' ' -f1 "$log"
        grep -rhoIE --exclude-dir=vectors --exclude-dir=corpus "$rule_pattern" \
            src include outputs transports daemon cli tests fuzz bench examples man docs ./*.md
    } | sort -u | grep -vxFf <(rule_ids) || true)
    [ -z "$unknown" ] || { report "cited, but not a rule of docs/protocol.md: ${unknown//$'\n'/ }" && bad=1; }

    while read -r rule code; do
        report "$(printf '%-8s %s' "$rule" "$(shorten "$code")")"
    done <"$table"
    report "(in full: ${table#"$top"/})"
    return "$bad"
}

# cited RULE DIRECTORY...: "CERT-5", also as one of "CERT-4..6".
cited() {
    local rule=$1 family=${1%-*} number=${1#*-} from to
    shift
    ! grep -rqwE "$rule" "$@" || return 0
    while IFS=' ' read -r from to; do
        [ "$number" -lt "$from" ] || [ "$number" -gt "$to" ] || return 0
    done < <(grep -rhoE "\b$family-[0-9]+\.\.[0-9]+" "$@" | sed -E 's/.*-([0-9]+)\.\.([0-9]+)/\1 \2/' | sort -u)
    return 1
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

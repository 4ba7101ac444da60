#!/bin/sh
# faults.sh MANUAL ARGUMENT...: what `manual.py check` is there to find it finds. ARGUMENT... are those of a check that passes.
set -eu
manual=$1
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

# fault PAGE EXPRESSION MESSAGE [ARGUMENT...]: with the page changed by that expression of sed, the check fails with that message.
fault() {
    page=$1 expression=$2 message=$3
    shift 3
    mkdir -p "$dir/pages"
    sed "$expression" "$page" >"$dir/pages/${page##*/}"
    ! cmp -s "$page" "$dir/pages/${page##*/}" || { bad=1; echo "$expression changes nothing in $page" >&2; }
    count=$#
    for argument; do
        [ "$argument" != "$page" ] || argument=$dir/pages/${page##*/}
        set -- "$@" "$argument"
    done
    shift "$count"
    if "$manual" check "$@" >"$dir/said"; then
        bad=1
        echo "$expression is not found" >&2
    elif ! grep -q "$message" "$dir/said"; then
        bad=1
        echo "$expression: no word of \"$message\" in:" >&2
        cat "$dir/said" >&2
    fi
}

for argument; do
    case $argument in
    */copp_omac_new.3.scd) omac=$argument ;;
    */copp_session_protect.3.scd) session=$argument ;;
    esac
done
fault "$omac" 's/uint8_t \*tag/uint8_t *mac/' 'the header has' "$@"
fault "$omac" 's/^enum copp_result copp_omac_set_key/bool copp_omac_set_key/' 'the header has' "$@"
fault "$omac" 's/copp_omac_tag/copp_omac_sign/' 'copp_omac_sign is not exported' "$@"
fault "$omac" 's/copp_omac_tag/copp_omac_sign/' 'copp_omac_tag has no page' "$@"
fault "$omac" 's/^copp_omac_new, copp_omac_set_key,/copp_omac_new,/' 'NAME has' "$@"
fault "$omac" '/^# RETURN VALUE/d' 'its sections are' "$@"
fault "$omac" 's/^int main(/int other(/' 'is not a program' "$@"
fault "$omac" 's/\*libcopp\*(3)/*libcap*(3)/' 'libcap(3) does not exist' "$@"
fault "$session" 's/uint32_t acp;/uint32_t apc;/' 'the header has' "$@"
exit "$bad"

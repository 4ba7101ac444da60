# shellcheck shell=sh
# For the tests of the tool: sourced first. COPP is the tool, VECTORS the directory tests/vectors.
set -eu
# whatever daemon this machine runs
export COPP_DEVICE=embedded
: "${COPP:?the tool to test}" "${VECTORS:?tests/vectors}"

suite=$(basename "$0" .sh)
case=
count=0
dir=$(mktemp -d)
# and whatever lists
mkdir "$dir/state"
export COPP_STATE_DIR="$dir/state"
unset COPP_ANCHOR COPP_SRM_KEY || true
status=0
trap 'status=$?; rm -rf "$dir"; [ $status = 0 ] || echo "not ok $((count + 1)) - $suite.$case"' EXIT

fail() {
    echo "$suite.$case: $*" >&2
    exit 1
}

for tool in openssl jq perl; do
    command -v $tool >/dev/null || fail "$tool is needed"
done

# begin CASE [RULE...]: what follows belongs to CASE; the rules count as proven once it has ended well.
begin() {
    finish
    case=$1
    shift
    rules=$*
}
finish() {
    [ -z "$case" ] || count=$((count + 1))
    [ -z "$case" ] || echo "ok $count - $suite.$case"
    [ -z "${COPP_RULES_LOG-}" ] || for rule in ${rules-}; do
        echo "$rule $suite.$case" >>"$COPP_RULES_LOG"
    done
    rules=
}

# expect STATUS COMMAND...: output is in $dir/out, errors in $dir/err
expect() {
    expected=$1
    shift
    got=0
    "$@" >"$dir/out" 2>"$dir/err" || got=$?
    [ $got = "$expected" ] || {
        cat "$dir/out" "$dir/err" >&2
        fail "$* exits with $got, not $expected"
    }
}

# What the last expect printed must match
answers() {
    grep -q -e "$1" "$dir/out" || {
        cat "$dir/out" >&2
        fail "the answer lacks: $1"
    }
}
complains() {
    grep -q -e "$1" "$dir/err" || {
        cat "$dir/err" >&2
        fail "the error lacks: $1"
    }
}
# holds JQ-FILTER: on the JSON answer
holds() {
    jq -e "$1" "$dir/out" >/dev/null || {
        cat "$dir/out" >&2
        fail "the JSON answer does not hold: $1"
    }
}
# value JQ-FILTER
value() {
    jq -r "$1" "$dir/out"
}

same() {
    [ "$1" = "$2" ] || fail "$3: $1, not $2"
}
absent() {
    [ ! -e "$1" ] || fail "$1 is there"
}
# lacks FILE TEXT WHY: the bytes of TEXT are nowhere in FILE
lacks() {
    if LC_ALL=C grep -q -F -e "$2" "$1"; then
        fail "$3"
    fi
}
# refused COMMAND...: exits with anything but 0
refused() {
    if "$@"; then
        fail "$* went well"
    fi
}

# until_true COMMAND...: waits, a minute at most
until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] || fail "never: $*"
        sleep 0.05
    done
}

# bytes FILE OFFSET SIZE
bytes() {
    tail -c +$(($2 + 1)) "$1" | head -c "$3"
}
reversed() {
    perl -0777 -pe '$_ = reverse' "$1"
}
# hex and unhex are filters
hex() {
    od -An -v -tx1 | tr -d ' \n'
}
unhex() {
    perl -pe 'chomp; $_ = pack "H*", $_'
}
sha1() {
    openssl dgst -sha1 -r "$1" | cut -d' ' -f1
}
# verified KEY SIGNATURE FILE: as CERT-11 and CRL-2 have it, by another program
verified() {
    openssl dgst -sha1 -verify "$1" -signature "$2" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:0 "$3" >/dev/null
}

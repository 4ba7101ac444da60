# shellcheck shell=sh
# For tests of copp against coppd: sourced first. A directory, a configuration in it, and a coppd at the socket in it.
set -eu
: "${COPP:?the tool}" "${COPPD:?the daemon}"
directory=$(mktemp -d)
socket=$directory/socket
pid= # of coppd
children= # more to end with the test
end_all() {
    for child in $pid $children; do
        kill "$child" 2>/dev/null || true
    done
    wait
    rm -rf "$directory"
}
trap end_all EXIT
unset COPP_DEVICE COPP_ANCHOR COPP_SRM_KEY || true
mkdir "$directory/state"
export COPP_STATE_DIR="$directory/state"
mkfifo "$directory/events"
cat >"$directory/coppd.conf" <<CONF
[daemon]
socket = $socket
state_directory = $directory
[outputs]
backend = sim
events = $directory/events
CONF

fail() {
    echo "FAILED: $*"
    tail -n 40 "$directory/out" "$directory/err" 2>/dev/null || true
    exit 1
}
# expect STATUS COMMAND...: its exit status; what it says is in out and err
expect() {
    wanted=$1
    shift
    status=0
    timeout 100 "$@" >"$directory/out" 2>"$directory/err" || status=$?
    [ "$status" -eq "$wanted" ] || fail "status $status, not $wanted: $*"
}
until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 400 ] || fail "never: $*"
        sleep 0.05
    done
}
# Makes the hierarchy in $directory/keys and chain.xml coppd's test hierarchy: a [driver] does not go with simulated outputs.
own_hierarchy() {
    mkdir "$directory/test-driver"
    cp "$directory/chain.xml" "$directory/keys/leaf.pem" "$directory/test-driver/"
    openssl rsa -pubin -in "$directory/keys/root-public.pem" -noout -modulus | sed 's/^Modulus=//' | basenc --base16 -d |
        base64 -w 0 >"$directory/test-driver/anchor.b64"
}
# waits until it listens
start() {
    : >"$directory/coppd.log"
    "$COPPD" --config "$directory/coppd.conf" 2>"$directory/coppd.log" &
    pid=$!
    until_true grep -q 'listening at' "$directory/coppd.log"
}

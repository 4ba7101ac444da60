#!/bin/sh
# What README.md shows works as it is printed, in a clone that has just been built.
# shellcheck source=tests/daemon/lib.sh
. "$(dirname "$0")/lib.sh"
source=$(cd "$(dirname "$0")/../.." && pwd)
cd "$directory"
mkdir -p build/daemon
ln -s "$COPP" build/copp
ln -s "$COPPD" build/daemon/coppd
ln -s "$source/tests" tests
rm coppd.conf

# block HEADING N: the Nth block of code below that heading
block() {
    awk -v heading="## $1" -v wanted="$2" '
        /^## / { below = $0 == heading }
        below && /^```/ { inside = !inside; count += inside; next }
        below && inside && count == wanted' "$source/README.md"
}

# each line, by itself
block 'A taste' 1 >taste
[ "$(wc -l <taste)" -ge 5 ] || fail "README shows only $(wc -l <taste) commands"
while read -r line; do
    expect 0 sh -c "$line </dev/null"
done <taste
[ -s chain.xml ] || fail "no chain was issued"

# two terminals: what is before the daemon, the daemon, and what is typed beside it
block 'Running coppd' 1 >coppd
daemon=$(grep '^build/daemon/coppd ' coppd)
sh -c "$(sed "/^build\/daemon\/coppd /,\$d" coppd)"
: >coppd.log
sh -c "exec $daemon" 2>coppd.log &
pid=$!
until_true grep -q 'listening at' coppd.log
sed '1,/^build\/daemon\/coppd /d' coppd >beside
[ -s beside ] || fail "README shows nothing beside coppd"
expect 0 sh -e beside
grep -q '^HDMI-1 (simulated) .* HDCP *off *on' out || fail "copp status does not show what copp protect holds"

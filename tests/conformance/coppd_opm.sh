#!/bin/sh
# All cases of OPM semantics against coppd with simulated outputs, events and the suite's own lists of revoked devices included.
# shellcheck source=tests/daemon/lib.sh
. "$DAEMON_LIB"

cat >>"$directory/coppd.conf" <<CONF
srm_keys = production $VECTORS/opm-srm-dsa-public.pem $VECTORS/opm-srm-rsa3072-public.pem
CONF
start
until_true [ -S "$socket" ]
export COPP_DEVICE="unix:$socket"
anchor=$directory/test-driver-opm/anchor.der
# an event that cannot happen is in coppd's log, and the command says so
cat >"$directory/event" <<'EVENT'
#!/bin/sh
lines=$(wc -l <"$1/coppd.log")
echo "$COPP_EVENT" >"$1/events"
sleep 0.1
! tail -n +"$((lines + 1))" "$1/coppd.log" | grep -q 'cannot\|unknown\|not one of'
EVENT
chmod +x "$directory/event"

status=0
"$COPP" test driver --semantics opm --anchor "$anchor" --test-lists --event-command "$directory/event $directory" --json \
    >"$directory/out" || status=$?
[ "$status" -eq 0 ] || fail "status $status: $(jq -c '.seed, .counts, [.cases[] | select(.result != "pass") | [.id, .result, .reason, .seen]]' "$directory/out")"
jq -e '.counts.fail == 0 and .counts.error == 0 and .counts.pass > 330 and .semantics == "opm"' "$directory/out" >/dev/null ||
    fail "$(jq -c '.counts' "$directory/out")"

# what --semantics leaves open, the anchor settles
expect 0 "$COPP" test driver --anchor "$anchor" --only 'DRV-OPM-GET-1-*'
grep -q ', opm: 13 cases' "$directory/out" || fail "an anchor of OPM's does not choose OPM's cases"
echo passed

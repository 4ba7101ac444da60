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
# whether an event has happened or cannot happen is in coppd's log, and the command says so
cat >"$directory/event" <<'EVENT'
#!/bin/sh
lines=$(wc -l <"$1/coppd.log")
echo "$COPP_EVENT" >"$1/events"
for try in $(seq 2000); do
    told=$(tail -n +"$((lines + 1))" "$1/coppd.log")
    case $told in
        *'event: '"$COPP_EVENT"*) exit 0 ;;
        *'cannot happen'*) exit 1 ;;
    esac
    sleep 0.01
done
exit 1
EVENT
chmod +x "$directory/event"

status=0
"$COPP" test driver --semantics opm --anchor "$anchor" --test-lists --settle 20 --event-command "$directory/event $directory" --json \
    >"$directory/out" || status=$?
[ "$status" -eq 0 ] || fail "status $status: $(jq -c '.seed, .counts, [.cases[] | select(.result != "pass") | [.id, .result, .reason, .seen]]' "$directory/out")"
jq -e '.counts.fail == 0 and .counts.error == 0 and .counts.pass > 330 and .semantics == "opm"' "$directory/out" >/dev/null ||
    fail "$(jq -c '.counts' "$directory/out")"

# what --semantics leaves open, the anchor settles
expect 0 "$COPP" test driver --anchor "$anchor" --only 'DRV-OPM-GET-1-*'
grep -q ', opm: 13 cases' "$directory/out" || fail "an anchor of OPM's does not choose OPM's cases"
echo passed

#!/bin/sh
# All cases for drivers against coppd with simulated outputs, events included; its levels are given back however the run ends.
# shellcheck source=tests/daemon/lib.sh
. "$DAEMON_LIB"

# how long a command waits for an output that does not come to an end (CMD-6)
sed -i 's/^state_directory.*/&\npending_limit = 500/' "$directory/coppd.conf"
start
until_true [ -S "$socket" ]
export COPP_DEVICE="unix:$socket"
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

expect 0 "$COPP" test driver --semantics copp --anchor "$directory/test-driver/anchor.b64" --settle 20 --event-command "$directory/event $directory" --json
jq -e '.counts.fail == 0 and .counts.error == 0 and .counts.pass > 230 and .semantics == "copp"' "$directory/out" >/dev/null ||
    fail "$(jq -c '.counts, [.cases[] | select(.result != "pass") | [.id, .result, .reason, .seen]]' "$directory/out")"

# without a way to cause events those cases are left out, and --strict says that they are missing
expect 0 "$COPP" test driver --semantics copp --anchor "$directory/test-driver/anchor.b64" --only 'DRV-EVT-*'
grep -q 'not supported' "$directory/out" || fail "events without a way to cause them"
expect 1 "$COPP" test driver --semantics copp --anchor "$directory/test-driver/anchor.b64" --only 'DRV-EVT-*' --strict

# a run that is stopped leaves no level behind
"$COPP" test driver --semantics copp --anchor "$directory/test-driver/anchor.b64" --settle 20 --event-command "$directory/event $directory" -v \
    >"$directory/stopped" 2>&1 &
run=$!
children="$children $run"
until_true grep -q '^pass .*DRV-EVT-1-1' "$directory/stopped"
kill -TERM "$run"
status=0
wait "$run" || status=$?
[ "$status" -eq 2 ] || fail "a stopped run: status $status"
grep -q 'stopped before the last case' "$directory/stopped" || fail "a stopped run does not say so"
expect 0 "$COPP" status --anchor "$directory/test-driver/anchor.b64" --semantics copp --json
jq -e '[.outputs[].levels // {} | .[] | .global] | all(. == 0)' "$directory/out" >/dev/null || fail "levels are left behind"
echo passed

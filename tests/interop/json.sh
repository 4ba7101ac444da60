#!/bin/sh
# shellcheck disable=SC2086 # commands of several words
# copp-json(5) against what every command prints: no key is undocumented, none is documented that never occurs. MAN is the
# directory man, COPPD the daemon.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
: "${MAN:?the directory man}" "${COPPD:?the daemon}"
page=$MAN/copp-json.5.scd
good=$VECTORS/chain-good.xml
anchor=$VECTORS/root-modulus.b64
random=00112233445566778899aabbccddeeff

# Documented, and not to be seen without what they tell of, such as a graphics card: drop each from here if it is. Written as COMMAND:KEY.
later='lend:card lend:cause lend:event lend:level lend:output lend:outputs lend:pid lend:program'

# documented SECTION: the keys of a section, sorted; a section is for one command or several
documented() {
    awk -v wanted="$1" '
        /^# / { inside = index(", " substr($0, 3) ",", ", " wanted ",") }
        inside && /^\*/ { gsub(/[*,]/, ""); for (i = 1; i <= NF; i++) print $i }' "$page" | sort -u
}
# occurring FILE: the keys of the objects in it that are not errors, as the page writes them
occurring() {
    jq -r 'select(has("error") | not) | paths | map(if type == "number" then "[]" else . end) | join(".")
        | gsub("\\.\\[\\]"; "[]") | gsub("\\.(HDCP type enforcement|HDCP|ACP|CGMS-A|CGMSA)(?=\\.|$)"; ".TYPE") | gsub("^facts\\..*"; "facts.LABEL")' "$1" |
        grep -v '\]$' | sort -u
}
# run STATUS COMMAND OPTION...: what copp COMMAND --json prints is kept with the other answers of COMMAND
run() {
    wanted=$1 command=$2
    shift 2
    expect "$wanted" timeout 60 "$COPP" $command --json "$@"
    { [ -s "$dir/out" ] && jq -e . "$dir/out" >/dev/null; } || fail "$command prints no JSON"
    keep "$command"
}
keep() {
    cat "$dir/out" >>"$dir/answers.$(echo "$1" | tr ' ' _)"
}

begin every_error_has_the_same_keys
error='has("file") and has("error") and has("rule") and has("certificate") and has("remedy") and (.error | type == "string" and length > 0)'
run 2 'chain verify' "$dir/missing"
holds "$error and .rule == null and .certificate == null"
run 1 'chain verify' "$good"
holds "$error and .rule == \"CERT-12\" and .certificate == 3 and .error == .detail and (.remedy | length > 0) and .valid == false"
run 2 status --device telepathy
holds "$error"
run 1 'crl verify' --anchor "$anchor" "$VECTORS/crl-bad-usage.bin"
holds "$error and .rule == \"CRL-1\""
printf x >"$dir/short"
run 2 'handshake open' --key "$VECTORS/leaf.pem" "$dir/short"
holds "$error and .rule == \"WIRE-1\""
run 2 'chain issue' -o "$dir/none"
holds "$error and .file == null"
run 2 lend --device "unix:$dir/none" --pid $$
holds "$error and (.error | test(\"no coppd listens there\"))"
run 1 'srm verify' "$VECTORS/srm-facsimile.bin"
holds "$error and .rule == \"SRM-2\""

begin each_outcome
run 0 'chain verify' --anchor "$anchor" --crl "$VECTORS/crl-v7-empty.bin" "$good"
run 1 'chain verify' --anchor "$anchor" --crl "$VECTORS/crl-v9-ihv-revoked.bin" "$good"
run 0 'chain verify' --opm --anchor "$VECTORS/opm/root.pem" "$VECTORS/opm/chain-good-codec-merit.p7b"
run 0 'chain show' "$good"
run 0 'chain show' --opm "$VECTORS/opm/chain-good-codec-merit.p7b"
run 0 'chain issue' --new-keys "$dir/keys" -o "$dir/chain.xml"
keys=$dir/keys
run 0 'chain issue' --leaf "$keys/leaf.pem" --ihv "$keys/ihv.pem" --root "$keys/root.pem" -o "$dir/chain.xml"
run 0 'chain issue' --opm --new-keys "$dir/opm-keys" -o "$dir/chain.p7b"
run 0 'crl issue' --version 2 --signer "$keys/crl.pem" --root "$keys/root.pem" --revoke "$dir/chain.xml:leaf" -o "$dir/list"
run 0 'crl verify' --anchor "$keys/root-public.pem" "$dir/list"
run 0 'crl show' "$dir/list"
run 0 'crl install' --anchor "$keys/root-public.pem" --store "$dir/store" "$dir/list"
run 0 'srm verify' --key facsimile "$VECTORS/srm-facsimile.bin"
run 0 'srm show' "$VECTORS/srm-facsimile.bin"
mkdir -p "$dir/root/lib/firmware" "$dir/root/sys/class/drm/card0/device"
run 0 'srm install' --root "$dir/root" "$VECTORS/srm-hdcp1-v1.bin"
run 0 'srm install' --root "$dir/root" --replace-kind "$VECTORS/srm-hdcp2-v1.bin"
: >"$dir/root/sys/class/drm/card0/device/hdcp_srm"
run 0 'srm sync' --root "$dir/root"
rm "$COPP_STATE_DIR"/amdgpu-*
run 0 'handshake seal' --chain "$good" --anchor "$anchor" --random $random -o "$dir/sealed"
run 0 'handshake seal' --chain "$good" --anchor "$anchor" --random $random --reveal -o "$dir/sealed"
run 0 'handshake open' --key "$VECTORS/leaf.pem" --random $random "$dir/sealed"
run 1 'handshake open' --key "$VECTORS/leaf.pem" --random ff${random#00} "$dir/sealed"
run 0 'handshake open' --key "$VECTORS/leaf.pem" --reveal "$dir/sealed"
run 0 'handshake seal' --opm --leaf-key "$VECTORS/leaf-public.pem" --random $random -o "$dir/sealed"
run 0 'handshake open' --opm --key "$VECTORS/leaf.pem" --random $random "$dir/sealed"
echo $random >"$dir/key"
run 0 omac --key-file "$dir/key" "$dir/sealed"
run 0 demo
run 0 demo --semantics opm
run 0 demo --record "$dir/recording"
run 1 decode "$dir/recording"
run 0 decode "$VECTORS/recordings/opm.pcapng"
cat >"$dir/card.ini" <<'INI'
[output A]
type = hdmi
protections = hdcp
modes = 1080p60 720p60
ksv = b70361f714
[output B]
type = hdmi
modes = 1080p60
multi_adapter = clone
[output C]
type = svideo
protections = acp cgms-a
modes = 480i59.94
tv_standards = IEC61880_525i
INI
echo 'unplug A' >"$dir/unplug"
run 0 status --device embedded
run 0 status --device embedded --semantics opm
run 0 status --adapter "$dir/card.ini" --events "$dir/unplug"
printf 'mode HDMI-1 720p60\n+0.3 unplug HDMI-1\n' >"$dir/happens"
run 1 'protect --hdcp 1 --output HDMI-1' --events "$dir/happens" -- sleep 60
printf 'unplug HDMI-1\n+1 plug HDMI-1\n+3 unplug HDMI-1\n' >"$dir/again"
run 1 'protect --hdcp 1 --output HDMI-1 --reconnect 2' --events "$dir/again" -- sleep 60
for event in reconnecting 'protected again'; do
    jq -se "any(.[]; .event == \"$event\")" "$dir/out" >/dev/null || fail "no $event"
done
run 3 'protect --hdcp 1' --device embedded -- sh -c 'exit 3'
printf '[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\n' >"$dir/two.ini"
sed 's/A/B/; s/^type.*/&\nplugged = no/' "$dir/two.ini" >>"$dir/two.ini.b"
cat "$dir/two.ini.b" >>"$dir/two.ini"
printf '+0.5 plug B\n+1.5 unplug A\n+2.5 unplug B\n' >"$dir/comes"
run 1 'protect --hdcp 1 --output all' --adapter "$dir/two.ini" --events "$dir/comes" -- sleep 60
for event in 'plugged in' unplugged; do
    jq -se "any(.[]; .event == \"$event\")" "$dir/out" >/dev/null || fail "no $event"
done
jq -se '.[-1] | .event == "released" or .event == "stopped"' "$dir/out" >/dev/null || fail "the end: $(cat "$dir/out")"
run 2 'protect --hdcp 1 --output NONE' --device embedded -- true

printf '[output A]\ntype = hdmi\nmodes = 1080p60\nprotections = hdcp\nksv = b70361f714\nhdcp_fails = yes\n' >"$dir/fails.ini"
run 1 'test driver' --adapter "$dir/fails.ini" --only 'DRV-CMD-4-1,DRV-CMD-2-3,DRV-CMD-1-2'
# a player that has grace shows content for longer than it may
run 1 'test player' --semantics opm --only 'APP-OPM-APP-2-2,APP-OPM-CERT-1-1' --shown-marker frame -- "$COPP" protect --semantics opm \
    --hdcp 1 --allow-simulated --grace 9000 -- sh -c 'trap "" TERM; while :; do echo frame; sleep 0.1; done'

begin watch_and_its_daemon
printf '[daemon]\nsocket = %s\nstate_directory = %s\nsessions_per_user = 2\n[outputs]\nbackend = sim\n' "$dir/socket" "$dir" >"$dir/coppd.conf"
pid=
watcher=
trap 'status=$?; kill $pid $watcher 2>/dev/null || true; rm -rf "$dir"; [ $status = 0 ] || echo "not ok $((count + 1)) - $suite.$case"' EXIT
start_daemon() {
    "$COPPD" --config "$dir/coppd.conf" 2>"$dir/log" &
    pid=$!
    until_true grep -q 'listening at' "$dir/log"
}
stop_daemon() {
    kill "$pid"
    wait "$pid" || fail "coppd ends with $?"
    pid=
}
seen() { jq -se "any($1)" "$dir/objects" >/dev/null 2>&1; }
start_daemon
COPP_ANCHOR=$dir/test-driver/anchor.b64
export COPP_ANCHOR
"$COPP" watch --device "unix:$dir/socket" --json >"$dir/objects" 2>/dev/null &
watcher=$!
until_true seen '.[]; .event == "complete"'
# five outputs, five sessions: coppd lets in two
expect 2 "$COPP" status --device "unix:$dir/socket" --json
until_true seen '.[]; .event == "refused"'
until_true seen '.[]; .event == "ended"'
run 0 receivers --device "unix:$dir/socket"
holds '.receivers | length == 5 and .[0].hdcp1 and .[0].ksv == "b70361f714" and .[0].revoked == null'
stop_daemon
until_true seen '.[]; .event == "lost"'
start_daemon
until_true seen '.[]; .event == "back"'
kill $watcher
wait $watcher || fail "copp watch ends with $?"
watcher=
mkfifo "$dir/started"
"$COPP" record --device "unix:$dir/socket" --json "$dir/coppd.pcapng" >"$dir/started" 2>/dev/null &
recorder=$!
exec 3<"$dir/started"
read -r begun <&3
COPP_ANCHOR=$dir/test-driver-opm/anchor.der expect 0 "$COPP" protect --hdcp 1 --output HDMI-1 --allow-simulated --device "unix:$dir/socket" -- true
kill $recorder
wait $recorder || fail "copp record ends with $?"
{ echo "$begun" && cat <&3; } >"$dir/out"
exec 3<&-
keep record
jq -se 'length == 2 and .[0].event == "recording" and (.[0].all | not) and .[1].event == "ended" and .[1].packets > 20' "$dir/out" >/dev/null ||
    fail "copp record: $(cat "$dir/out")"
run 0 decode "$dir/coppd.pcapng"
holds '[.messages[] | .at_driver] | all'
stop_daemon
cp "$dir/objects" "$dir/out"
keep watch
run 0 watch --device embedded --once
run 1 probe --device "unix:$dir/nobody"
for event in connector session ended refused complete lost back; do
    seen ".[]; .event == \"$event\"" || fail "no $event"
done

begin keys_agree
"$COPP" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *[A-Z].*/\1/p' >"$dir/commands"
[ "$(wc -l <"$dir/commands")" -ge 18 ] || fail "commands"
while read -r command; do
    cat "$dir"/answers."$(echo "$command" | tr ' ' _)"* >"$dir/all" 2>/dev/null || fail "nothing of $command was tried"
    occurring "$dir/all" >"$dir/occurring"
    documented "$(echo "$command" | tr '[:lower:]' '[:upper:]')" >"$dir/documented"
    [ -s "$dir/documented" ] || fail "copp-json(5) has no section for $command"
    for entry in $later; do
        [ "${entry%%:*}" != "$command" ] || echo "${entry#*:}" >>"$dir/occurring"
    done
    sort -u "$dir/occurring" | diff "$dir/documented" - >&2 || fail "$command: < documented and never seen, > not documented"
done <"$dir/commands"
cat "$dir"/answers.* | jq -r 'select(has("error")) | keys[]' | sort -u >"$dir/occurring"
documented ERRORS | diff - "$dir/occurring" >&2 || fail "errors: < documented and never seen, > not documented"

begin words_agree
for command in protect watch; do
    for event in $(cat "$dir/answers.$command"* | jq -r 'select(has("error") | not) | .event | gsub(" "; "~")' | sort -u); do
        sed -n "/^# $(echo $command | tr '[:lower:]' '[:upper:]')\$/,/^# /p" "$page" | grep -q -F "_$(echo "$event" | tr '~' ' ')_" ||
            fail "copp-json(5) lacks the event $event of $command"
    done
done

finish

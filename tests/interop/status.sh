#!/bin/sh
# copp status and copp demo: what real sessions with the embedded adapter answer
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

begin table QRY-6
expect 0 "$COPP" status
answers '^OUTPUT  *TYPE  *SIGNAL  *PROTECTION  *LOCAL  *GLOBAL  *EVENTS$'
answers '^HDMI-1 (simulated)  *HDMI  *1920x1080p 60 Hz  *HDCP  *off  *off  *-$'
answers '^Component-1 (simulated)  *Component  *720x480i 59.94 Hz  *ACP  *off  *off  *-$'
answers '^eDP-1 (simulated)  *internal embedded DisplayPort .* none '

begin json QRY-6
expect 0 "$COPP" status --json
holds '[.outputs[].output] == ["HDMI-1", "DVI-I-1", "Component-1", "SVideo-1", "eDP-1"]'
holds '.outputs[0] | .connector == "HDMI" and .protections == ["HDCP"] and .levels.HDCP.local == 0 and .hdcp_receiver.ksv == "b70361f714"'
holds '.outputs[2].signal | .interlaced and .frequency_numerator == 60000 and .frequency_denominator == 1001'
holds '.outputs[4].hdcp_receiver == null'

begin simulated_and_says_so
holds '.simulated == true and all(.outputs[]; .simulated == true and .plugged == true)'

begin a_coppd_that_is_down_is_no_success
if [ ! -e /run/coppd/socket ]; then
    for command in status 'status --json' 'watch --once' 'watch --once --json' 'watch --plain'; do
        # shellcheck disable=SC2086 # words of the command
        expect 2 env -u COPP_DEVICE timeout 20 "$COPP" $command
        complains '^copp: /run/coppd/socket: no coppd listens there: start it (systemctl start coppd.socket'
    done
fi
expect 2 env COPP_ANCHOR=/nonexistent "$COPP" status
complains 'COPP_ANCHOR names an anchor for drivers outside this program'
expect 2 "$COPP" status --anchor microsoft
complains 'remove --anchor'

begin adapter_and_events EVT-1 QRY-5
cat >"$dir/card.ini" <<'INI'
[output A]
type = hdmi
protections = hdcp
modes = 1080p60 720p60
ksv = b70361f714
[output B]
type = svideo
protections = acp cgms-a
modes = 480i59.94
tv_standards = IEC61880_525i
default_standard = IEC61880_525i
INI
printf '# a comment\n\n+0.2 unplug A\n  mode A 720p60  \ndesktop-acp B 2' >"$dir/events"
expect 0 timeout 20 "$COPP" status --adapter "$dir/card.ini" --events "$dir/events" --json
holds '.outputs[0].events == ["LinkLost", "RenegotiationRequired"]'
holds '[.outputs[].plugged] == [false, true]'
holds '.outputs[1].levels.ACP | .local == 0 and .global_name == "level 2"'
expect 0 timeout 20 "$COPP" status --adapter "$dir/card.ini" --events - <"$dir/events"
answers '^A (simulated, unplugged)  .*LinkLost, RenegotiationRequired$'
expect 0 timeout 20 "$COPP" status --adapter - <"$dir/card.ini"

begin byte_order_marks
printf '\357\273\277' | cat - "$dir/card.ini" >"$dir/marked.ini"
printf '\357\273\277unplug A\r\n\357\273\277desktop-acp B 2\r\n' >"$dir/events"
expect 0 timeout 20 "$COPP" status --adapter "$dir/marked.ini" --events "$dir/events" --json
holds '.outputs[0].events == ["LinkLost"]'
holds '.outputs[1].levels.ACP.global_name == "level 2"'

begin displays_that_say_who_they_are
printf '[output A]\ntype = hdmi\nmodes = 1080p60\ndisplay = ACM 0001 TV\n[output B]\ntype = dvi\nmodes = 1080p60\nmulti_adapter = clone\n[output C]\ntype = dvi\nmodes = 1080p60\n' >"$dir/named.ini"
expect 0 "$COPP" status --adapter "$dir/named.ini" --json
holds '[.outputs[].display] == ["ACM 0001 TV", null, null]'
expect 0 "$COPP" status --adapter "$dir/named.ini"
answers '^OUTPUT  *TYPE  *DISPLAY  *SIGNAL  *PROTECTION  *LOCAL  *GLOBAL  *EVENTS$'
answers '^A (simulated)  *HDMI  *ACM 0001 TV  *1920x1080p 60 Hz  *none  *-  *-  *-$'
answers '^B (simulated)  *-  *-  *-  *-  *-  *-  *no session: '
answers '^C (simulated)  *DVI  *-  *1920x1080p 60 Hz  *none  *-  *-  *-$'
printf 'unplug A\n' >"$dir/unplug"
expect 0 timeout 20 "$COPP" status --adapter "$dir/named.ini" --events "$dir/unplug" --json
holds 'all(.outputs[]; .display == null)'
expect 0 timeout 20 "$COPP" watch --adapter "$dir/named.ini" --events "$dir/unplug" --json
jq -s -e '[.[] | select(.connector == "A") | .display] == ["ACM 0001 TV", null]' "$dir/out" >/dev/null || fail "not told of the display"
printf 'unplug A\n+0.1 plug A\n' >"$dir/unplug"
expect 0 timeout 20 "$COPP" watch --adapter "$dir/named.ini" --events "$dir/unplug"
answers ' A (simulated): the display calls itself ACM 0001 TV$'

begin clone_mode_opens_nothing ARB-6
printf '[output A]\ntype = hdmi\nprotections = hdcp\nmodes = 1080p60\nksv = b70361f714\nmulti_adapter = clone\n' >"$dir/clone.ini"
sed 's/output A/output B/; s/clone/dualview/' "$dir/clone.ini" >"$dir/dualview.ini"
cat "$dir/dualview.ini" >>"$dir/clone.ini"
expect 0 "$COPP" status --adapter "$dir/clone.ini"
answers '^A (simulated)  .*no session: clone or theatre mode (ARB-6)$'
expect 0 "$COPP" status --adapter "$dir/clone.ini" --json
holds '.outputs[0] | .simulated == true and .plugged == true and (.refused | test("ARB-6"))'
expect 0 "$COPP" status --adapter "$dir/clone.ini"
answers '^B (simulated)  .*HDCP  *off  *off  *-$'
expect 0 timeout 20 "$COPP" protect --adapter "$dir/clone.ini" --hdcp 1 -- true
complains '^B: protected'
expect 2 timeout 20 "$COPP" protect --adapter "$dir/clone.ini" --hdcp 1 --output A -- true
complains '^copp: A: '

begin bad_description_and_events
printf '[output A]\ntype = banana\n' >"$dir/bad.ini"
expect 2 "$COPP" status --adapter "$dir/bad.ini"
complains 'bad.ini: line 2: '
printf '[output A]\000' >"$dir/nul.ini"
expect 2 "$COPP" status --adapter "$dir/nul.ini"
complains 'NUL'
expect 2 "$COPP" status --adapter "$dir/missing.ini"
printf '# nothing\n' >"$dir/none.ini"
expect 2 "$COPP" status --adapter "$dir/none.ini"
complains '^copp: [^ ]*none.ini: no .output NAME. section is given$' # no line is at fault
for bad in 'explode A' 'unplug Z' '+x unplug A' '+-1 unplug A' '+1e99 unplug A' '+' '+1'; do
    printf '\n%s\n' "$bad" >"$dir/events"
    expect 2 timeout 20 "$COPP" status --adapter "$dir/card.ini" --events "$dir/events"
    complains 'events: line 2: '
done
perl -e 'print "unplug ", "A" x 5000, "\n"' >"$dir/events"
expect 2 timeout 20 "$COPP" status --adapter "$dir/card.ini" --events "$dir/events"
complains 'events: line 1: is too long'
expect 2 "$COPP" status --events "$dir"

begin opm OPM-CONST-2 OPM-GET-7 OPM-GET-10
expect 0 "$COPP" status --semantics opm
answers '^HDMI-1 (simulated)  *HDMI  *1920x1080p 60 Hz  *HDCP  *off  *off  *-$'
answers '^  *HDCP type enforcement  *off  *off$'
answers '^eDP-1 (simulated)  *embedded DisplayPort .* none '
expect 0 "$COPP" status --semantics opm --json
holds 'all(.outputs[]; .semantics == "opm" and .hdcp_receiver == null and .tv_standard == null)'
holds '[.outputs[].output_id] | length == 5 and (unique | length == 5) and all(.[]; test("^[0-9a-f]{16}$"))'
holds '.outputs[0] | .hardware_protection == true and .protections == ["HDCP", "HDCP type enforcement"]'
holds '.outputs[1].hardware_protection == false'
printf 'unplug A\n' >"$dir/events"
expect 0 timeout 20 "$COPP" status --semantics opm --adapter "$dir/card.ini" --events "$dir/events" --json
holds '.outputs[0].events == ["LinkLost"]'
printf 'tamper A\n' >"$dir/events"
expect 0 timeout 20 "$COPP" status --semantics opm --adapter "$dir/card.ini" --events "$dir/events" --json
holds '.outputs[0].events | index("TamperingDetected") != null'
for semantics in '' '--semantics auto' '--semantics copp'; do
    # shellcheck disable=SC2086 # words, or none
    expect 0 "$COPP" status --json $semantics
    holds 'all(.outputs[]; .semantics == "copp" and .output_id == null and .hardware_protection == null)'
done
expect 2 "$COPP" status --semantics opm --srm "$VECTORS/srm-hdcp1-v1.bin"
complains '^copp: --srm is for COPP only'
expect 2 "$COPP" status --semantics both
complains "takes one of auto|copp|opm, not 'both'"

begin clone_mode_is_allowed_under_opm OPM-OUT-6
expect 0 "$COPP" status --semantics opm --adapter "$dir/clone.ini" --json
holds '.outputs[0] | .output == "A" and has("refused") == false'

begin demo EVT-2 EVT-4 ARB-2 ARB-4 CMD-2 SES-2
expect 0 timeout 60 "$COPP" demo
lines=$(wc -l <"$dir/out")
{ [ "$lines" -ge 40 ] && [ "$lines" -le 60 ]; } || fail "the story has $lines lines"
answers 'refused: certificate 2 (IHV): .*(CERT-10)'
answers 'refused: .*(CERT-12)'
answers 'replayed  *E_INVALIDARG'
same "$(grep -c 'LinkLost$' "$dir/out")" 2 "LinkLost, once a session"
same "$(grep -c 'nothing new$' "$dir/out")" 2 "and not twice"
lacks "$dir/out" "$(printf '\033')" "colours without a terminal"
sed 's/[0-9a-f]\{16,\}/X/g; s/sequence [0-9]*/sequence N/; s/display.s KSV *[0-9a-f]*/KSV/' "$dir/out" >"$dir/first"
expect 0 timeout 60 "$COPP" demo
sed 's/[0-9a-f]\{16,\}/X/g; s/sequence [0-9]*/sequence N/; s/display.s KSV *[0-9a-f]*/KSV/' "$dir/out" | cmp - "$dir/first"

begin demo_json
expect 0 timeout 60 "$COPP" demo --json
jq -s -e '[.[].step] == [range(1; length + 1)] and length >= 10' "$dir/out" >/dev/null || fail "steps"
jq -s -e '[.[].facts] | add | .random_number | length == 32' "$dir/out" >/dev/null || fail "random number"
expect 2 "$COPP" demo --adapter "$dir/card.ini"
complains 'HDCP and CGMS-A'

begin demo_opm OPM-ARB-2 OPM-CERT-11 OPM-GET-2 OPM-HDCP-2 OPM-INI-7 OPM-INI-8 OPM-SET-2 OPM-SRM-1 OPM-STA-3 OPM-STA-6
expect 0 timeout 60 "$COPP" demo --semantics opm
lines=$(wc -l <"$dir/out")
{ [ "$lines" -ge 60 ] && [ "$lines" -le 80 ]; } || fail "the story has $lines lines"
answers 'one bit changed  *refused: .*(OPM-CERT-3)$'
answers 'refused: .*(OPM-CERT-4)$'
answers "COPP's chain  *refused: .*(OPM-CERT-1)\$"
same "$(grep -c 'INVALID_ENCRYPTED_PARAMETERS (OPM-INI-[78])$' "$dir/out")" 2 "guesses"
answers 'another MAC  *ERROR_GRAPHICS_OPM_INVALID_INFORMATION_REQUEST'
answers 'ERROR_GRAPHICS_OPM_INVALID_SRM'
answers 'player B sees HDCP  *local off, global on$'
answers 'player A sees HDCP  *local off, global on$'
answers 'Type 1: ERROR_GRAPHICS_OPM_OUTPUT_DOES_NOT_SUPPORT_HDCP$'
answers 'local Type 1, global Type 1$'
answers 'HDMI-1  *shows black (OPM-STA-6)$'
answers 'player A hears  *LinkLost, RevokedHDCPDevice '
sed 's/[0-9a-f]\{16,\}/X/g; s/sequence [0-9]*/sequence N/; s/[0-9]* bytes, XML/N bytes/' "$dir/out" >"$dir/first"
expect 0 timeout 60 "$COPP" demo --semantics opm
sed 's/[0-9a-f]\{16,\}/X/g; s/sequence [0-9]*/sequence N/; s/[0-9]* bytes, XML/N bytes/' "$dir/out" | cmp - "$dir/first"
expect 0 timeout 60 "$COPP" demo --semantics opm --json
jq -s -e '[.[].step] == [range(1; 15)]' "$dir/out" >/dev/null || fail "steps"
for semantics in copp auto; do
    expect 0 "$COPP" demo --semantics $semantics --json
    jq -s -e 'length == 12' "$dir/out" >/dev/null || fail "COPP's story, by $semantics"
done
expect 2 "$COPP" demo --semantics opm --adapter "$dir/card.ini"
complains 'the demonstration needs an output with HDCP, and opm = type1'
expect 2 "$COPP" demo --semantics neither
complains "takes one of auto|copp|opm, not 'neither'"

begin demo_colours
script -qec "env TERM=xterm $COPP demo" /dev/null </dev/null >"$dir/out"
LC_ALL=C grep -q "$(printf '\033')" "$dir/out" || fail "no colours on a terminal"
script -qec "env TERM=xterm NO_COLOR=1 $COPP demo" /dev/null </dev/null >"$dir/out"
lacks "$dir/out" "$(printf '\033')" "NO_COLOR is not respected"

finish

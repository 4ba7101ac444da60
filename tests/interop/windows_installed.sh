#!/usr/bin/env bash
# windows_installed.sh COPP.DLL DXVA2.DLL TEST_CRYPTOAPI.EXE TEST_DIRECTSHOW.EXE TEST_OPM.EXE TEST_LIFETIMES.EXE
# STANDIN_DXVA2.DLL COPP.EXE LIBCOPP-0.DLL: what needs copp.dll registered or dxva2.dll in a program's folder, in a Wine prefix of its own.
# Unregistering must leave the registry as it was, the part of the other bitness too. COPP_BITS is 32 or 64; where Wine has both,
# COPP_OTHER_DLL is copp.dll of the other.
set -euo pipefail

# DirectShow wants a display, and Wine looks for one as the first of its programs starts
if [ -z "${COPP_TEST_DISPLAY:-}" ]; then
    COPP_TEST_DISPLAY=1 exec xvfb-run -a "$0" "$@"
fi

dll=$(realpath "$1") dxva2=$(realpath "$2")
cryptoapi=$(realpath "$3") directshow=$(realpath "$4") opm=$(realpath "$5")
lifetimes=$(realpath "$6") standin=$(realpath "$7")
tool=$(realpath "$8") library=$(realpath "$9")
anchor=$(dirname "$(realpath "$0")")/../vectors/root-modulus.b64
# shellcheck source=tests/interop/windows_lib.sh
. "$(dirname "$0")/windows_lib.sh"
begin_wine
hold_desktop
cp "$dll" copp.dll
status=0
classes before.reg
wine regsvr32 /s copp.dll
classes between.reg
if cmp -s "before.reg.$COPP_BITS" "between.reg.$COPP_BITS"; then
    echo "regsvr32 has changed nothing"
    exit 1
fi
cmp "before.reg.$other_bits" "between.reg.$other_bits" || status=1
wine regsvr32 /s copp.dll # twice is as good as once
wine "$cryptoapi" --registered || status=1
wine "$directshow" || status=1
wine "$directshow" --evr || status=1
mkdir slow
cp "$COPP_DRIVER/chain.xml" "$COPP_DRIVER/leaf.pem" slow/
cat >slow/adapter.ini <<'ADAPTER'
[adapter]
bus = pci
[output HDMI-1]
type = hdmi
protections = hdcp
modes = 1080p60
ksv = b70361f714
hdcp_delay = 3000
ADAPTER
# with Wine's heap checking itself, what is used after it was freed is found
COPP_DRIVER=$work/slow WINEDEBUG=-all,warn+heap wine "$directshow" --slow || status=1
wine "$lifetimes" --registered || status=1

# no_driver DIRECTORY TEXT: why there is no driver is told to those who listen
no_driver() {
    COPP_DRIVER=$1 WINEDEBUG=+debugstr wine "$lifetimes" --registered no-driver >told.txt 2>&1 || true
    grep -aqF "$2" told.txt && return
    echo "what is wrong with the driver's directory $1 is not told"
    status=1
}

no_driver 'C:\nowhere' 'C:\\nowhere\\leaf.pem: no key is there'
mkdir -p odd/adapter.ini keyless/leaf.pem empty garbled
cp "$COPP_DRIVER/chain.xml" "$COPP_DRIVER/leaf.pem" odd/
cp "$COPP_DRIVER/leaf.pem" empty/
: >empty/chain.xml
cp "$COPP_DRIVER/leaf.pem" garbled/
echo '<nonsense>' >garbled/chain.xml
no_driver "$work/odd" 'adapter.ini: cannot be read'
no_driver "$work/empty" 'chain.xml: is empty'
cp -r empty 映画
no_driver "$work/映画" '\\u6620\\u753b\\chain.xml: is empty' # a debugger gets no letter that its code page has no place for
no_driver "$work/garbled" 'chain.xml: is not a certificate chain: CERT-1: '
no_driver "$work/keyless" 'leaf.pem: reading or writing failed'
# OPM's chain and key stand beside COPP's, or alone: both of them
mkdir opm-alone opm-keyless opm-chainless one-key
cp "$COPP_DRIVER"/{chain.p7b,opm-leaf.pem} opm-alone/
cp "$COPP_DRIVER"/{chain.xml,leaf.pem,chain.p7b} opm-keyless/
cp "$COPP_DRIVER"/{chain.xml,leaf.pem,opm-leaf.pem} opm-chainless/
cp "$COPP_DRIVER"/{chain.xml,chain.p7b,opm-leaf.pem} one-key/
cp one-key/opm-leaf.pem one-key/leaf.pem
echo '<nonsense>' >garbled/chain.p7b
cp "$COPP_DRIVER/opm-leaf.pem" garbled/
no_driver "$work/opm-keyless" 'opm-leaf.pem: no key is there'
no_driver "$work/opm-chainless" 'chain.p7b: no certificate chain is there'
no_driver "$work/one-key" "opm-leaf.pem: is COPP's key, too"
no_driver "$work/garbled" 'chain.p7b: is not a certificate chain: OPM-CERT-1: '

wine regsvr32 /s /u copp.dll
assert_restored "regsvr32 /u"
wine regsvr32 /s /u copp.dll || status=1 # twice is as good as once
assert_restored "the second regsvr32 /u"

# a registration that ended in the middle, before this class had its server, is taken up again
wine regsvr32 /s copp.dll
reg delete 'HKEY_CLASSES_ROOT\CLSID\{36CD6F7A-7D6C-4C7C-9E0B-59B21A40C3D1}\InprocServer32' /f
wine regsvr32 /s copp.dll
wine regsvr32 /s /u copp.dll
assert_restored "regsvr32 /u after half a registration"

# another copy takes over, and any copy takes all of it away; a folder's name may have any letters
mkdir 'café 映画'
cp copp.dll 'café 映画/copp.dll'
wine regsvr32 /s copp.dll
wine regsvr32 /s 'café 映画/copp.dll'
wine "$cryptoapi" --registered || status=1
wine regsvr32 /s /u copp.dll
assert_restored "regsvr32 /u of another copy"

# the DLLs of both bitnesses, side by side: neither takes away what the other has put there
if [ -d "$wow64" ]; then
    cp "${COPP_OTHER_DLL:?this Wine has both bitnesses: build the other one too, with ./dev cross}" other.dll
    wine regsvr32 /s copp.dll
    wine regsvr32 /s other.dll
    classes both.reg
    cmp "between.reg.$COPP_BITS" "both.reg.$COPP_BITS" || status=1
    if cmp -s "before.reg.$other_bits" "both.reg.$other_bits"; then
        echo "regsvr32 has not registered the $other_bits-bit copp.dll"
        status=1
    fi
    wine "$cryptoapi" --registered || status=1
    wine regsvr32 /s /u copp.dll
    classes after.reg
    cmp "before.reg.$COPP_BITS" "after.reg.$COPP_BITS" || status=1
    cmp "both.reg.$other_bits" "after.reg.$other_bits" || status=1
    wine regsvr32 /s copp.dll
    wine regsvr32 /s /u other.dll
    wine "$cryptoapi" --registered || status=1
    wine regsvr32 /s /u copp.dll
    assert_restored "regsvr32 /u of both bitnesses"
fi

mkdir application component
cp "$dxva2" application/dxva2.dll
cp "$opm" application/test_opm.exe
cp "$COPP_DRIVER/chain.xml" "$COPP_DRIVER/leaf.pem" component/
cat >component/adapter.ini <<'ADAPTER'
[adapter]
bus = pci
[output Component-1]
type = component
protections = acp
modes = 720p60
ADAPTER

# probe_says STATUS FILTER ARGUMENT...: what copp probe exits with and tells as JSON
probe_says() {
    local wanted=$1 filter=$2 got=0
    shift 2
    wine application/copp.exe probe --json "$@" >probe.json || got=$?
    if [ "$got" -ne "$wanted" ] || ! jq -e "$filter" probe.json >/dev/null; then
        echo "copp probe $*: exit status $got, and: $(cat probe.json)"
        status=1
    fi
}

# Wine alone: no OPM, and renderers without COPP; each path ends with the step that failed
cp "$tool" "$library" application/
mv application/dxva2.dll held-back.dll
probe_says 1 '.ok == false and [.paths[].path] == ["OPM", "COPP", "VMR-9", "VMR-7"] and
    ([.paths[:2][] | .steps | length == 1 and .[0].hresult == "0x80004001"] | all) and
    ([.paths[2:][] | .steps[0].hresult == "0x8004029B"] | all)'
mv held-back.dll application/dxva2.dll
export WINEDLLOVERRIDES=dxva2=n,b
probe_says 1 '.paths[] | select(.path == "COPP") | .steps[-1].rule == "CERT-12"'
probe_says 0 '.paths[] | select(.path == "COPP") | .ok and ([.steps[].step | contains("Set")] | any | not)' \
    --anchor "Z:$anchor"
probe_says 0 '.paths[] | select(.path == "COPP") | .steps[-1].step == "SetProtectionLevel HDCP 0"' --set --anchor "Z:$anchor"
opm_anchor=$(dirname "$anchor")/opm/root.pem
probe_says 1 '.paths[] | select(.path == "OPM") | .steps[-1].rule == "OPM-CERT-4"'
probe_says 0 '.paths[] | select(.path == "OPM") | .ok and ([.steps[].step | contains("SET")] | any | not) and
    ([.steps[] | select(.step == "OPM_GET_CURRENT_HDCP_SRM_VERSION") | .answer] == ["none was given"])' --anchor "Z:$opm_anchor"
probe_says 0 '.paths[] | select(.path == "OPM") | .ok and ([.steps[-2:][].answer] == ["in force", "put back"])' \
    --set --anchor "Z:$opm_anchor"

# process_with FILE: the process that has it loaded. It need not be the one started here: a 32-bit loader that is given a 64-bit
# program starts another and waits for it.
process_with() { grep -ls "$work/$1" /proc/[0-9]*/maps | sed -n '1s,/proc/\([0-9]*\)/.*,\1,p' || true; }

# Ctrl-C in the middle of --set, HDCP taking its time: put back what was set, and nothing more is tried
COPP_DRIVER=$work/slow wine application/copp.exe probe --json --set --anchor "Z:$anchor" >probe.json 2>probe.err &
pid=$!
for ((i = 0; i < 600; i++)); do
    [ -z "$(process_with application/dxva2.dll)" ] || break
    sleep 0.1
done
sleep 1
kill -INT "$(process_with application/dxva2.dll)"
interrupted=0
wait "$pid" || interrupted=$?
if [ "$interrupted" -ne 2 ] || ! grep -q '^copp: interrupted' probe.err ||
    ! jq -e '[.paths[].path] == ["OPM", "COPP"] and ([.paths[1].steps[] | select(.step | startswith("Set")) | .answer] |
        length == 0 or . == ["in force", "put back"])' probe.json >/dev/null; then
    echo "copp probe --set, interrupted: exit status $interrupted, and: $(cat probe.err probe.json)"
    status=1
fi

# the manual page names the options that --help names, and two that Linux alone has
wine application/copp.exe probe --help | sed -n 's/^ .\{5\}\(--[a-z]*\).*/\1/p' | sort >help.options
sed -n '/^# OPTIONS/,/^# EXIT/s/^\*.*\(--[a-z]*\)\*.*/\1/p' "$(dirname "$anchor")/../../man/copp-probe.1.scd" | grep -vx -e --device -e --record | sort >page.options
diff help.options page.options || status=1

# the adapter inside the tool, and events as they come
wine application/copp.exe demo --json | jq -se 'length == 12' >/dev/null || { echo "copp demo fails" && status=1; }
(sleep 1 && printf 'unplug HDMI-1\r\n') | wine application/copp.exe status --events - --json |
    jq -e '.outputs[0].events == ["LinkLost"]' >/dev/null || { echo "copp status fails" && status=1; }
printf '+0.2 unplug HDMI-1' >events.txt
wine application/copp.exe status --events events.txt --json |
    jq -e '.outputs[0].events == ["LinkLost"]' >/dev/null || { echo "copp status fails with a file of events" && status=1; }

# who names no device means the machine's own: nothing is simulated unasked
protect_says 0 'DISPLAY1: protected: HDCP on' --anchor "Z:$anchor" --hdcp 1 -- cmd /c exit 0
protect_says 2 'remove --anchor' --device embedded --anchor "Z:$anchor" --hdcp 1 -- cmd /c exit 0
protect_says 7 'HDMI-1: protected: HDCP on (simulated: protects nothing)' --device embedded --hdcp 1 -- cmd /c exit 7
protect_says 2 'cannot be run: No such file' --device embedded --hdcp 1 -- no-such-program
protect_says 2 'cannot be run: No such file' --device embedded --hdcp 1 -- ""
printf '+0.5 unplug HDMI-1\n' >events.txt
protect_says 1 'the command is killed' --hdcp 1 --events events.txt -- notepad
# a driver of Microsoft's world binds nothing (BIND-2), and its word is taken for an embedded connector (BIND-8)
protect_says 0 'DISPLAY1: protected: HDCP on, answers not bound (BIND-5)' --device opm --anchor "Z:$anchor" --hdcp 1 -- cmd /c exit 0
mkdir panel
cp "$COPP_DRIVER/chain.xml" "$COPP_DRIVER/leaf.pem" panel/
cat >panel/adapter.ini <<'ADAPTER'
[output eDP-1]
type = edp
protections = hdcp
modes = 1080p60
ADAPTER
COPP_DRIVER=$work/panel protect_says 0 'no HDCP on an embedded connector (APP-4), answers not bound (BIND-5)' --device opm \
    --anchor "Z:$anchor" --hdcp 1 -- cmd /c exit 0
protect_says 1 'CERT-12' --device opm --semantics copp --hdcp 1 -- cmd /c exit 0
protect_says 1 'no output of this adapter offers ACP' --device opm --anchor "Z:$anchor" --acp 1 -- cmd /c exit 0

# what is revoked: a list that is named, the installation's, and one that comes while the command runs
vectors=$(dirname "$anchor")
mkdir -p state
export COPP_STATE_DIR=Z:$work/state
protect_says 1 '(CRL-4)' --device opm --anchor "Z:$anchor" --crl "Z:$vectors/crl-v8-leaf-revoked.bin" --hdcp 1 -- cmd /c exit 0
wine application/copp.exe crl install --anchor "Z:$anchor" "Z:$vectors/crl-v7-empty.bin" >/dev/null || status=1
protect_says 0 'protected: HDCP on' --device opm --anchor "Z:$anchor" --hdcp 1 -- cmd /c exit 0
: >protect.txt # what stands there from before says "protected" as well, until the shell below has emptied it
wine application/copp.exe protect --device opm --anchor "Z:$anchor" --hdcp 1 -- notepad >protect.txt 2>&1 &
pid=$!
for ((i = 0; i < 600; i++)); do
    ! grep -q 'protected: HDCP on' protect.txt || break
    sleep 0.1
done
wine application/copp.exe crl install --anchor "Z:$anchor" "Z:$vectors/crl-v9-ihv-revoked.bin" >/dev/null || status=1
revoked=0
wait "$pid" || revoked=$?
if [ "$revoked" -ne 1 ] || ! grep -q '(CRL-4); the command is killed' protect.txt; then
    echo "copp protect, revoked meanwhile: exit status $revoked, and: $(cat protect.txt)"
    status=1
fi
protect_says 1 '(CRL-4)' --device opm --anchor "Z:$anchor" --hdcp 1 -- cmd /c exit 0
printf torn >state/revocation.crl
protect_says 2 'revocation.crl: ' --device opm --anchor "Z:$anchor" --hdcp 1 -- cmd /c exit 0
unset COPP_STATE_DIR

wine application/copp.exe status --device opm --anchor "Z:$anchor" --json |
    jq -e '[.outputs[].connector] == ["HDMI"]' >/dev/null || { echo "copp status --device opm fails" && status=1; }

# events are awaited from whoever has nothing to say; meanwhile the watching goes on
mkfifo silent
sleep 60 >silent &
pid=$!
{ sed '/^hdcp_delay/d' slow/adapter.ini && printf '[script]\n3000 = unplug HDMI-1\n'; } >script.ini
protect_says 1 'the command is killed' --hdcp 1 --adapter script.ini --events - -- notepad <silent
kill "$pid" || { echo "copp protect waits for its standard input" && status=1; }

# is encrypted, which is not supported here, and no passphrase is asked for
printf -- '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n' >encrypted.pem
wine application/copp.exe chain issue --leaf encrypted.pem --ihv encrypted.pem --root encrypted.pem -o issued.xml 2>issue.err || true
grep -qF 'is encrypted, which is not supported here' issue.err || { echo "copp chain issue says $(cat issue.err)" && status=1; }

# Ctrl-C ends the command, and what it has started, and releases
: >protect.txt # what was said before must not be taken for what is said now
wine application/copp.exe protect --device embedded --hdcp 1 -- notepad >protect.txt 2>&1 &
pid=$!
for ((i = 0; i < 600; i++)); do
    ! grep -q 'protected: HDCP on' protect.txt || break
    sleep 0.1
done
kill -INT "$(process_with "application/$(basename "$library")")"
interrupted=0
wait "$pid" || interrupted=$?
if [ "$interrupted" -ne 130 ] || ! grep -q '^HDMI-1: released' protect.txt; then
    echo "copp protect, interrupted: exit status $interrupted, and: $(cat protect.txt)"
    status=1
fi

wine application/test_opm.exe || status=1
COPP_DRIVER=$work/component wine application/test_opm.exe --component || status=1
COPP_DRIVER='C:\nowhere' wine application/test_opm.exe --no-driver || status=1
COPP_DRIVER=$work/opm-alone wine application/test_opm.exe --opm-alone || status=1
for mode in clone theatre changing; do
    mkdir "$mode"
    cp "$COPP_DRIVER"/{chain.xml,leaf.pem,chain.p7b,opm-leaf.pem} "$mode/"
done
for mode in clone theatre; do
    { sed '/^hdcp_delay/d' slow/adapter.ini && echo "multi_adapter = $mode"; } >"$mode/adapter.ini"
done
{ sed '/^hdcp_delay/d' slow/adapter.ini && printf '[script]\n3000 = multi-adapter HDMI-1 clone\n'; } >changing/adapter.ini
for mode in clone theatre changing; do
    COPP_DRIVER=$work/$mode wine application/test_opm.exe "--$mode" || status=1
done
# whatever type and bytes a value has
vmr9='HKEY_CLASSES_ROOT\CLSID\{51B4ABF3-748F-4E3B-A276-C828330E926A}\InprocServer32'
reg add "$vmr9" /ve /t REG_EXPAND_SZ /d '%SystemRoot%\system32\quartz.dll' /f
reg delete 'HKEY_CLASSES_ROOT\CLSID\{B87BEB7B-8D29-423F-AE4D-6582C10175AC}' /f # and a renderer that is not there
classes before.reg
wine regsvr32 /s copp.dll
wine regsvr32 /s /u copp.dll
assert_restored "regsvr32 /u with a REG_EXPAND_SZ"

# all of it or nothing: the second renderer's value is longer than what can be kept
reg add "${vmr9/51B4ABF3-748F-4E3B-A276-C828330E926A/B87BEB7B-8D29-423F-AE4D-6582C10175AC}" /ve /d quartz.dll /f
reg add "$vmr9" /ve /d "$(printf '%3000s' x | tr ' ' x)" /f
classes before.reg
if wine regsvr32 /s copp.dll; then
    echo "regsvr32 cannot have kept that value"
    status=1
fi
assert_restored "a failed regsvr32"

cp "$standin" "$own/dxva2.dll"
wine application/test_opm.exe --stand-in || status=1
# a dxva2.dll that finds itself where the system's should be hands nothing on, and nobody waits for it
cp "$dxva2" "$own/dxva2.dll"
timeout 120 wine application/test_opm.exe --alone || status=1
exit "$status"

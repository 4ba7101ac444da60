#!/bin/sh
# Recordings: --record, copp decode, and Wireshark's dissector by tshark. DISSECTOR is copp.lua.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
: "${DISSECTOR:?copp.lua}"
samples=$VECTORS/recordings
command -v tshark >/dev/null || fail "tshark is needed"
# whatever plugins and preferences this machine has
export HOME="$dir" XDG_CONFIG_HOME="$dir/config"

begin a_new_file
expect 0 "$COPP" status --record "$dir/status" --record-secrets "$dir/keys"
same "$(stat -c %a "$dir/status")" 600 "the recording's mode"
same "$(stat -c %a "$dir/keys")" 600 "the key log's mode"
for option in --record '--record-secrets'; do
    cp "$dir/status" "$dir/was"
    if [ $option = --record ]; then
        expect 2 "$COPP" status --record "$dir/status"
    else
        cp "$dir/keys" "$dir/was"
        expect 2 "$COPP" status --record "$dir/new" --record-secrets "$dir/keys"
        cmp "$dir/keys" "$dir/was" || fail "the key log has changed"
        absent "$dir/new"
    fi
    complains 'exists already'
done
ln -s "$dir/elsewhere" "$dir/link"
expect 2 "$COPP" status --record "$dir/link"
absent "$dir/elsewhere"
expect 2 "$COPP" status --record-secrets "$dir/other"
complains 'needs --record'
absent "$dir/other"
# the sessions go on where a file may not grow, as on a full disk
got=0
(
    ulimit -f 64
    "$COPP" test driver --device embedded --record "$dir/limit" >"$dir/out" 2>"$dir/err"
) || got=$?
same $got 0 "a recording that may not grow"
complains 'limit: cannot be written any more: File too large'

begin every_command
expect 0 "$COPP" decode --keys "$dir/keys" "$dir/status"
answers '5 sessions, keys of 5 of them'
echo "# no key" >"$dir/others"
expect 0 "$COPP" decode --keys "$dir/others" "$dir/status"
answers 'has the key of none of these sessions'
answers '^no rule is broken'
expect 0 "$COPP" demo --record "$dir/demo" --record-secrets "$dir/demo.keys"
expect 1 "$COPP" decode --keys "$dir/demo.keys" "$dir/demo" # somebody sends an old command again
answers 'CMD-2: its sequence number is'
answers 'CMD-2: the driver refuses it, as it has to'
answers 'EVT-1: the driver tells of LinkLost'
answers '^the first thing that went wrong: message [0-9]*, session 1: SetProtectionLevel'
expect 0 "$COPP" demo --semantics opm --record "$dir/opm" --record-secrets "$dir/opm.keys"
expect 1 "$COPP" decode --keys "$dir/opm.keys" --json "$dir/opm"
holds '.first_broken.rule == "OPM-INI-6" and .keys == 3 and .sessions == 4'
holds '[.messages[] | select(.verdict == "broken") | .rule] == ["OPM-INI-6", "OPM-INI-8", "OPM-APP-2", "OPM-SET-1"]'
expect 0 "$COPP" protect --hdcp 1 --record "$dir/protect" --record-secrets "$dir/protect.keys" -- true
expect 0 "$COPP" decode --keys "$dir/protect.keys" "$dir/protect"

begin the_suite_for_drivers
# a driver that passes all cases is not blamed for anything but an invalid handshake; what the suite does wrong is found
expect 0 "$COPP" test driver --device embedded --semantics copp --record "$dir/suite" --record-secrets "$dir/suite.keys"
expect 1 "$COPP" decode --keys "$dir/suite.keys" --json "$dir/suite"
holds '[.messages[] | select(.direction == "answer" and .verdict == "broken") | .rule] | unique == ["SES-8"]'
holds '[.messages[] | select(.direction == "request" and .verdict == "broken") | .rule] | unique
    | contains(["CMD-1", "CMD-2", "CMD-4", "EVT-4", "QRY-1", "QRY-4", "SES-3", "SES-8"])'
holds '.keys > 200'

begin no_keys_inside
cut -d' ' -f3 "$dir/demo.keys" "$dir/keys" | while read -r key; do
    printf %s "$key" | unhex >"$dir/key"
    same "$(perl -0777 -e 'open F, shift; $k = <F>; for (@ARGV) { open F, $_; $n += index(<F>, $k) >= 0 } print $n + 0' \
        "$dir/key" "$dir/demo" "$dir/status")" 0 "a key in a recording"
done

begin golden_text
for name in copp opm; do
    expect 0 "$COPP" decode --fields --keys "$samples/$name.keys" "$samples/$name.pcapng"
    diff "$samples/$name.txt" "$dir/out" >&2 || fail "$name.txt"
    expect 0 "$COPP" decode --json --keys "$samples/$name.keys" "$samples/$name.pcapng"
    holds '.ok and .first_broken == null and .damage == null and .application == "copp 0.1.0" and (.messages | length) == 26'
    holds '[.messages[].fields[] | select(.state == "wrong")] == []'
    holds '[.messages[] | select(.kind == "status" and .direction == "answer") | .fields[0].state] | all(. == "right")'
done
expect 0 "$COPP" decode "$samples/copp.pcapng"
answers 'MACs are not checked'
expect 0 "$COPP" decode --json "$samples/copp.pcapng"
holds '[.messages[] | select(.identifies_receiver) | .frame] == [19]'

begin what_cannot_be_read
expect 2 "$COPP" decode "$VECTORS/chain-good.xml"
complains 'is not a pcapng file'
expect 2 "$COPP" decode --keys "$VECTORS/chain-good.xml" "$samples/copp.pcapng"
complains 'line 1 is not one that --record-secrets writes'
head -c 50000 "$samples/copp.pcapng" >"$dir/half"
expect 2 "$COPP" decode "$dir/half"
complains 'damaged at byte 4[0-9]*: the file ends within a block'
answers '^no rule is broken'

# tshark's first lines tell who runs it
shark() {
    tshark -X "lua_script:$DISSECTOR" "$@" 2>"$dir/err" || return $?
    ! grep -i 'lua.*error\|error.*lua' "$dir/err" >&2
}
# the dissector's own lines: others' differ from release to release
tree() {
    shark -2 -o "copp.keylog:$1" -r "$2" -O copp | awk '/^Frame|^EXPORTED|^Packet comments/ { on = 0 } /^Certified/ { on = 1 } on'
}

begin tshark_golden
for name in copp opm; do
    tree "$samples/$name.keys" "$samples/$name.pcapng" >"$dir/tree"
    diff "$samples/$name.tshark" "$dir/tree" >&2 || fail "$name.tshark"
done

begin tshark_agrees_with_decode
for name in status demo opm; do
    keys=$dir/$name.keys
    [ $name != status ] || keys=$dir/keys
    "$COPP" decode --json --keys "$keys" "$dir/$name" >"$dir/decoded" || true
    jq -r '.messages[] | [.frame, ([.fields[] | select(.name == "macKDI" or .name == "omac") | .state][0] // "none")] | @tsv' "$dir/decoded" |
        sed 's/right/1/; s/wrong/0/; s/none\|plain//' >"$dir/macs"
    shark -o "copp.keylog:$keys" -r "$dir/$name" -T fields -e frame.number -e copp.mac.right >"$dir/shark"
    diff "$dir/macs" "$dir/shark" >&2 || fail "MACs of $name"
    grep -q '1$' "$dir/shark" || fail "no MAC of $name was checked"
    jq -r '.messages[] | [.frame, (if .hresult then (.summary | sub("[: ].*"; "")) else "" end)] | @tsv' "$dir/decoded" >"$dir/names"
    shark -r "$dir/$name" -T fields -e frame.number -e copp.hresult.name >"$dir/shark"
    diff "$dir/names" "$dir/shark" >&2 || fail "HRESULTs of $name"
done
shark -o "copp.keylog:$dir/opm.keys" -r "$dir/opm" -Y 'copp.mac.wrong' -T fields -e frame.number >"$dir/shark"
same "$(wc -l <"$dir/shark")" 1 "the one forged request"

# flip FILE OFFSET: one bit
flip() {
    perl -e 'open F, "+<", $ARGV[0]; binmode F; seek F, $ARGV[1], 0; read F, $b, 1; seek F, $ARGV[1], 0; print F chr(ord($b) ^ 1)' "$1" "$2"
}

begin wrong_macs
cp "$samples/copp.pcapng" "$dir/flipped"
flip "$dir/flipped" $(($(wc -c <"$dir/flipped") - 4000)) # in the last command
shark -o "copp.keylog:$samples/copp.keys" -r "$dir/flipped" -Y 'copp.mac.right == 0' -T fields -e frame.number -e _ws.expert.message >"$dir/shark"
same "$(cat "$dir/shark")" "24	The MAC is wrong" "what tshark finds"
expect 1 "$COPP" decode --keys "$samples/copp.keys" --json "$dir/flipped"
holds '.first_broken.frame == 24 and .first_broken.rule == "CMD-1"'

begin hostile_recordings
# bytes of the messages' headers and of what they hold, and ends anywhere: no error of Lua's, and everything is shown
cat >"$dir/hostile.pl" <<'PERL'
use strict;
my ($in, $out, $seed) = @ARGV;
srand $seed;
open my $f, "<", $in; binmode $f; my $bytes = do { local $/; <$f> };
my ($at, $made) = (0, "");
while ($at < length $bytes) {
    my ($type, $size) = unpack "VV", substr($bytes, $at, 8);
    my $block = substr($bytes, $at, $size);
    $at += $size;
    if ($type == 6) {
        my $data = 28 + 12; # behind the tags
        my $length = unpack("V", substr($block, 20, 4)) - 12;
        if (rand() < 0.3) { # shorter
            my $keep = int rand($length + 1);
            $keep = int rand 40 if rand() < 0.5 && $length > 40;
            my $content = substr($block, 28, 12 + $keep);
            $content .= "\0" x (-length($content) & 3);
            $block = pack("VVVVVVV", 6, 32 + length $content, 0, 0, 0, 12 + $keep, 12 + $keep) . $content . pack("V", 32 + length $content);
        } elsif ($length > 0) {
            for (1 .. 1 + int rand 4) {
                my $place = rand() < 0.7 && $length > 32 ? int rand 80 : int rand $length;
                substr($block, $data + $place, 1) = chr int rand 256 if $place < $length;
            }
        }
    }
    $made .= $block;
}
open my $o, ">", $out; binmode $o; print $o $made;
PERL
for seed in 1 2 3 4 5 6; do
    for name in copp opm; do
        perl "$dir/hostile.pl" "$samples/$name.pcapng" "$dir/hostile" $seed
        shark -2 -o "copp.keylog:$samples/$name.keys" -r "$dir/hostile" -V >"$dir/shark" || fail "seed $seed of $name"
        if grep -i 'lua error\|dissector bug' "$dir/shark" >&2; then
            fail "seed $seed of $name"
        fi
        same "$(grep -c '^Certified' "$dir/shark")" 26 "messages of seed $seed"
        got=0
        "$COPP" decode --fields --keys "$samples/$name.keys" "$dir/hostile" >"$dir/out" 2>"$dir/err" || got=$?
        [ $got -le 1 ] || fail "decode of seed $seed exits with $got"
    done
done
finish

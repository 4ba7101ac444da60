#!/bin/sh
# copp srm sync, with files in place of sysfs. What a driver does is told by tests/cli/test_srm_sync.c.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
: "${COPP_REFUSING:?the library that refuses}"

root=$dir/root
saved=$COPP_STATE_DIR
firmware=$root/lib/firmware
one=$VECTORS/srm-hdcp1-v1.bin
two=$VECTORS/srm-hdcp2-v1.bin
drm=$root/sys/class/drm
mkdir -p "$firmware" "$drm"
sync() { "$COPP" srm sync --root "$root" "$@"; }
# card NUMBER [FILE]: a card whose driver has FILE
card() {
    mkdir -p "$drm/card$1/device/power"
    cat "${2-/dev/null}" >"$drm/card$1/device/hdcp_srm"
}
attribute() { echo "$drm/card$1/device/hdcp_srm"; }

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -pkeyopt rsa_keygen_pubexp:3 -out "$dir/rsa.pem" 2>/dev/null
openssl pkey -in "$dir/rsa.pem" -pubout -out "$dir/rsa.pub"
for version in 1 2 65535; do
    printf '9100%04x0100018c00400000511ef21acd' $version | unhex >"$dir/body"
    openssl dgst -sha256 -sign "$dir/rsa.pem" -out "$dir/signature" "$dir/body"
    cat "$dir/body" "$dir/signature" >"$dir/v$version"
done

begin without_a_card_nothing_is_done
rmdir "$saved"
mkdir -p "$drm/card0/device" "$drm/card0-HDMI-A-1/device" "$drm/renderD128/device" "$drm/cardx/device"
: >"$drm/card0-HDMI-A-1/device/hdcp_srm"
: >"$drm/cardx/device/hdcp_srm"
expect 0 sync
answers 'nothing to do'
expect 0 sync --json
holds '. == {cards: [], saved: []}'
absent "$saved"

begin a_driver_without_a_list
card 0
expect 0 sync
answers '^card0: the driver has no list$'
expect 0 sync --json
holds '.cards == [{card: "card0", state: "none", hdcp: null, version: null, handed: []}]'

begin what_is_installed_is_handed_over_and_saved
expect 0 "$COPP" srm install --root "$root" "$one"
complains 'copp srm sync'
expect 0 sync --json
holds '.cards[0].handed == [{hdcp: 1, version: 1, taken: true}] and .cards[0].state == "list"'
holds ".saved == [{file: \"$saved/amdgpu-hdcp1.srm\", hdcp: 1, version: 1}]"
cmp "$(attribute 0)" "$one"
cmp "$saved/amdgpu-hdcp1.srm" "$one"
same "$(stat -c %a "$saved/amdgpu-hdcp1.srm")" 644 mode

begin what_is_saved_comes_back
rm "$firmware/display_hdcp_srm.bin"
card 0
expect 0 sync
answers '^card0: HDCP 1.x, version 1 is in force, 0 revoked$'
cmp "$(attribute 0)" "$one"
rm "$saved/amdgpu-hdcp1.srm"
card 0 "$two"
expect 0 sync
answers "^$saved/amdgpu-hdcp2.srm: HDCP 2.x, version 1 is saved$"
cmp "$saved/amdgpu-hdcp2.srm" "$two"
rm "$saved/amdgpu-hdcp2.srm"

begin versions_never_go_back SRM-3
test_sync() { sync --key "$dir/rsa.pub" "$@"; }
cp "$dir/v2" "$saved/amdgpu-hdcp2.srm"
card 0 "$dir/v1"
expect 0 test_sync
cmp "$(attribute 0)" "$dir/v2"
cmp "$saved/amdgpu-hdcp2.srm" "$dir/v2"
cp "$dir/v1" "$firmware/display_hdcp_srm.bin"
expect 0 test_sync
cmp "$(attribute 0)" "$dir/v2"
cmp "$saved/amdgpu-hdcp2.srm" "$dir/v2"
rm "$firmware/display_hdcp_srm.bin"
# what is saved already is not written again
inode=$(stat -c %i "$saved/amdgpu-hdcp2.srm")
expect 0 test_sync --json
holds '.saved == []'
same "$(stat -c %i "$saved/amdgpu-hdcp2.srm")" "$inode" 'the file'
# a driver that cannot have the saved list keeps its older one, and so do we ours
{ printf '9100000201%06x%08x' $((3 + 4 + 5 * 960 + 384)) $((960 << 22)) && printf '511ef21acd%.0s' $(seq 960); } | unhex >"$dir/body"
openssl dgst -sha256 -sign "$dir/rsa.pem" -out "$dir/signature" "$dir/body"
cat "$dir/body" "$dir/signature" >"$saved/amdgpu-hdcp2.srm"
cp "$saved/amdgpu-hdcp2.srm" "$dir/too_large"
card 0 "$dir/v1"
expect 1 test_sync
complains 'card0: HDCP 2.x, version 2 has more than the 5120 bytes that the driver takes'
cmp "$saved/amdgpu-hdcp2.srm" "$dir/too_large"
cmp "$(attribute 0)" "$dir/v1"

begin every_card_gets_the_newest
rm "$saved/amdgpu-hdcp2.srm"
card 0
card 10 "$dir/v2"
card 2
expect 0 test_sync
answers '^card0: HDCP 2.x, version 2 '
answers '^card10: HDCP 2.x, version 2 '
same "$(sed -n 's/^\(card[0-9]*\): .*/\1/p' "$dir/out" | tr '\n' ' ')" 'card0 card2 card10 ' order
for number in 0 2 10; do cmp "$(attribute $number)" "$dir/v2"; done
rm -r "$drm/card2" "$drm/card10"

begin what_does_not_verify_is_neither_handed_over_nor_saved SRM-2 SRM-4
rm "$saved/amdgpu-hdcp2.srm"
card 0 "$dir/v2"
expect 1 sync
complains 'card0: the list that the driver returns is not saved: .*(SRM-2)'
absent "$saved/amdgpu-hdcp2.srm"
expect 1 sync --json
holds '.cards[0].state == "invalid" and .saved == []'
card 0
cp "$dir/v2" "$saved/amdgpu-hdcp2.srm"
cp "$dir/v1" "$firmware/display_hdcp_srm.bin"
expect 1 sync
complains "$saved/amdgpu-hdcp2.srm: is not handed to the driver: .*(SRM-2)"
complains "$firmware/display_hdcp_srm.bin: is not handed to the driver: .*(SRM-2)"
complains 'remedy: '
same "$(wc -c <"$(attribute 0)")" 0 'what was handed over'
rm "$firmware/display_hdcp_srm.bin"
# a damaged one is replaced by what the driver gives back
head -c 50 "$two" >"$saved/amdgpu-hdcp2.srm"
card 0 "$two"
expect 1 sync
complains 'amdgpu-hdcp2.srm: .*(SRM-1)'
cmp "$saved/amdgpu-hdcp2.srm" "$two"
# one in the other's place
mv "$saved/amdgpu-hdcp2.srm" "$saved/amdgpu-hdcp1.srm"
card 0
expect 1 sync
complains 'amdgpu-hdcp1.srm: is not handed to the driver: it is of the other kind'
same "$(wc -c <"$(attribute 0)")" 0 'what was handed over'
rm "$saved/amdgpu-hdcp1.srm"

begin version_ffff_is_a_refusal
card 0 "$dir/v65535"
expect 1 test_sync
complains 'version 65535 means a refusal'
absent "$saved/amdgpu-hdcp2.srm"
card 0
cp "$dir/v65535" "$firmware/display_hdcp_srm.bin"
expect 1 test_sync
complains 'version 65535 is not handed over'
same "$(wc -c <"$(attribute 0)")" 0 'what was handed over'
rm "$firmware/display_hdcp_srm.bin"

begin a_card_without_power_is_not_asked
card 0 "$two"
echo suspended >"$drm/card0/device/power/runtime_status"
cp "$one" "$firmware/display_hdcp_srm.bin"
expect 0 sync
answers '^card0: is powered down and was not asked$'
expect 0 sync --json
holds '.cards[0].state == "asleep" and .cards[0].handed == []'
cmp "$(attribute 0)" "$two"
absent "$saved/amdgpu-hdcp2.srm"
echo active >"$drm/card0/device/power/runtime_status"
card 0
expect 0 sync
cmp "$(attribute 0)" "$one"
rm "$firmware/display_hdcp_srm.bin" "$saved/amdgpu-hdcp1.srm"

begin what_cannot_be_read_or_written
refuses() {
    refused_call=$1:$2
    shift 2
    LD_PRELOAD=$COPP_REFUSING COPP_REFUSE=$refused_call "$@"
}
card 0 "$two"
for what in create write fchmod fsync renameat; do
    expect 2 refuses $what 28 "$COPP" srm sync --root "$root"
    complains "$saved/amdgpu-hdcp2.srm: HDCP 2.x, version 1 cannot be saved: No space left on device"
    absent "$saved/amdgpu-hdcp2.srm"
done
same "$(find "$saved" -mindepth 1 | wc -l)" 0 'files that are left'
expect 2 refuses openat 5 "$COPP" srm sync --root "$root"
complains "amdgpu-hdcp1.srm: .*Input/output error"
absent "$saved/amdgpu-hdcp2.srm"
ln -s "$dir/elsewhere" "$saved/amdgpu-hdcp2.srm"
expect 1 sync
complains 'amdgpu-hdcp2.srm: is not a regular file, and not read or replaced: remove it'
[ -L "$saved/amdgpu-hdcp2.srm" ] || fail "the link was replaced"
absent "$dir/elsewhere"
rm "$saved/amdgpu-hdcp2.srm"
# also where root runs the tests
powerless() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --bounding-set -dac_override,-dac_read_search "$@"
    else
        "$@"
    fi
}
chmod 000 "$(attribute 0)"
expect 2 powerless "$COPP" srm sync --root "$root"
complains '^copp: /sys/class/drm/card0/device/hdcp_srm: cannot be opened: Permission denied$'
complains 'remedy: run it as root'
expect 2 powerless "$COPP" srm sync --root "$root" --json
holds '.cards[0].state == "unreadable"'
chmod 644 "$(attribute 0)"
printf x >"$dir/file"
expect 2 env COPP_STATE_DIR="$dir/file" "$COPP" srm sync --root "$root"
complains "^copp: $dir/file: cannot be "

begin below_the_root
env -u COPP_STATE_DIR "$COPP" srm sync --root "$root" >"$dir/out"
name=$(sed -n "s,^\($root/.*amdgpu-hdcp2.srm\): .* is saved\$,\1,p" "$dir/out")
cmp "$name" "$two"

finish

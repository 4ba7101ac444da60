#!/bin/sh
# copp srm install: published messages, and messages that openssl signs
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
: "${COPP_REFUSING:?the library that refuses}"

root=$dir/root
list=$root/lib/firmware/display_hdcp_srm.bin
mkdir -p "$root/lib/firmware"
one=$VECTORS/srm-hdcp1-v1.bin # the licensing body's own, as are two
two=$VECTORS/srm-hdcp2-v1.bin
install() { "$COPP" srm install --root "$root" "$@"; }
# nothing that was being made is left
clean() {
    same "$(find "$root/lib/firmware" -mindepth 1 -name '.*' | wc -l)" 0 "files that are left"
}

# lists of HDCP 2.x under a test key: VERSION, and KSVs
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -pkeyopt rsa_keygen_pubexp:3 -out "$dir/rsa.pem" 2>/dev/null
openssl pkey -in "$dir/rsa.pem" -pubout -out "$dir/rsa.pub"
make_list() {
    version=$1
    shift
    { printf '9100%04x01%06x%08x' "$version" $((3 + 4 + 5 * $# + 384)) $(($# << 22)) && printf %s "$@"; } | unhex >"$dir/body"
    openssl dgst -sha256 -sign "$dir/rsa.pem" -out "$dir/signature" "$dir/body"
    cat "$dir/body" "$dir/signature" >"$dir/v$version"
}
for version in 1 2 3; do make_list $version 511ef21acd; done
test_install() { install --key "$dir/rsa.pub" "$@"; }

begin what_verifies_is_installed SRM-2
expect 1 install "$VECTORS/srm-facsimile.bin"
complains '(SRM-2)'
absent "$list"
perl -0777 -pe 'chop' "$two" >"$dir/torn"
expect 1 install "$dir/torn"
complains '(SRM-1)'
absent "$list"
expect 0 sh -c "umask 077; exec '$COPP' srm install --root '$root' '$two'"
answers "^$list: HDCP 2.x, version 1 is installed, 0 revoked, signed by the production key$"
same "$(cat "$dir/err")" '' 'what is said of nothing'
cmp "$list" "$two"
same "$(stat -c %a "$list")" 644 mode
clean
# another program's word on what is installed now
openssl dgst -sha256 -verify "$VECTORS/srm-hdcp2-production-public.pem" -signature "$(tail -c 384 "$list" >"$dir/tail" && echo "$dir/tail")" "$(head -c 12 "$list" >"$dir/head" && echo "$dir/head")" >/dev/null ||
    fail "openssl does not verify it"

begin the_same_is_installed_already
inode=$(stat -c %i "$list")
expect 0 install "$two"
answers 'version 1 is installed already'
expect 0 install --json "$two"
holds '.changed == false and .previous == {hdcp: 2, version: 1} and .loaded == .file and .valid'
same "$(stat -c %i "$list")" "$inode" 'the file'

begin the_kernels_list_is_shown
expect 0 "$COPP" srm show --root "$root"
answers "^$list: HDCP 2.x, version 1"
expect 0 "$COPP" srm verify --root "$root/"
answers "^$list: valid"
mkdir -p "$root/lib/firmware/updates" "$root/lib/firmware/$(uname -r)"
cp "$one" "$root/lib/firmware/$(uname -r)/display_hdcp_srm.bin"
expect 0 "$COPP" srm show --root "$root" --json
holds ".hdcp == 1 and .file == \"$root/lib/firmware/$(uname -r)/display_hdcp_srm.bin\""
cp "$one" "$root/lib/firmware/updates/display_hdcp_srm.bin"
expect 0 "$COPP" srm show --root "$root" --json
holds ".hdcp == 1 and .file == \"$root/lib/firmware/updates/display_hdcp_srm.bin\""
expect 1 install "$two"
complains "^copp: $list: the kernel loads $root/lib/firmware/updates/display_hdcp_srm.bin instead"
complains '^copp: remedy: remove that file'
expect 1 install "$two" --json
holds '.loaded != .file'
# the kernel passes over what is empty
: >"$root/lib/firmware/updates/display_hdcp_srm.bin"
rm "$root/lib/firmware/$(uname -r)/display_hdcp_srm.bin"
expect 0 install "$two"
rm -r "$root/lib/firmware/updates"
# nor is the list itself in its own way, by another name
ln -s . "$root/lib/firmware/updates"
expect 0 install "$two" --json
holds '.loaded == .file'
rm "$root/lib/firmware/updates"
# a compressed one counts where there is no other
xz -c "$one" >"$list.xz"
expect 0 "$COPP" srm verify --root "$root"
answers "^$list: valid"
mv "$list" "$dir/list"
expect 1 "$COPP" srm verify --root "$root"
complains "^copp: $list.xz: it is a compressed file"
expect 0 install "$two"
rm "$list.xz"
expect 2 "$COPP" srm show --root "$root" "$one"
complains '--root cannot be used with FILE'
mkdir -p "$dir/none/lib"
expect 1 "$COPP" srm show --root "$dir/none"
complains "$dir/none/lib/firmware/display_hdcp_srm.bin: does not exist"
complains 'remedy: install one'

begin a_kind_is_replaced_only_when_told
expect 1 install "$one"
complains 'srm-hdcp1-v1.bin: is for HDCP 1.x, but the stored list, version 1, is for HDCP 2.x: .* receivers of HDCP 2.x would go unchecked'
complains 'remedy: .*--replace-kind'
cmp "$list" "$two"
expect 0 install "$one" --replace-kind
complains "from now on, receivers of HDCP 2.x are not checked against any list"
cmp "$list" "$one"
expect 0 install "$two" --replace-kind
complains "receivers of HDCP 1.x are not checked"

begin a_test_key_replaces_nothing_genuine SRM-2
expect 1 test_install "$dir/v3" --replace-kind
complains "$list: is signed by the licensing body, and no list under another key replaces it (SRM-2)"
complains 'remedy: remove it first'
expect 1 install --key facsimile "$VECTORS/srm-facsimile.bin" --replace-kind
complains 'signed by the licensing body'
cmp "$list" "$two"
rm "$list"
expect 0 test_install "$dir/v2"
# the other way round it is what should be
expect 0 install "$two"
complains 'replaces a stored file that is not valid: the signature does not verify under this key (SRM-2)'
rm "$list"

begin versions_never_go_back SRM-3
expect 0 test_install "$dir/v2"
expect 1 test_install "$dir/v1"
complains 'v1: is for HDCP 2.x, version 1, which is older than the stored list, version 2 (SRM-3)'
complains 'remedy: keep the stored list'
expect 1 test_install "$dir/v1" --replace-kind
cmp "$list" "$dir/v2"
expect 1 test_install "$dir/v1" --json
holds '.rule == "SRM-3" and (.error | test("version 1.*version 2"))'
expect 0 test_install "$dir/v3" --json
holds '.changed and .version == 3 and .previous == {hdcp: 2, version: 2} and .revoked == ["511ef21acd"]'
cmp "$list" "$dir/v3"
# of the same version and other bytes: a repaired copy
make_list 3 511ef21acd e72697f401
expect 0 test_install "$dir/v3" --json
holds '.changed and (.revoked | length) == 2'
cmp "$list" "$dir/v3"

begin what_the_kernel_does_not_read_is_told
sign_rsa() {
    openssl dgst -sha256 -sign "$dir/rsa.pem" -out "$dir/signature" "$1"
    cat "$dir/signature"
}
# of two generations, with one receiver in the first and two in the second
printf 910000040200018c00400000511ef21acd | unhex >"$dir/first"
printf 018e0002511ef21acde72697f401 | unhex >"$dir/second"
{ cat "$dir/first" && sign_rsa "$dir/first" && cat "$dir/second" && sign_rsa "$dir/second"; } >"$dir/generations"
expect 0 test_install "$dir/generations" --json
holds '(.revoked | length) == 3 and .read == 1 and .generation == 2'
complains "^copp: $list: the kernel reads 1 of its 3 receivers"
printf 910100050100018c00400000511ef21acd | unhex >"$dir/body"
{ cat "$dir/body" && sign_rsa "$dir/body"; } >"$dir/reserved"
expect 0 test_install "$dir/reserved" --json
holds '(.revoked | length) == 1 and .read == 0'
complains 'reads 0 of its 1'
# HDCP 1.x: the signature's numbers are two of 20 bytes, which openssl wraps in DER
list_of_hdcp1() {
    printf %s "80000005010000$1" | unhex >"$dir/body"
    openssl dgst -sha1 -sign "$VECTORS/srm-dsa.pem" -out "$dir/signature" "$dir/body"
    cat "$dir/body"
    for number in $(openssl asn1parse -inform DER -in "$dir/signature" | sed -n 's/.*INTEGER *://p'); do printf '%40s' "$number" | tr ' ' 0 | unhex; done
}
dsa_install() { install --key "$VECTORS/srm-dsa-public.pem" --replace-kind "$@"; }
rm "$list"
list_of_hdcp1 3c02511ef21acde72697f40101511ef21acd >"$dir/plain"
expect 0 dsa_install "$dir/plain" --json
holds '.hdcp == 1 and (.revoked | length) == 3 and .read == 3'
same "$(cat "$dir/err")" '' 'what is said of nothing'
list_of_hdcp1 3c82511ef21acde72697f40101511ef21acd >"$dir/reserved"
expect 0 dsa_install "$dir/reserved" --json
holds '(.revoked | length) == 3 and .read == 0'
complains 'reads 0 of its 3'
rm "$list"
expect 0 test_install "$dir/v3"

begin a_damaged_list_is_replaced_and_told SRM-4
for what in torn empty large; do
    case $what in
    torn) head -c 100 "$dir/v3" >"$list" ;;
    empty) : >"$list" ;;
    large) head -c 1100000 /dev/zero >"$list" ;;
    esac
    expect 0 test_install "$dir/v1"
    complains "$list: replaces a stored file that is not valid: .*(SRM-1)"
    cmp "$list" "$dir/v1"
done

begin what_is_not_a_file_is_left_alone
for what in link lost_link directory fifo; do
    rm -rf "$list"
    case $what in
    link) cp "$dir/v3" "$dir/elsewhere" && ln -s "$dir/elsewhere" "$list" ;;
    lost_link) ln -s "$dir/nowhere" "$list" ;;
    directory) mkdir "$list" ;;
    fifo) mkfifo "$list" ;;
    esac
    expect 2 timeout 20 "$COPP" srm install --root "$root" --key "$dir/rsa.pub" "$dir/v3"
    complains "$list: is not a regular file: "
    complains 'remedy: remove it'
    absent "$dir/nowhere"
    clean
done
cmp "$dir/elsewhere" "$dir/v3"
rm -rf "$list"

begin directories_are_made_where_a_system_is
rmdir "$root/lib/firmware/$(uname -r)" "$root/lib/firmware"
expect 0 test_install "$dir/v1"
complains "$list: its directory was missing and has been created"
same "$(stat -c %a "$root/lib/firmware")" 755 'the directory'
expect 2 "$COPP" srm install --root "$dir/keyless" "$two"
complains "$dir/keyless: does not have a directory lib"
mkdir "$dir/bare"
expect 2 "$COPP" srm install --root "$dir/bare" "$two"
complains "$dir/bare: does not have a directory lib"
complains 'remedy: name the tree of a system with --root'
absent "$dir/bare/lib"

begin a_tree_is_not_left
# as after a merge of /lib into /usr: the link means a place below the root, not this machine's
mkdir -p "$dir/merged/usr/lib/firmware" "$dir/outside"
ln -s /usr/lib "$dir/merged/lib"
expect 0 "$COPP" srm install --root "$dir/merged" "$two"
cmp "$dir/merged/usr/lib/firmware/display_hdcp_srm.bin" "$two"
expect 0 "$COPP" srm verify --root "$dir/merged"
rm -r "$dir/merged/usr/lib/firmware"
ln -s ../../../outside "$dir/merged/usr/lib/firmware"
expect 2 "$COPP" srm install --root "$dir/merged" "$two"
absent "$dir/outside/display_hdcp_srm.bin"
# relative names
(cd "$dir" && expect 0 "$COPP" srm install --root root --key rsa.pub v1)

# refuses WHAT ERRNO COMMAND...
refuses() {
    refused_call=$1:$2
    shift 2
    LD_PRELOAD=$COPP_REFUSING COPP_REFUSE=$refused_call "$@"
}
begin what_fails_changes_nothing
cp "$dir/v1" "$list"
for what in create write fchmod fsync renameat; do
    for error in '28 No space left on device' '30 Read-only file system' '13 Permission denied'; do
        expect 2 refuses $what "${error%% *}" "$COPP" srm install --root "$root" --key "$dir/rsa.pub" "$dir/v3"
        complains "^copp: $list: cannot be written, and is as it was: ${error#* }$"
        case $error in
        28*) complains '^copp: remedy: make room' ;;
        30*) complains '^copp: remedy: make the file system writable' ;;
        13*) complains '^copp: remedy: run it as root' ;;
        esac
        cmp "$list" "$dir/v1"
        clean
    done
done
expect 2 refuses openat 5 "$COPP" srm install --root "$root" --key "$dir/rsa.pub" "$dir/v3"
complains 'cannot be read: Input/output error'
cmp "$list" "$dir/v1"
expect 2 refuses flock 37 "$COPP" srm install --root "$root" --key "$dir/rsa.pub" "$dir/v3"
complains 'cannot be locked'
cmp "$list" "$dir/v1"
# the one error after which the new list is there
expect 2 refuses fsync-directory 5 "$COPP" srm install --root "$root" --key "$dir/rsa.pub" "$dir/v3"
complains 'is the new list, which a power cut may undo: Input/output error'
cmp "$list" "$dir/v3"
# a file system that needs no such thing
expect 0 refuses fsync-directory 22 test_install "$dir/v3"
rm -r "$root/lib/firmware"
expect 2 refuses mkdirat 30 "$COPP" srm install --root "$root" "$two"
complains 'its directory cannot be created: Read-only file system'

begin what_a_killed_one_left_is_cleared_away
mkdir "$root/lib/firmware"
printf half >"$root/lib/firmware/.display_hdcp_srm.bin.new"
expect 0 install "$two"
cmp "$list" "$two"
clean

begin two_at_once_leave_the_newer SRM-3
rm "$list"
for _ in 1 2 3 4 5 6 7 8; do
    rm -f "$list"
    test_install "$dir/v1" >/dev/null 2>&1 &
    test_install "$dir/v3" >/dev/null 2>&1 &
    test_install "$dir/v2" >/dev/null 2>&1 &
    wait
    cmp "$list" "$dir/v3"
done
clean

begin amdgpu_is_told_of
mkdir -p "$root/sys/class/drm/card1/device"
expect 0 test_install "$dir/v3"
same "$(cat "$dir/err")" '' 'what is said without such a card'
: >"$root/sys/class/drm/card1/device/hdcp_srm"
expect 0 test_install "$dir/v3"
complains 'amdgpu does not load this file: .*systemctl reload copp-srm.service'

finish

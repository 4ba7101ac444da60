# shellcheck shell=bash
# Runs the tests of the programs for Windows under Debian's Wine. The 64-bit ones run under this system's. The 32-bit ones run
# under a Wine in a directory of its own, which has both bitnesses as 64-bit Windows does.

readonly wine32_dir=$cross_dir/wine32
readonly wine32_suite=bookworm # of whichever Debian this is
readonly wine32_packages=(
    wine wine64 wine32:i386
    libgl1:i386 libgl1-mesa-dri:i386 gstreamer1.0-plugins-base:i386 gstreamer1.0-plugins-good:i386
    dash coreutils sed grep libc-bin # what Wine's scripts want
)

# Makes $wine32_dir/root, a root directory with all files of those packages, once for each list of packages. The packages
# are unpacked and not installed, so that neither root nor i386 in this system's dpkg is needed. Of their scripts only libwine's
# runs, inside: it makes a DLL that Wine needs.
wine32_root() {
    local wanted="$wine32_suite ${wine32_packages[*]}"
    wine32_possible
    [ "$(cat "$wine32_dir/.complete" 2>/dev/null)" != "$wanted" ] || return 0
    rm -rf "$wine32_dir"
    mkdir -p "$wine32_dir/bin"
    wine32_fetch
    wine32_unpack
    rm -rf "$wine32_dir/apt"
    ln -s ../../../../scripts/wine32.sh "$wine32_dir/bin/wine"
    ln -s ../../../../scripts/wine32.sh "$wine32_dir/bin/wineserver"
    printf '%s' "$wanted" >"$wine32_dir/.complete"
}

# Fails unless scripts/wine32.sh may mount what a program in that directory needs.
wine32_possible() {
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(--map-root-user)
    unshare "${as_root[@]}" --mount true ||
        die "32-bit programs for Windows run in a mount namespace, which this system does not allow here.
As root, give the container the capability CAP_SYS_ADMIN (docker run --cap-add SYS_ADMIN --security-opt apparmor=unconfined).
As another user, allow namespaces of users: sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0."
}

wine32_apt() {
    debian_apt "$wine32_dir/apt" deb "$wine32_suite" -o APT::Architecture=amd64 -o APT::Architectures=amd64,i386 \
        -o APT::Install-Recommends=false -o Acquire::Languages=none "$@"
}

wine32_fetch() {
    wine32_apt update || die "the lists of Debian's packages cannot be fetched"
    wine32_apt install --assume-yes --download-only "${wine32_packages[@]}" ||
        die "a 32-bit Wine cannot be fetched: amd64 and i386 of Debian's $wine32_suite are needed"
}

wine32_unpack() {
    local root=$wine32_dir/root directory package
    for directory in bin lib lib64 sbin; do
        mkdir -p "$root/usr/$directory"
        ln -s "usr/$directory" "$root/$directory"
    done
    mkdir -p "$root"/{dev,etc,proc,root,sys,tmp}
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    for package in "$wine32_dir"/apt/cache/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink --no-same-owner \
            --exclude='./usr/share/doc/*' --exclude='./usr/share/locale/*' --exclude='./usr/share/man/*' \
            --exclude='winealsa.*' # without a sound card it has much to say in every test
    done
    for package in "$wine32_dir"/apt/cache/archives/libwine_*.deb; do
        dpkg-deb --control "$package" "$root/tmp/control"
        cp "$root/tmp/control/postinst" "$root/root/postinst"
        scripts/wine32.sh sh /root/postinst configure
        rm -r "$root/tmp/control"
    done
}

# shellcheck source=scripts/wine_desktop.sh
source "$top/scripts/wine_desktop.sh"

# run_wine_tests BUILD PREFIX: runs the tests of a build directory under the Wine that is first in PATH.
run_wine_tests() {
    local passed failed again test_log=testlog-start_wine.sh # as Meson names it, by the wrapper
    export WINEPREFIX=$2 WINEDEBUG=-all COPP_RULES_LOG=$rules_log
    # One server for all tests, started and its services with it before the first: tests that start at once would each find
    # it half made, and the services keep the output of the program that they are started for. A test's would not end.
    mkdir -p "$WINEPREFIX"
    wineserver --kill || true # of a run that was killed
    wineserver --wait
    trap 'wineserver --kill || true' EXIT
    wineserver --persistent && wine wineboot --init && hold_desktop || return 1
    run_tests "$1" --timeout-multiplier 3 --wrapper "$top/scripts/start_wine.sh" || true
    again=$(grep -c '"stderr": .*start_wine.sh: Wine ended' "$1/meson-logs/$test_log.json") || true
    [ "$again" -eq 0 ] || report "$again programs were started twice: Wine had ended before they began"
    read -r passed failed < <(count_tests "$1")
    counts "$passed" "$failed"
    report "$passed tests passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

test_wine64() { run_wine_tests build/win64 "$cross_dir/prefix"; }

test_wine32() {
    PATH=$wine32_dir/bin:$PATH
    run_wine_tests build/win32 "$cross_dir/prefix32"
}

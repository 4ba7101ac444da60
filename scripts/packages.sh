# shellcheck shell=bash
# What the project needs of Debian 12 and 13, and how it gets there. All names are those both releases know: compilers
# and their tools come as the release's default version.

packages_build=(
    gcc libc6-dev meson ninja-build pkgconf libssl-dev libexpat1-dev libinih-dev libjansson-dev libsystemd-dev scdoc
    libdrm-dev libudev-dev        # outputs of the kernel
    libxcb1-dev libxcb-randr0-dev # outputs of an X server
    libncurses-dev                # copp watch
    libwayland-dev                # surfaces of a Wayland compositor
)
packages_check=( # beside those
    binutils libcmocka-dev openssl jq valgrind # tests
    libgcrypt20-dev                            # the other crypto library
    zlib1g-dev libzstd-dev                     # what a static libcrypto of Debian 13 asks for
    umockdev libumockdev-dev                   # a simulated graphics card
    python3-pyte                               # a terminal without a screen
    graphviz mscgen                            # pictures of the documents
    tshark                                     # reads recordings, by the dissector
    chromium chromium-driver                   # a browser for the pages of --html
    softhsm2                                   # a PKCS#11 token (scripts/pkcs11.sh has the provider on Debian 12)
    zsh fish                                   # the shells beside bash that completion is for
    xvfb weston wayland-protocols              # X server and compositor without a screen, and a window
    g++ clang libclang-rt-dev llvm             # the other compilers; sanitizers, libFuzzer, symbolizer
    gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user # a big-endian machine, emulated
    clang-format clang-tidy shellcheck         # lint
    gcovr                                      # coverage
    debhelper dpkg-dev git lintian             # the Debian packages, what making them leaves, and what is wrong with them
    abigail-tools                              # what an upgrade would break
    cmake                                      # a program that finds libcopp by it
    prometheus systemd                         # promtool and systemd-analyze: coppd's metrics and units
    qemu-system-x86 busybox-static cpio zstd   # a machine of its own (scripts/kernel.sh),
    make kmod libelf-dev                       # a module for its kernel,
    sway seatd mpv xserver-xorg-core           # who owns a graphics card there,
    dbus dbus-user-session udev                # and what runs in it beside systemd
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev gstreamer1.0-tools gstreamer1.0-x # players' plugins (x: ximagesink),
    libmpv-dev                                                # the header of mpv's client API
    gstreamer1.0-plugins-bad                                  # kmssink
    xserver-xorg-video-dummy x11-xserver-utils                # an X server with several outputs, and xrandr
    python3-cffi python3-dev libpython3-dev python3-setuptools # the Python package,
    python3-wheel python3-pip python3-pytest mypy dh-python    # and its checks
    libpam-systemd libpam-modules
)
packages_cross=( # beside those of build
    gcc-mingw-w64-x86-64-win32 gcc-mingw-w64-i686-win32 # the compilers
    libgcrypt-mingw-w64-dev libgpg-error-mingw-w64-dev  # libgcrypt
    dpkg dpkg-dev                                       # unpacks packages and source packages
    util-linux                                          # unshare: a 32-bit Wine's own root directory
    wine wine64 wine64-tools                            # run the tests
    xvfb xauth libgl1 libgl1-mesa-dri                   # a display, which DirectShow wants
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good # read the AVI file of a test
)

# What Debian has since its release 13.
packages_check_13=(
    pkcs11-provider # keys in a PKCS#11 token
)

# The release's number; 0 on what is no Debian.
debian_release() { sed -n 's/^VERSION_ID="\{0,1\}\([0-9]*\).*/\1/p' /etc/os-release 2>/dev/null | grep . || echo 0; }

# need_packages build|check|cross: installs what is missing of that set, and says so before.
need_packages() {
    local packages=("${packages_build[@]}") missing
    [ "$1" != check ] || packages+=("${packages_check[@]}" "${packages_cross[@]}")
    [ "$1" != check ] || [ "$(debian_release)" -lt 13 ] || packages+=("${packages_check_13[@]}")
    [ "$1" != cross ] || packages+=("${packages_cross[@]}")
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is not a Debian system, so nothing is installed for you. On Debian these are needed:"
        say "  ${packages[*]}"
        return
    fi
    missing=$(missing_packages "${packages[@]}")
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086 # one word a package
    install_packages $missing
}

missing_packages() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
    done
}

install_packages() {
    local as_root=() log
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "these packages are missing: $*
This needs root, and there is no sudo. As root: apt-get install --no-install-recommends $*"
        as_root=(sudo)
    fi
    say "installing: $*"
    log=$(mktemp)
    # the lists of packages may be there and fresh enough: only if it does not work out are they fetched
    if ! apt_get install --no-install-recommends "$@" >"$log" 2>&1; then
        if ! apt_get update >>"$log" 2>&1 || ! apt_get install --no-install-recommends "$@" >>"$log" 2>&1; then
            tail -n 30 "$log" >&2
            rm -f "$log"
            die "apt-get could not install: $*
What it said stands above. Without a network, install them by other means and start again."
        fi
    fi
    rm -f "$log"
}

apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

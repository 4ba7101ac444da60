# shellcheck shell=bash
# Programs for Windows, built with Debian's MinGW-w64, and their tests, run under Debian's Wine.

readonly cross_dir=$top/build/cross
readonly cross_sources=$cross_dir/sources

# NAME RELEASE SOURCE-PACKAGE UPSTREAM-VERSION SHA-256-OF-THE-UPSTREAM-ARCHIVE
#
# Debian has no MinGW-w64 packages of these. apt checks what it fetches against the release's signed index; the archive
# is checked once more against the sum here. Debian's own patches on top of it may grow with a security update.
cross_libraries() {
    cat <<'LIBRARIES'
expat bookworm expat 2.5.0 ab00ee05c7067fd10a35c5d2a4922ebba746ddd50ff83b79c828da17bbdf1757
inih trixie libinih 59 062279922805f5e9a369551a08d5ddb506140fe50774183ffdbb7c22bb97e3f4
jansson bookworm jansson 2.14 c739578bf6b764aa0752db9a2fdadcfe921c78f1228c7ec0bb47fa804c55d17b
cmocka bookworm cmocka 1.1.5 f0ccd8242d55e2fd74b16ba518359151f6f8383ff8aef4976e48393f77bba8b6
LIBRARIES
}

# apt with lists and a cache of the project's own: neither root nor a change to the system is needed.
cross_apt() {
    local state=$cross_dir/apt
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    cat >"$state/own.sources" <<SOURCES
Types: deb-src
URIs: $(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | head -n 1)
Suites: bookworm trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
    apt-get -q -o Dir::Etc::SourceList="$state/own.sources" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root "$@" </dev/null
}

cross_fetch() {
    local name release package version sum archive
    [ ! -f "$cross_sources/.complete" ] || return 0
    rm -rf "$cross_sources"
    mkdir -p "$cross_sources"
    cross_apt update >"$cross_dir/fetch.log" 2>&1 || cross_failed "the lists of Debian's source packages cannot be fetched"
    while read -r name release package version sum; do
        mkdir "$cross_sources/$name.files"
        (cd "$cross_sources/$name.files" && cross_apt source --download-only "$package/$release") >>"$cross_dir/fetch.log" 2>&1 ||
            cross_failed "the source package $package of $release cannot be fetched"
        archive=$(find "$cross_sources/$name.files" -name "*_$version.orig.tar.*" ! -name '*.asc')
        echo "$sum  $archive" | sha256sum --check --status 2>/dev/null ||
            cross_failed "$package of $release is not version $version as scripts/cross.sh knows it"
        dpkg-source --no-check -x "$cross_sources/$name.files"/*.dsc "$cross_sources/$name.tree" >>"$cross_dir/fetch.log" 2>&1 ||
            cross_failed "the source package $package cannot be unpacked"
        mv "$cross_sources/$name.tree" "$cross_sources/$name"
    done < <(cross_libraries)
    # expat's sources lie one directory further down
    mv "$cross_sources/expat" "$cross_sources/expat.tree"
    mv "$cross_sources/expat.tree/expat" "$cross_sources/expat"
    touch "$cross_sources/.complete"
}

cross_failed() {
    tail -n 20 "$cross_dir/fetch.log" >&2
    die "$1; what was said stands above"
}

# cross_pkgconfig ARCHITECTURE: where the libraries' .pc files are.
cross_pkgconfig() {
    echo "$cross_dir/$1/lib/pkgconfig:/usr/$1-w64-mingw32/lib/pkgconfig"
}

# cross_build_libraries ARCHITECTURE
cross_build_libraries() {
    local arch=$1 prefix=$cross_dir/$1 build=$cross_dir/$1-libs options=() name version
    while read -r name _ _ version _; do options+=("-D${name}_version=$version"); done < <(cross_libraries)
    configure_cross "$build" "$arch" cross/libs --prefix "$prefix" --libdir lib "-Dsources=$cross_sources" "${options[@]}"
    compile "$build"
    [ -f "$prefix/.installed" ] && [ ! "$build/libexpat.a" -nt "$prefix/.installed" ] && return
    meson install -C "$build" >"$build/install.log" 2>&1 || die "the libraries for $arch cannot be installed into $prefix"
    touch "$prefix/.installed"
}

# configure_cross DIRECTORY ARCHITECTURE SOURCE [MESON-OPTION...]
configure_cross() {
    local directory=$1 arch=$2 source=$3
    shift 3
    PKG_CONFIG_LIBDIR=$(cross_pkgconfig "$arch") configure "$directory" cc "$source" --cross-file "cross/$arch-w64-mingw32.ini" \
        "-Dpkg_config_path=$(cross_pkgconfig "$arch")" "$@"
}

# cross_build win64|win32: the library, the tool and the DLLs.
cross_build() {
    local arch=x86_64
    [ "$1" = win64 ] || arch=i686
    cross_build_libraries "$arch"
    configure_cross "build/$1" "$arch" . -Dprefer_static=true -Dbench=false -Ddefault_library=both
    compile "build/$1"
}

cross_all() {
    cross_fetch
    cross_build win64
    cross_build win32
}

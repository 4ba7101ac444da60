# shellcheck shell=bash
# Programs for Windows, built with Debian's MinGW-w64. scripts/wine.sh runs them.

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

cross_apt() { debian_apt "$cross_dir/apt" deb-src 'bookworm trixie' "$@"; }

cross_fetch() {
    local name release package version sum archive
    [ ! -f "$cross_sources/.complete" ] || return 0
    say "cross: fetching the sources of $(cross_libraries | wc -l) libraries"
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
    say "cross: building the libraries for $arch"
    cross_build_libraries "$arch"
    say "cross: building build/$1"
    configure_cross "build/$1" "$arch" . -Dprefer_static=true -Dbench=false -Ddefault_library=both
    compile "build/$1"
}

cross_all() {
    cross_fetch
    cross_build win64
    cross_build win32
}

# --- checks ----------------------------------------------------------------------------------------------------------

# What every Windows has; libcopp-0.dll is ours.
readonly windows_dlls=' advapi32 avifil32 bcrypt d3d9 dxva2 kernel32 msvcrt ntdll ole32 oleaut32 user32 ws2_32 '

pe_imports() {
    x86_64-w64-mingw32-objdump -p "$1" | sed -n 's/^\tDLL Name: //p'
}

pe_exports() {
    x86_64-w64-mingw32-objdump -p "$1" | sed -n '/^\[Ordinal\/Name Pointer\] Table/,/^$/s/^\t\[ *[0-9]*\] \(+base.*\] *[0-9a-f]* \)\{0,1\}//p' | sort
}

# check_imports FILE: nothing beyond Windows' own DLLs, but for libcopp-0.dll where the tool is
check_imports() {
    local dll name bad=0
    for dll in $(pe_imports "$1"); do
        name=${dll,,}
        [[ $windows_dlls == *" ${name%.dll} "* ]] && continue
        [[ $name == libcopp-0.dll && $1 == */copp.exe ]] && continue
        echo "$1 needs $dll, which Windows does not have"
        bad=1
    done
    return "$bad"
}

# check_exports FILE NAMES-FILE: these names as they are, without the decoration of calling conventions
check_exports() {
    diff -u "$2" <(pe_exports "$1") || { echo "$1 does not export what it should"; return 1; }
}

def_names() { sed -n '/^EXPORTS/,$s/^ \+\([A-Za-z0-9_]*\).*/\1/p' "$1" | sort; }

check_pe_files() {
    local build file bad=0 work=$cross_dir/names
    mkdir -p "$work"
    def_names win32/copp.def >"$work/copp"
    def_names win32/dxva2.def >"$work/dxva2"
    # transports/socket is for Unix sockets, and monitors/ for Linux' sysfs: no part of the library on Windows
    sed -n '/global:/,/local:/p' src/libcopp.map | grep -oE '^ +[a-z0-9_]+;' | tr -d ' ;' | grep -vE '^copp_(socket|monitors?|edid)_' | sort >"$work/libcopp"
    for build in build/win64 build/win32; do
        for file in "$build"/copp.exe "$build"/src/libcopp-0.dll "$build"/win32/copp.dll "$build"/win32/dxva2.dll; do
            check_imports "$file" || bad=1
        done
        check_exports "$build/win32/copp.dll" "$work/copp" || bad=1
        check_exports "$build/win32/dxva2.dll" "$work/dxva2" || bad=1
        check_exports "$build/src/libcopp-0.dll" "$work/libcopp" || bad=1
    done
    return "$bad"
}

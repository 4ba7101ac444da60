# shellcheck shell=bash
# What a packager and a program that uses the library see: exported symbols, the installed files, pkg-config.

readonly installed=$top/build/check-install

# The names that libcopp.so exports, that its version script lists, and that the headers declare are the same. The libraries beside
# it have no version script: what is not declared is hidden.
check_symbols() {
    local directory=$installed-symbols bad=0
    mkdir -p "$directory"
    exported "$lint_build/src/libcopp.so" >"$directory/exported"
    sed -n '/global:/,/local:/p' src/libcopp.map | grep -oE '^ +[a-z0-9_]+;' | tr -d ' ;' | sort >"$directory/map"
    declared include/copp/*.h >"$directory/declared"
    [ -s "$directory/declared" ] || { echo "no COPP_API in the headers?" && bad=1; }
    diff -u "$directory/map" "$directory/exported" || { echo "src/libcopp.map and what libcopp.so exports differ" && bad=1; }
    diff -u "$directory/declared" "$directory/map" || { echo "the headers' COPP_API and src/libcopp.map differ" && bad=1; }
    sed -n 's/^ \(copp_[a-z0-9_]*\)@.*/\1/p' debian/libcopp0.symbols | sort | diff -u "$directory/map" - ||
        { echo "src/libcopp.map and debian/libcopp0.symbols differ" && bad=1; }
    report "$(wc -l <"$directory/exported") symbols"
    symbols_beside libcopp-wayland outputs/wayland/copp-wayland.h || bad=1
    symbols_beside libcopp-kms outputs/kms/library/copp-kms.h || bad=1
    return "$bad"
}

# symbols_beside LIBRARY HEADER: what the library exports, the header declares and its Debian package lists is the same.
symbols_beside() {
    local directory=$installed-symbols bad=0
    exported "$lint_build/$(dirname "$2")/$1.so" >"$directory/$1.exported"
    declared "$2" >"$directory/$1.declared"
    [ -s "$directory/$1.declared" ] || { echo "no COPP_API in $2?" && bad=1; }
    diff -u "$directory/$1.declared" "$directory/$1.exported" || { echo "$2 and what $1.so exports differ" && bad=1; }
    sed -n 's/^ \(copp_[a-z0-9_]*\)@.*/\1/p' "debian/${1}0.symbols" | sort | diff -u "$directory/$1.declared" - ||
        { echo "$2 and debian/${1}0.symbols differ" && bad=1; }
    report "$1: $(wc -l <"$directory/$1.exported") symbols"
    return "$bad"
}

exported() {
    nm -D --defined-only --format=posix "$1" | awk '$2 != "A" { sub(/@.*/, "", $1); print $1 }' | sort
}

# declared HEADER...: the names after COPP_API, comments and macros' own definition aside.
declared() {
    local header
    for header in "$@"; do
        gcc -fpreprocessed -dD -E -P "$header"
    done | grep -v '^#' | tr '\n' ' ' | sed 's/[;{}]/\n/g' | grep COPP_API | grep -oE 'copp_[a-z0-9_]+ ?\(' | tr -d ' (' | sort
}

# A staged installation, as a packager makes it.
check_install() {
    local flags
    rm -rf "$installed"
    DESTDIR=$installed meson install -C "$lint_build" --no-rebuild
    staged_environment
    read -ra flags < <(pkg-config --cflags libcopp)
    headers_alone "$(dirname "$(find "$installed" -name copp.h)")" "${flags[@]}"
    documentation "$(dirname "$(find "$installed" -path '*/doc/libcopp/docs')")"
    find "$installed" -path '*/doc/coppd/examples/coppd.conf' | grep .
    manual_pages "$(find "$installed" -path '*/man/man3')"
    consumer "$(find "$installed" -path '*/doc/libcopp/examples')"
    consumers_beside "$(find "$installed" -path '*/doc/libcopp/examples')"
}

staged_environment() {
    local library
    library=$(dirname "$(find "$installed" -name libcopp.so)")
    export LD_LIBRARY_PATH=$library PKG_CONFIG_SYSROOT_DIR=$installed
    PKG_CONFIG_LIBDIR=$library/pkgconfig:$(pkg-config --variable=pc_path pkg-config)
    export PKG_CONFIG_LIBDIR
}

# documentation DIRECTORY: every page and example is installed there, and what a page links to
documentation() {
    local page link bad=0
    (cd docs && ls ./*.md) | sed "s|^.|$1/docs|" | xargs ls >/dev/null || bad=1
    find examples -name '*.[ch]' -printf "$1/examples/%P\0" | xargs -0 ls >/dev/null || bad=1
    for page in "$1"/*.md "$1"/docs/*.md; do
        while read -r link; do
            [ -e "$(dirname "$page")/$link" ] || { echo "$page: links to $link, which is not installed" && bad=1; }
        done < <(grep -oE '\]\([^)#:]+[)#]' "$page" | sed 's/^](//; s/.$//')
    done
    return "$bad"
}

# manual_pages DIRECTORY: each function that the libraries export has a page there, its own or a link to one.
manual_pages() {
    local name bad=0
    while read -r name; do
        [ -s "$1/$name.3" ] || { echo "$name has no page in section 3" && bad=1; }
    done < <(exported "$lint_build/src/libcopp.so" && exported "$lint_build/outputs/kms/library/libcopp-kms.so")
    return "$bad"
}

# Every example in the directory EXAMPLES, and the least program there can be, built from outside against what was installed.
consumer() {
    local directory=$installed-consumer examples=$1 flags libraries static source name programs helpers
    mkdir -p "$directory"
    cat >"$directory/least.c" <<'C'
#include <copp.h>
#include <string.h>
int main(void) {
    return strcmp(copp_version(), COPP_VERSION) || COPP_VERSION_NUMBER < COPP_VERSION_OF(0, 1, 0) || !copp_strerror(COPP_OK)[0];
}
C
    read -ra flags < <(pkg-config --cflags libcopp)
    read -ra libraries < <(pkg-config --libs libcopp)
    read -ra static < <(pkg-config --static --libs libcopp | sed 's/-lcopp\b/-l:libcopp.a/')
    mapfile -t helpers < <(grep -L '^int main(' "$examples"/*.c)
    mapfile -t programs < <(grep -l '^int main(' "$directory/least.c" "$examples"/*.c)
    for source in "${programs[@]}"; do
        name=$(basename "$source" .c)
        gcc -std=c11 -Wall -Wextra -Werror "${flags[@]}" "$source" "${helpers[@]}" -o "$directory/$name-shared" "${libraries[@]}"
        gcc -std=c11 -Wall -Wextra -Werror "${flags[@]}" "$source" "${helpers[@]}" -o "$directory/$name-static" "${static[@]}"
    done
    g++ -x c++ -std=c++17 -Wall -Wextra -Werror "${flags[@]}" "$directory/least.c" -o "$directory/least-c++" "${libraries[@]}"
    "$directory/least-shared"
    "$directory/least-c++"
    consumer_of_cmake "$directory"
    ldd "$directory/least-shared" | grep libcopp
    [ -z "$(ldd "$directory/least-static" | grep libcopp || true)" ]
    env -u LD_LIBRARY_PATH "$directory/least-static"
}

# consumers_beside EXAMPLES: a program of each library beside libcopp, by what its pkg-config file says alone.
consumers_beside() {
    local directory=$installed-consumer name call flags
    while read -r name call; do
        read -ra flags < <(pkg-config --cflags --libs "libcopp-$name")
        printf '#include <copp-%s.h>\nint main(void) {\n    %s(NULL);\n    return 0;\n}\n' "$name" "$call" >"$directory/$name.c"
        gcc -std=c11 -Wall -Wextra -Werror "$directory/$name.c" -o "$directory/$name" "${flags[@]}"
        "$directory/$name"
    done <<'LIBRARIES'
kms copp_kms_close
wayland copp_wayland_free
LIBRARIES
    # libdrm is the system's own, not below the staged root
    read -ra flags <<<"$(pkg-config --cflags --libs libcopp-kms libcopp) $(env -u PKG_CONFIG_SYSROOT_DIR pkg-config --cflags --libs libdrm)"
    gcc -std=c11 -Wall -Wextra -Werror "$1"/kms/*.c -o "$directory/console-player" "${flags[@]}"
}

# consumer_of_cmake DIRECTORY: the least program there, built by CMake, which finds libcopp where it was installed.
consumer_of_cmake() {
    local build=$1/cmake
    rm -rf "$build"
    mkdir -p "$build"
    cp "$1/least.c" "$build"
    cat >"$build/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(least C)
find_package(libcopp 0.1 CONFIG REQUIRED)
find_package(libcopp 0.2 CONFIG QUIET) # a later series, which this one does not stand for
if(libcopp_FOUND)
  message(FATAL_ERROR "libcopp ${libcopp_VERSION} was taken for 0.2")
endif()
find_package(libcopp CONFIG REQUIRED)
add_executable(least least.c)
target_link_libraries(least PRIVATE libcopp::copp)
CMAKE
    cmake -S "$build" -B "$build/build" "-DCMAKE_PREFIX_PATH=$(dirname "$(find "$installed" -name libcopp-config.cmake)")"
    cmake --build "$build/build"
    "$build/build/least"
}

check_uninstall() {
    ninja -C "$lint_build" uninstall
    [ ! -e "$installed" ] || { find "$installed" && echo "is left behind" && return 1; }
}

# The Debian packages, built from a copy of the tree; dh_missing fails on a file that no package has. What building leaves in
# the tree git ignores.
check_packages() {
    local directory=$installed-debian package left
    rm -rf "$directory"
    mkdir -p "$directory/libcopp"
    find . \( -path ./build -o -path './build-*' -o -path ./.git \) -prune -o -type f -print0 |
        xargs -0 cp --parents -t "$directory/libcopp"
    git -C "$directory/libcopp" init -q
    git -C "$directory/libcopp" add -A
    (cd "$directory/libcopp" && dpkg-buildpackage --build=binary --unsigned-changes --no-check-builddeps)
    for package in libcopp0 libcopp-dev copp copp-receiver coppd libcopp-wayland0 libcopp-wayland-dev libcopp-kms0 libcopp-kms-dev gstreamer1.0-copp mpv-copp python3-copp; do
        dpkg-deb --fsys-tarfile "$directory/${package}"_*.deb | tar -t >"$directory/$package.files"
        report "$package: $(grep -vc '/$' "$directory/$package.files") files"
    done
    left=$(cat "$directory"/*.files | grep -v '/$' | sort | uniq -d)
    [ -z "$left" ] || { echo "$left" && echo "is in more than one package" && return 1; }
    left=$(git -C "$directory/libcopp" ls-files --others --exclude-standard)
    [ -z "$left" ] || { echo "$left" && echo "is not in .gitignore" && return 1; }
    if grep -rnE '@([a-z0-9-]+\.)*(example|localhost)\b' debian; then
        echo "is a placeholder and no address" && return 1
    fi
    grep -q '/libcopp\.so\.0$' "$directory/libcopp0.files"
    grep -q '/copp\.h$' "$directory/libcopp-dev.files"
    grep -q '/man3/libcopp\.3\.gz$' "$directory/libcopp-dev.files"
    grep -q '/man3/copp_session_poll\.3\.gz$' "$directory/libcopp-dev.files"
    grep -q '/libcopp-kms\.so\.0$' "$directory/libcopp-kms0.files"
    grep -q '/copp-kms\.h$' "$directory/libcopp-kms-dev.files"
    grep -q '/man3/libcopp-kms\.3\.gz$' "$directory/libcopp-kms-dev.files"
    grep -q '/man3/copp_kms_committed\.3\.gz$' "$directory/libcopp-kms-dev.files"
    grep -q '/gstreamer-1\.0/libgstcopp\.so$' "$directory/gstreamer1.0-copp.files"
    grep -q '/mpv/scripts/copp\.so$' "$directory/mpv-copp.files"
    grep -q '/python3/dist-packages/copp/_native\.abi3\.so$' "$directory/python3-copp.files"
    packaged_python "$directory"
    grep -q '/bin/copp$' "$directory/copp.files"
    grep -q '/doc/copp/kiosk\.md$' "$directory/copp.files" # copp-protect(1) names both
    grep -q '/doc/copp/examples/kiosk/copp-kiosk\.service$' "$directory/copp.files"
    grep -q '/copp-lend@\.service$' "$directory/copp.files"
    grep -q '/libexec/copp-read-receiver$' "$directory/copp-receiver.files"
    grep -q '/sbin/coppd$' "$directory/coppd.files"
    grep -q '/udev/rules\.d/70-copp-receivers\.rules$' "$directory/coppd.files"
    grep -q '/libexec/copp-receiver-access$' "$directory/coppd.files"
    grep -q '/libexec/copp-read-card$' "$directory/coppd.files"
    grep -q '/doc/coppd/examples/coppd\.conf$' "$directory/coppd.files"
    grep -q '/doc/coppd/examples/prometheus/coppd\.rules\.yml$' "$directory/coppd.files"
    dpkg-deb -x "$directory"/libcopp-dev_*.deb "$directory/libcopp-dev"
    documentation "$directory/libcopp-dev/usr/share/doc/libcopp-dev"
    dpkg-deb --ctrl-tarfile "$directory"/libcopp0_*.deb | tar -xO ./symbols | grep -c '^ copp_'
    dpkg-deb --ctrl-tarfile "$directory"/coppd_*.deb | tar -xO ./postinst >"$directory/postinst"
    grep -q 'systemd-sysusers' "$directory/postinst" # its user
    grep -q "start\|restart" "$directory/postinst" # its units: both, as coppd(8) says
    grep -q "enable 'coppd.service'" "$directory/postinst"
    grep -q "enable 'coppd.socket'" "$directory/postinst"
    grep -q '/copp-srm-sleep\.service$' "$directory/copp.files"
    grep -q '/udev/rules\.d/60-copp-srm\.rules$' "$directory/copp.files"
    dpkg-deb --ctrl-tarfile "$directory"/copp_*.deb | tar -xO ./postinst >"$directory/postinst"
    grep -q "enable 'copp-srm.service'" "$directory/postinst"
    grep -q "enable 'copp-srm-sleep.service'" "$directory/postinst"
    dpkg-deb --ctrl-tarfile "$directory"/coppd_*.deb | tar -xO ./postrm | grep 'rm -rf /var/lib/coppd'
    find "$directory" -maxdepth 1 -name '*.deb' ! -name '*-dbgsym_*' -print0 | xargs -0 lintian --allow-root --fail-on error,warning
}

# packaged_python DIRECTORY: the packages' Python, library and daemon, unpacked, in a test of a player. dpkg has made no byte code.
packaged_python() {
    local root=$1/root
    mkdir -p "$root"
    dpkg-deb -x "$1"/libcopp0_*.deb "$root"
    dpkg-deb -x "$1"/coppd_*.deb "$root"
    dpkg-deb -x "$1"/python3-copp_*.deb "$root"
    dpkg-deb --field "$1"/python3-copp_*.deb Depends | grep 'python3-cffi-backend, .*libcopp0 '
    cat >"$1/test_player.py" <<'PYTHON'
def test_fixtures(coppd, copp_adapter):
    for adapter in coppd, copp_adapter:
        with adapter.connect("HDMI-1") as session:
            assert session.protect(hdcp=1).protected
PYTHON
    LD_LIBRARY_PATH=$(dirname "$(find "$root" -name 'libcopp.so.0')") PYTHONPATH=$root/usr/lib/python3/dist-packages \
        COPPD=$root/usr/sbin/coppd /usr/bin/python3 -B -m pytest -p no:cacheprovider --rootdir "$1" "$1/test_player.py"
}

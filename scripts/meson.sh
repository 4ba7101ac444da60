# shellcheck shell=bash
# Build directories: configured once, and again when what was asked for has changed.

# The compilers the project is tested with. Newer ones know newer warnings: those are shown, but break nothing.
readonly tested_gcc=12 tested_clang=14

# werror_for COMPILER TESTED-VERSION: whether warnings are errors, true or false.
werror_for() {
    if [ "$("$1" -dumpversion | cut -d. -f1)" -le "$2" ]; then echo true; else echo false; fi
}

# configure DIRECTORY COMPILER [MESON-OPTION...]
configure() {
    local directory=$1 compiler=$2 stamp wanted
    shift 2
    stamp=$directory/.dev-stamp
    wanted="$top $(meson --version) $compiler $*"
    if [ -f "$directory/build.ninja" ] && [ -f "$stamp" ] && [ "$(<"$stamp")" = "$wanted" ]; then
        return
    fi
    forget "$directory"
    mkdir -p "$directory"
    CC=$compiler meson setup "$directory" "$@" >"$directory/setup.log" 2>&1 || {
        tail -n 20 "$directory/setup.log" >&2
        die "meson setup $directory failed; what it said stands above"
    }
    printf '%s' "$wanted" >"$stamp"
}

# Empties a build directory, but for the build directories and results inside it that are none of its own.
forget() {
    local entry
    [ -d "$1" ] || return 0
    for entry in "$1"/* "$1"/.[!.]*; do
        case ${entry##*/} in
        check-* | bench-* | bench.json | fuzz-*) ;;
        *) rm -rf -- "$entry" ;;
        esac
    done
}

# compile DIRECTORY [TARGET...]: one changing line on a terminal, nothing elsewhere unless it fails.
compile() {
    local directory=$1
    shift
    if [ -t 1 ]; then
        NINJA_STATUS='building [%f/%t] ' ninja -C "$directory" "$@" || die "the build in $directory failed"
    else
        ninja -C "$directory" -k 20 "$@" >"$directory/compile.log" 2>&1 || {
            grep -v '^\[' "$directory/compile.log" | tail -n 60 >&2
            die "the build in $directory failed"
        }
    fi
}

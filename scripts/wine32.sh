#!/bin/sh
# wine32.sh PROGRAM ARGUMENT...: runs a program in the root directory that scripts/wine.sh makes for the 32-bit Wine. Called by
# another name, as wine and wineserver in build/cross/wine32/bin are, it runs that program. The current directory stays.
#
# All mounts are made in a mount namespace of this process. They end with the program, however it ends, and nobody else sees
# them: whoever deletes build/ meanwhile deletes nothing else.
set -eu

fail() {
    echo "wine32.sh: $*" >&2
    exit 125
}

# mount_into ROOT DIRECTORY [OPTION]: mounts a directory under its own name
mount_into() {
    mkdir -p "$1$2"
    mount "${3:---bind}" "$2" "$1$2" || fail "cannot mount $2"
}

if [ "${COPP_WINE32_STEP:-}" != inside ]; then
    here=$(readlink -f "$0")
    name=${0##*/}
    [ "$name" = wine32.sh ] || set -- "$name" "$@"
    [ $# -gt 0 ] || fail "which program?"
    top=$(dirname "$(dirname "$here")")
    [ -d "$top/build/cross/wine32/root/usr" ] || fail "the 32-bit Wine is missing; run ./dev check, which makes it"
    # other users are root in a user namespace, for as long as the mounting takes
    if [ "$(id -u)" -eq 0 ]; then as_root=; else as_root=--map-root-user; fi
    export COPP_WINE32_STEP=inside COPP_WINE32_TOP="$top"
    COPP_WINE32_IDS=$(id -u):$(id -g)
    export COPP_WINE32_IDS
    # shellcheck disable=SC2086 # an option or none
    exec unshare $as_root --mount -- "$here" "$@"
fi

root=$COPP_WINE32_TOP/build/cross/wine32/root ids=$COPP_WINE32_IDS
for directory in /dev /proc /sys; do mount_into "$root" "$directory" --rbind; done
for directory in /tmp "${TMPDIR:-/tmp}" "$COPP_WINE32_TOP"; do mount_into "$root" "$directory"; done
case $1 in
wine | wineserver) program=/usr/bin/$1-stable ;;
*) program=$1 ;;
esac
shift
if [ "$(id -u):$(id -g)" = "$ids" ]; then user=; else user="--map-user=${ids%:*} --map-group=${ids#*:}"; fi
export PATH=/usr/bin HOME=/root
unset COPP_WINE32_STEP COPP_WINE32_TOP COPP_WINE32_IDS
# shellcheck disable=SC2086 # two options or none
exec unshare $user --root="$root" --wd="$PWD" -- "$program" "$@"

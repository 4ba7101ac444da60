#!/bin/sh
# players.sh PLAYER...: all cases of copp test player for a player with one of the plugins, under both semantics
set -eu
: "${COPP:?the tool}"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
unset COPP_DEVICE COPP_ANCHOR COPP_STATE_DIR COPP_SRM_KEY || true
export TMPDIR="$directory" GST_REGISTRY="$directory/registry"
# one process finds GStreamer's plugins, and all players read what it has found
[ -z "${GST_PLUGIN_PATH-}" ] || gst-inspect-1.0 coppgate >"$directory/out"
failed=0
for semantics in copp opm; do
    "$COPP" test player --semantics $semantics --strict --tolerance 1500 --jobs 24 --shown-marker 'content is shown' \
        --hidden-marker 'content is hidden' -- \
        "$@" '{socket}' '{anchor}' '{output}' '{srm}' || failed=1
done
exit $failed

#!/usr/bin/env bash
# windows_text.sh TEST_TEXT.EXE COPP.EXE LIBCOPP-0.DLL COPP.DLL: test_text.c, which wants a display for its console, and Wine looks
# for one as the first of a prefix's programs starts.
set -euo pipefail

if [ -z "${COPP_TEST_DISPLAY:-}" ]; then
    COPP_TEST_DISPLAY=1 exec xvfb-run -a "$0" "$@"
fi

# shellcheck source=tests/interop/windows_lib.sh
. "$(dirname "$0")/windows_lib.sh"
files=()
for file in "$@"; do files+=("$(realpath "$file")"); done
begin_wine
hold_desktop
wine "${files[@]}"

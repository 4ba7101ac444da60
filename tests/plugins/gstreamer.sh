#!/bin/sh
# gstreamer.sh SOURCE: coppgate in whole pipelines of gst-launch-1.0: in playbin, in a window on a screen that is looked at, and without leaks.
source=$1
# shellcheck source=tests/daemon/lib.sh
. "$(dirname "$0")/../daemon/lib.sh"
: "${GST_PLUGIN_PATH:?where the plugin is}"
export GST_REGISTRY="$directory/registry" NO_AT_BRIDGE=1
start
exec 9<>"$directory/events"
anchor=$directory/test-driver/anchor.b64
gate="coppgate device=unix:$socket anchor=$anchor connector=HDMI-1"

# what it says of itself: each property with a doc comment in hotdoc's form, and nothing wrong
gst-inspect-1.0 coppgate >"$directory/out" 2>"$directory/err" || fail gst-inspect-1.0
[ ! -s "$directory/err" ] || fail "gst-inspect-1.0 complains"
grep -q '^ \* SECTION:element-coppgate$' "$source" || fail "no section for hotdoc"
sed -n '/^Element Properties:/,$ s/^  \([a-z-]*\) *: .*/\1/p' "$directory/out" | grep -vxE 'name|parent|qos' >"$directory/properties"
[ "$(wc -l <"$directory/properties")" -eq 11 ] || fail "not all properties are listed"
while read -r property; do
    grep -q "^ *\* CoppGate:$property:\$" "$source" || fail "$property has no doc comment"
done <"$directory/properties"

# a film in playbin, protected from its first picture to its last
gst-launch-1.0 -q videotestsrc num-buffers=10 ! video/x-raw,format=I420,width=64,height=64 ! avimux ! filesink location="$directory/film.avi"
timeout 100 gst-launch-1.0 -m playbin uri="file://$directory/film.avi" video-filter="$gate" video-sink=fakesink >"$directory/out" 2>"$directory/err" ||
    fail "playbin"
grep -q 'copp-protection, state=(string)protected, .*hdcp=(boolean)true, connector=(string)HDMI-1' "$directory/out" || fail "not protected in playbin"
grep -q 'Got EOS' "$directory/out" || fail "playbin does not come to the end"

# none where it cannot be protected, and the reason with its remedy. gst-launch-1.0 waits for ever if an error comes just before its loop
# begins, which is its own doing.
status=0
# shellcheck disable=SC2086 # its properties
timeout 20 gst-launch-1.0 videotestsrc ! coppgate device="unix:$directory/nobody" ! filesink location="$directory/passed" \
    >"$directory/out" 2>"$directory/err" || status=$?
[ "$status" -eq 1 ] || [ "$status" -eq 124 ] || fail "plays without coppd"
grep -q 'coppd cannot be reached: .*; start it' "$directory/err" || fail "no remedy"
[ ! -s "$directory/passed" ] || fail "pictures pass without coppd"

# nothing is left behind
# shellcheck disable=SC2086
GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1 timeout 100 \
    gst-launch-1.0 videotestsrc num-buffers=20 ! video/x-raw,width=64,height=64 ! $gate ! fakesink >"$directory/out" 2>"$directory/err" ||
    fail "a pipeline that is looked at for leaks"
grep -q 'object-alive, type-name=(string)%s' "$directory/err" || fail "the leak tracer has not run"
leaks=$(grep 'object-alive, type-name=(string)[^%]' "$directory/err" || true)
[ -z "$leaks" ] || fail "leaks: $leaks"

# in a window: the brightest point of the screen says whether the picture is shown
Xvfb -displayfd 3 -screen 0 320x240x24 -nolisten tcp 3>"$directory/display" >"$directory/xvfb" 2>&1 &
children=$!
until_true grep -q . "$directory/display"
DISPLAY=:$(cat "$directory/display")
export DISPLAY
# shellcheck disable=SC2086
gst-launch-1.0 -q videotestsrc is-live=true pattern=white ! videoconvert ! $gate ! ximagesink >"$directory/out" 2>"$directory/err" &
children="$children $!"
screenshot() {
    gst-launch-1.0 -q ximagesrc num-buffers=1 show-pointer=false ! videoconvert ! video/x-raw,format=GRAY8 ! \
        filesink location="$directory/screen" >/dev/null 2>&1 && [ -s "$directory/screen" ]
}
is_white() { screenshot && LC_ALL=C grep -qa "$(printf '[\360-\377]')" "$directory/screen"; }
is_black() { screenshot && ! LC_ALL=C grep -qa "$(printf '[\040-\377]')" "$directory/screen"; }
until_true is_white
echo "unplug HDMI-1" >&9
until_true is_black
echo "plug HDMI-1" >&9
until_true is_white

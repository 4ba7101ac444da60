#!/bin/sh
# page.sh SOURCE PLUGIN: what docs/players.md shows works as it is printed, with mpv's plugin where mpv looks for it. The film is made
# here, and coppd has one display, of the name that the page gives it. Only coppd's socket, the film's directory and the sinks are the test's own.
source=$1
plugin=$2
# shellcheck source=tests/daemon/lib.sh
. "$(dirname "$0")/../daemon/lib.sh"
: "${GST_PLUGIN_PATH:?where the plugin is}"
page=$source/docs/players.md
export GST_REGISTRY="$directory/registry" NO_AT_BRIDGE=1
printf '%s\n' '[adapter]' '[output card0-HDMI-A-1]' 'type = hdmi' 'modes = 1080p60' 'protections = hdcp' 'ksv = b70361f714' >"$directory/adapter.ini"
echo "description = $directory/adapter.ini" >>"$directory/coppd.conf"
start
exec 9<>"$directory/events"
export COPP_DEVICE="unix:$socket" COPP_ANCHOR="$directory/test-driver/anchor.b64"

# mpv's configuration, as the package leaves it
export MPV_HOME="$directory/mpv"
mkdir -p "$MPV_HOME/scripts" "$MPV_HOME/script-opts" "$directory/bin"
ln -s "$plugin" "$MPV_HOME/scripts/copp.so"
echo "device=unix:$socket" >"$MPV_HOME/script-opts/copp.conf"
printf '%s\n' vo=null ao=null untimed=yes >"$MPV_HOME/mpv.conf"
# any player will do
# shellcheck disable=SC2016 # its own argument
printf '%s\n' '#!/bin/sh' 'test -s "$1"' >"$directory/bin/vlc"
chmod +x "$directory/bin/vlc"
PATH=$directory/bin:$PATH

cd "$directory"
gst-launch-1.0 -q videotestsrc num-buffers=5 ! video/x-raw,format=I420,width=64,height=64,framerate=25/1 ! avimux ! filesink location=film.mkv
[ -s film.mkv ] || fail "no film"

# the lines of all blocks, but for those of a programming language, whose name is beside the first mark
lines() { awk '/^```/ { inside = !inside; lines = $0 == "```"; next } inside && lines' "$page"; }
# here LINE: with what is the test's own
here() {
    echo "$1" | sed "s,file:///srv/,file://$directory/,; s,\"coppgate ,\"coppgate device=unix:$socket ,; s,playbin ,playbin video-sink=fakesink audio-sink=fakesink ,; s,copp protect ,copp protect --allow-simulated ,"
}
# a line for a card is run in QEMU by a test of the same elements or options
in_qemu() {
    case $1 in
    *kmssink*) grep -q 'coppgate drm-fd=9 connector=.* ! kmssink fd=9' "$source/tests/kernel/displays-kmssink.sh" ;;
    *--vo=drm*) grep -q 'mpv .*--vo=drm --drm-connector=HDMI-A-1' "$source/tests/kernel/displays-mpv-plugin.sh" ;;
    *) false ;;
    esac
}

# copp, coppgate and mpv's plugin, each in its words
is_refused() { grep -qE '^copp: .*(plug|display)|Content must not be shown|copp: card0-HDMI-A-1: ended' out err; }

run=0
lines >shown
while read -r line; do
    case $line in
    *kmssink* | *--vo=drm*)
        in_qemu "$line" || fail "not run in QEMU: $line"
        continue
        ;;
    esac
    here "$line" >shown.sh
    # it plays; and without a display it does not, so that it has asked for protection
    expect 0 sh -c "$(cat shown.sh) </dev/null"
    ! is_refused || fail "does not play: $line"
    echo "unplug card0-HDMI-A-1" >&9
    timeout 20 sh -c "$(cat shown.sh) </dev/null" >out 2>err || true
    echo "plug card0-HDMI-A-1" >&9
    is_refused || fail "plays without a display: $line"
    run=$((run + 1))
done <shown
[ "$run" -ge 3 ] || fail "the page shows only $run lines that can be run"

# README's line is one of those
grep -q 'video-filter="coppgate connector=card0-HDMI-A-1"' "$source/README.md" || fail "README shows another line"
grep -qF 'video-filter="coppgate connector=card0-HDMI-A-1"' shown || fail "README's line is not on the page"

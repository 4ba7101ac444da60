# shellcheck shell=bash
# hold_desktop: makes Wine's desktop, and keeps it until the server of this WINEPREFIX is killed.
#
# Any program that draws random numbers needs it: libgcrypt asks Windows what its windows are. Without a desktop Wine starts one for that
# program, and each such question waits for up to 10 seconds until it is there: on a busy machine for minutes. It ends soon after the last
# program that has used it.
hold_desktop() {
    local own=$BASHPID
    # waits for its input
    tail --pid="$own" -f /dev/null 2>/dev/null | wine cmd >/dev/null 2>&1 &
    wine rundll32 user32.dll,GetDesktopWindow >/dev/null 2>&1
}

#!/bin/sh
# receiver_access.sh PROGRAM: coppd's group gets the buses that displays are on, to read, and no other.
set -eu
program=$1
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
mkdir -p bin dev sys/class/drm/card0-HDMI-A-1 sys/class/drm/card0-DVI-D-1 sys/class/drm/card0-DP-1 sys/class/drm/card1-HDMI-A-2
mkdir sys/class/drm/card0-DP-1/drm_dp_aux0 sys/class/drm/card0-DP-1/drm_dp_aux sys/class/drm/card0-DP-1/drm_dp_aux1_
mkdir sys/class/drm/card0-VGA-1 sys/class/drm/card0-HDMI-A-3 sys/class/drm/card0-HDMI-A-4
# shellcheck disable=SC2016 # for the stand-in
printf '#!/bin/sh\necho "$@" >>"$LIST"\n' >bin/setfacl
chmod +x bin/setfacl
ln -s ../../../i2c-3 sys/class/drm/card0-HDMI-A-1/ddc
ln -s ../../../i2c-12 sys/class/drm/card1-HDMI-A-2/ddc
ln -s ../../../i2c-9 sys/class/drm/card0-DVI-D-1/ddc # without a node
ln -s ../../../i2c-1 sys/class/drm/card0-VGA-1/ddc # analog: no HDCP
ln -s ../../../i2c-3x sys/class/drm/card0-HDMI-A-3/ddc
ln -s ../../../../dev/mem sys/class/drm/card0-HDMI-A-4/ddc
touch dev/i2c-0 dev/i2c-1 dev/i2c-3 dev/i2c-12 dev/i2c-3x dev/mem dev/i2c- dev/drm_dp_aux dev/drm_dp_aux0 dev/drm_dp_aux1_ dev/drm_dp_aux7
check() {
    rm -f "$directory/list"
    touch "$directory/list"
    LIST=$directory/list PATH=$directory/bin:$PATH SYSFS=$directory/sys DEV=$directory/dev "$program"
}
check
printf '%s\n' "-m group:coppd:r $directory/dev/drm_dp_aux0" "-m group:coppd:r $directory/dev/i2c-12" "-m group:coppd:r $directory/dev/i2c-3" >wanted
sort list | diff wanted -
rm -r sys/class/drm
check
[ ! -s list ] || exit 1

#!/bin/sh
# With systemd as PID 1, as root: what keeps amdgpu's list across boot and sleep. A file stands for the attribute; it forgets when it is emptied.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh

list=/run/hdcp1.srm
firmware=/lib/firmware/display_hdcp_srm.bin
saved=/var/lib/copp/amdgpu-hdcp1.srm
attribute=/sys/class/drm/card0/device/hdcp_srm
# the licensing body's, of HDCP 1.x, version 1: it revokes nobody
# shellcheck disable=SC2059 # all of it is escapes
printf "$(echo 800000010000002bd2489e49d057ae315b1abce00e4f6b92a6ba033b98cced4a978f5dd227292519a5d5f05d5e563d0e | sed 's/../\\x&/g')" >$list

forget() { : >$attribute; }
state_is() { [ "$(systemctl show -P ActiveState "$1")" = "$2" ]; }

test_that "systemd takes the units" systemctl enable copp-srm.service
test_that "both are enabled" systemctl is-enabled copp-srm.service copp-srm-sleep.service
test_that "without such a card the service starts nothing" systemctl start copp-srm.service
test_that "it is not active" state_is copp-srm.service inactive

place=/sys/class/drm
[ -d $place ] || place=/sys/class
mount -t tmpfs -o mode=755 tmpfs $place
mkdir -p ${attribute%/*}
forget
test_that "a list is installed" copp srm install $list
test_that "the kernel's firmware is that list" cmp $list $firmware
test_that "at boot it is handed over" systemctl start copp-srm.service
test_that "the driver has it" cmp $list $attribute
test_that "it is saved" cmp $list $saved
test_that "the service stays active" state_is copp-srm.service active

# as systemd-suspend.service does it; in between the secure processor forgets
cat >/run/systemd/system/nap.service <<UNIT
[Unit]
Requires=sleep.target
After=sleep.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'cp $attribute /run/before && : >$attribute'
UNIT
rm $firmware
forget
test_that "systemd takes the nap" systemctl daemon-reload
test_that "the machine goes to sleep and wakes up" systemctl start nap.service
test_that "the list was handed over before" cmp $list /run/before
test_that "the driver has what was saved afterwards" until_true cmp $list $attribute
test_that "nothing waits for the next time" until_true state_is copp-srm-sleep.service inactive

forget
test_that "another card comes: the service is reloaded" systemctl reload-or-restart copp-srm.service
test_that "the driver has it again" cmp $list $attribute
test_that "and stays active" state_is copp-srm.service active
rm $saved
test_that "the machine is switched off" systemctl stop copp-srm.service
test_that "what the driver had is saved" cmp $list $saved

head -c 20 $list >$saved
cp $saved $attribute
test_that "a list that tells nothing fails the service" not systemctl start copp-srm.service
test_that "which is seen" state_is copp-srm.service failed
umount $place

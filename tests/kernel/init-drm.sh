#!/bin/sh
# PID 1 without systemd, of the machine with a graphics card: udev, the card of tests/kernel/module and its display's buses.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t debugfs debug /sys/kernel/debug
mount -t tmpfs run /run
/lib/systemd/systemd-udevd --daemon
modprobe -a i2c-dev copp_drm
udevadm trigger --action=add
udevadm settle
/kernel/run.sh /kernel/drm-*.sh
poweroff -f

#!/bin/sh
# PID 1 of the machine with compositors and players: this system's root directory, which QEMU hands in read-only, with what is in the
# machine's own beside it; then as the machine with a graphics card alone.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
if [ ! -e /run/displays ]; then
    mount -t proc proc /proc
    mount -t sysfs sys /sys
    modprobe -a 9pnet_virtio virtio_pci 9p overlay
    mkdir /host /layer /new
    mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose host /host
    mount -t tmpfs layer /layer
    mkdir /layer/upper /layer/work
    mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /new
    umount /sys /proc
    for directory in dev proc sys run tmp; do mount -t tmpfs none "/new/$directory"; done
    umount /new/dev
    mount -t devtmpfs dev /new/dev
    mount -t tmpfs none /new/root
    cp -a /kernel /new/
    cp -a /usr/local/. /new/usr/local/
    mkdir -p "/new/lib/modules"
    cp -a /lib/modules/. /new/lib/modules/
    cp /etc/passwd /etc/group /etc/nsswitch.conf /new/etc/
    mkdir -p /new/home/player /new/var/lib/coppd
    touch /new/run/displays
    cd /new
    mkdir old
    pivot_root . old
    # shellcheck disable=SC2094 # a device: nothing that is written is read again
    exec chroot . /kernel/init-displays.sh <dev/console >dev/console 2>&1
fi
mount -t proc proc /proc
umount -l /old
chmod 1777 /tmp
export LD_LIBRARY_PATH=/usr/local/lib/x86_64-linux-gnu # ldconfig would look at every library, through QEMU
mount -t sysfs sys /sys
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t debugfs debug /sys/kernel/debug
mkdir -p /dev/shm /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t devpts devpts /dev/pts
/lib/systemd/systemd-udevd --daemon
modprobe -a i2c-dev copp_drm
udevadm trigger --action=add
udevadm settle
/kernel/run.sh /kernel/displays-*.sh
busybox poweroff -f

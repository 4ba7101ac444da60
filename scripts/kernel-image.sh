# shellcheck shell=bash
# The machine's root directory: this system's files of a few packages, the libraries they are linked to, modules of the kernel that
# is booted, and what was built here.

readonly kernel_root=$kernel_dir/root
readonly kernel_libs=/usr/lib/x86_64-linux-gnu

# The guest has this system's files of these packages, and the libraries they are linked to.
readonly kernel_packages=(
    systemd libpam-systemd udev kmod
    dbus dbus-daemon dbus-bin dbus-system-bus-common dbus-session-bus-common dbus-user-session
)
# What systemd loads only if it is there.
readonly kernel_loaded='lib(pam|pam_misc|seccomp|mount|blkid|kmod|acl|cap|audit|apparmor|selinux|crypt|gcrypt|lz4|zstd|lzma)\.so\.[0-9]+'
# The kernel's modules that tests ask for, beside those that copp_drm needs.
readonly kernel_modules=(i2c-dev 9p 9pnet_virtio virtio_pci overlay)

# kernel_image BUILD-DIRECTORY: an initramfs with a root directory in it, in which libcopp is installed from there.
kernel_image() {
    local parts=$kernel_dir/initramfs
    rm -rf "$kernel_dir"
    kernel_directories
    kernel_programs
    DESTDIR=$kernel_root meson install -C "$1" --no-rebuild --quiet
    kernel_add_modules
    cp tests/kernel/*.sh "$1"/tests/cli/test_{descendants,process} "$kernel_root/kernel"
    find "$1"/tests/kernel "$1"/examples/kms -maxdepth 1 -type f -perm /111 -exec cp -t "$kernel_root/kernel" {} +
    cp "$1"/examples/wayland/protected-window "$kernel_root/kernel"
    cp tests/vectors/{chain-good.xml,leaf.pem,root-modulus.b64} "$kernel_root/kernel" # making keys takes a minute there
    kernel_etc
    kernel_units
    kernel_libraries
    ldconfig -r "$kernel_root"
    mkdir "$parts"
    tar -C "$kernel_root" --owner=0 --group=0 --numeric-owner -cf "$parts/root.tar" .
    cp "$kernel_root/usr/bin/busybox" tests/kernel/init "$parts"
    (cd "$parts" && find . | cpio --quiet -o -H newc) >"$kernel_dir/initramfs.cpio"
}

kernel_directories() {
    local name
    for name in bin sbin lib lib64; do
        mkdir -p "$kernel_root/usr/$name"
        ln -s "usr/$name" "$kernel_root/$name"
    done
    mkdir -p "$kernel_root"/{dev,proc,sys,run,tmp,root,kernel,home/player,var/lib,etc/pam.d,etc/systemd/system}
}

# Busybox for shell scripts, and the packages. Busybox's modprobe and its like give way to kmod's.
kernel_programs() {
    cp /bin/busybox "$kernel_root/usr/bin"
    busybox --list | grep -vx busybox | xargs -I{} ln -s busybox "$kernel_root/usr/bin/{}"
    kernel_add_packages "${kernel_packages[@]}"
    cp --parents "$kernel_libs/security/pam_permit.so" "$kernel_root"
}

# kernel_add_packages PACKAGE...: their files, but for what people read, and for what systemd starts unasked: kernel_units says that.
# The libraries come later, by kernel_libraries; a package of which more is loaded at run time has to be named itself.
kernel_add_packages() {
    local file
    dpkg -L "$@" | grep -vE '^/(etc|usr/share/(doc|man|locale|lintian|bug))/|/(catalog|hwdb\.d)/|\.wants/|-generators/' |
        while read -r file; do
            [ -d "$file" ] || printf '%s\n' "${file#/}"
        done >"$kernel_dir/files"
    tar -C / -c -T "$kernel_dir/files" --transform 's,^\(bin\|sbin\|lib\|lib64\)/,usr/\1/,' | tar -C "$kernel_root" -x
}

# The module of tests/kernel/module, and with the kernel's modules all that they depend on.
kernel_add_modules() {
    local version to file depends
    version=$(kernel_release)
    to=$kernel_root/lib/modules/$version
    depends=$(modinfo -F depends "$kernel_cache/module/copp_drm.ko")
    mkdir -p "$to/extra"
    cp "$kernel_cache/module/copp_drm.ko" "$to/extra"
    cp "$kernel_cache/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$to"
    for file in "${kernel_modules[@]}" ${depends//,/ }; do
        modprobe -d "$kernel_cache" -S "$version" --show-depends "$file"
    done | sed -n "s,^insmod $kernel_cache/*\([^ ]*\).*,\1,p" | sort -u >"$kernel_dir/modules"
    tar -C "$kernel_cache" -c -T "$kernel_dir/modules" | tar -C "$kernel_root" -x --keep-directory-symlink
    depmod -b "$kernel_root" "$version"
}

# The users, where names come from, what a user's manager needs of PAM, and a coppd whose outputs do what they are told.
kernel_etc() {
    local etc=$kernel_root/etc
    printf '%s\n' root:x:0:0::/root:/bin/sh messagebus:x:100:100::/:/bin/false player:x:1000:1000::/home/player:/bin/sh >"$etc/passwd"
    printf '%s\n' root:x:0: video:x:44: messagebus:x:100: player:x:1000: >"$etc/group"
    printf '%s\n' 'passwd: files' 'group: files' >"$etc/nsswitch.conf"
    printf '%s\n' 'account required pam_permit.so' 'session optional pam_systemd.so' >"$etc/pam.d/systemd-user"
    printf '%s\n' '[outputs]' 'backend = sim' 'events = /kernel/events' >"$etc/coppd.conf"
    echo 0123456789abcdef0123456789abcdef >"$etc/machine-id"
    mkfifo -m 666 "$kernel_root/kernel/events"
    cp -r /etc/ld.so.conf /etc/ld.so.conf.d "$etc"
}

# Only what the tests need is started, so that it takes seconds.
kernel_units() {
    local system=$kernel_root/etc/systemd/system user=$kernel_root/etc/systemd/user units=/lib/systemd/system
    mkdir -p "$system"/{sysinit,sockets,multi-user}.target.wants "$user/sockets.target.wants"
    ln -s -t "$system/sysinit.target.wants" $units/systemd-{journald,sysusers,tmpfiles-setup}.service
    ln -s -t "$system/sockets.target.wants" $units/{dbus,systemd-journald,systemd-journald-dev-log}.socket
    ln -s -t "$system/multi-user.target.wants" $units/{dbus,systemd-logind,systemd-user-sessions}.service
    ln -s -t "$user/sockets.target.wants" /usr/lib/systemd/user/dbus.socket
    ln -s $units/systemd-logind.service "$system/dbus-org.freedesktop.login1.service"
    ln -s $units/multi-user.target "$system/default.target"
    cp tests/kernel/kernel-test.service "$system"
    systemctl --root="$kernel_root" enable kernel-test.service coppd.service
}

# The libraries that what is there so far is linked to, from this system.
kernel_libraries() {
    {
        # files that are not linked to anything are ignored
        find "$kernel_root" -type f \( -perm /111 -o -name '*.so*' \) -print0 | { xargs -0 ldd 2>/dev/null || true; } |
            awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/lib64\// { print $1 }' | grep -v "^$kernel_root"
        find "$kernel_libs" -maxdepth 1 -regextype posix-extended -regex ".*/$kernel_loaded"
    } | sed 's,^/usr/,/,; s,^/,,' | sort -u >"$kernel_dir/libraries"
    tar -C / -c --dereference -T "$kernel_dir/libraries" --transform 's,^,usr/,' | tar -C "$kernel_root" -x
}

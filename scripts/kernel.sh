# shellcheck shell=bash
# A kernel in QEMU, for what a container does not let a test do: systemd as PID 1, installed units, scopes of its managers. Always
# emulated: where /dev/kvm opens, a guest may still hang in its firmware.

readonly kernel_cache=$top/build/kernel-cache # the kernel, fetched once
readonly kernel_dir=$top/build/check-kernel
readonly kernel_root=$kernel_dir/root
readonly kernel_libs=/usr/lib/x86_64-linux-gnu
readonly kernel_seconds=900 # for one machine; it takes a minute, and several where much else is done

# The guest has this system's files of these packages, and the libraries they are linked to.
readonly kernel_packages=(
    systemd libpam-systemd
    dbus dbus-daemon dbus-bin dbus-system-bus-common dbus-session-bus-common dbus-user-session
)
# What systemd loads only if it is there.
readonly kernel_loaded='lib(pam|pam_misc|seccomp|mount|blkid|kmod|acl|cap|audit|apparmor|selinux|crypt|gcrypt|lz4|zstd|lzma)\.so\.[0-9]+'

# check_kernel BUILD-DIRECTORY: what is built there runs in two machines, one of them under systemd.
check_kernel() {
    local tests=0 failed=0
    kernel_fetch
    kernel_image "$1"
    kernel_boot plain /kernel/plain-init.sh
    kernel_boot systemd /lib/systemd/systemd systemd.getty_auto=no systemd.log_color=no systemd.show_status=no systemd.default_timeout_start_sec=600
    counts "$tests" "$failed"
    [ "$failed" -eq 0 ]
}

# The kernel of this Debian, unpacked and not installed: its package's scripts are for a machine that boots it. From the
# uncompressed image QEMU starts in less than half the time.
kernel_fetch() {
    [ "$(dpkg --print-architecture)" = amd64 ] || die "the kernel for QEMU is amd64's alone"
    [ ! -f "$kernel_cache/.complete" ] || return 0
    rm -rf "$kernel_cache"
    mkdir -p "$kernel_cache"
    kernel_apt update || die "the list of Debian's packages cannot be fetched"
    kernel_download linux-image-amd64
    # which depends on that of the release's version
    kernel_download "$(dpkg-deb -f "$kernel_cache"/linux-image-amd64_*.deb Depends | grep -o '^linux-image-[^ ,]*')"
    dpkg-deb --fsys-tarfile "$kernel_cache"/linux-image-[0-9]*.deb | tar -x -C "$kernel_cache" --wildcards './boot/vmlinuz-*'
    python3 tests/kernel/vmlinux.py "$kernel_cache"/boot/vmlinuz-* >"$kernel_cache/vmlinux"
    rm -r "$kernel_cache"/*.deb "$kernel_cache/apt"
    touch "$kernel_cache/.complete"
}

kernel_apt() { debian_apt "$kernel_cache/apt" deb "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" "$@"; }

kernel_download() { (cd "$kernel_cache" && kernel_apt download "$1") || die "the package $1 cannot be fetched"; }

# kernel_image BUILD-DIRECTORY: an initramfs with a root directory in it, in which libcopp is installed from there.
kernel_image() {
    local parts=$kernel_dir/initramfs
    rm -rf "$kernel_dir"
    kernel_directories
    kernel_programs
    DESTDIR=$kernel_root meson install -C "$1" --no-rebuild --quiet
    cp tests/kernel/*.sh "$1"/tests/cli/test_{descendants,process} "$kernel_root/kernel"
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

# Busybox for shell scripts, and the packages, but for what people read, and for what systemd starts unasked: kernel_units says that.
kernel_programs() {
    local file
    cp /bin/busybox "$kernel_root/usr/bin"
    busybox --list | grep -vx busybox | xargs -I{} ln -s busybox "$kernel_root/usr/bin/{}"
    dpkg -L "${kernel_packages[@]}" | grep -vE '^/(etc|usr/share/(doc|man|locale|lintian|bug))/|/catalog/|\.wants/|-generators/' |
        while read -r file; do
            [ -d "$file" ] || printf '%s\n' "${file#/}"
        done >"$kernel_dir/files"
    tar -C / -c -T "$kernel_dir/files" --transform 's,^\(bin\|sbin\|lib\|lib64\)/,usr/\1/,' | tar -C "$kernel_root" -x
    cp --parents "$kernel_libs/security/pam_permit.so" "$kernel_root"
}

# The users, where names come from, what a user's manager needs of PAM, and a coppd whose outputs do what they are told.
kernel_etc() {
    local etc=$kernel_root/etc
    printf '%s\n' root:x:0:0::/root:/bin/sh messagebus:x:100:100::/:/bin/false player:x:1000:1000::/home/player:/bin/sh >"$etc/passwd"
    printf '%s\n' root:x:0: messagebus:x:100: player:x:1000: >"$etc/group"
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
        # files that are not linked to anything are passed over
        find "$kernel_root" -type f \( -perm /111 -o -name '*.so*' \) -print0 | { xargs -0 ldd 2>/dev/null || true; } |
            awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/lib64\// { print $1 }' | grep -v "^$kernel_root"
        find "$kernel_libs" -maxdepth 1 -regextype posix-extended -regex ".*/$kernel_loaded"
    } | sed 's,^/usr/,/,; s,^/,,' | sort -u >"$kernel_dir/libraries"
    tar -C / -c --dereference -T "$kernel_dir/libraries" --transform 's,^,usr/,' | tar -C "$kernel_root" -x
}

# kernel_boot NAME PID1 [KERNEL-ARGUMENT...]: a machine that runs the tests of that name and ends. Adds to $tests and $failed.
kernel_boot() {
    local name=$1 first=$2 status=0 start=$SECONDS console=$logs/kernel-$1-console.log output=$kernel_dir/$1.output passed
    shift 2
    mkdir -p "$logs"
    rm -f "$console"
    timeout --foreground "$kernel_seconds" qemu-system-x86_64 -accel tcg -M q35 -cpu qemu64 -smp 2 -m 1024 -no-reboot \
        -nodefaults -no-user-config -display none -serial "file:$console" -serial "file:$output" \
        -kernel "$kernel_cache/vmlinux" -initrd "$kernel_dir/initramfs.cpio" \
        -append "console=ttyS0 panic=-1 random.trust_cpu=on kernel_init=$first $*" || status=$?
    sed -i 's/\r$//' "$output"
    cat "$output"
    passed=$(grep -c '^ok ' "$output") || true
    tests=$((tests + passed))
    report "$name: $passed tests passed in $((SECONDS - start)) s"
    # each script has told its plan, and they all ended well
    [ "$passed" -ne "$(awk -F '[.][.]' '/^1\.\./ { planned += $2 } END { print planned + 0 }' "$output")" ] || [ "$passed" -eq 0 ] ||
        [ "$(tail -n 1 "$output")" != "kernel: exit status 0" ] || [ "$status" -ne 0 ] || return 0
    failed=$((failed + 1))
    report "$name: failed; QEMU's exit status is $status, the machine's console is in ${console#"$top"/}"
    tail -n 30 "$console"
}

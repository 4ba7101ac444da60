# shellcheck shell=bash
# A kernel in QEMU, for what a container does not let a test do: systemd as PID 1, installed units, scopes of its managers. Always
# emulated: where /dev/kvm opens, a guest may still hang in its firmware.

readonly kernel_cache=$top/build/kernel-cache # the kernel, fetched once
readonly kernel_dir=$top/build/check-kernel
readonly kernel_seconds=900 # for one machine; it takes a minute, and several where much else is done

# What boots each machine: PID 1, and arguments for the kernel. Those without systemd run a PID 1 of the tests' own.
declare -grA kernel_machines=(
    [plain]=/kernel/init-plain.sh
    [drm]=/kernel/init-drm.sh
    [displays]=/kernel/init-displays.sh
    [systemd]="/lib/systemd/systemd systemd.getty_auto=no systemd.log_color=no systemd.show_status=no systemd.default_timeout_start_sec=600"
)

# What else QEMU gives a machine. Compositors and players are many packages: they are this system's own, which the machine sees
# read-only. (Without multidevs=remap files of several file systems would have one number.)
declare -grA kernel_devices=([displays]="-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap")

# check_kernel BUILD-DIRECTORY [MACHINE [SCRIPT...]]: what is built there runs in all machines, or in one, of which only these scripts
# of tests/kernel may be asked for.
check_kernel() {
    local tests=0 failed=0 build=$1 machine machines=(plain drm displays systemd)
    [ $# -eq 1 ] || machines=("$2")
    shift $(($# < 2 ? $# : 2))
    kernel_fetch
    kernel_module
    kernel_image "$build"
    for machine in "${machines[@]}"; do
        kernel_boot "$machine" "$@"
    done
    counts "$tests" "$failed"
    [ "$failed" -eq 0 ]
}

# The kernel of this Debian with its modules, and what modules of one's own are built with; unpacked and not installed: the packages'
# scripts are for a machine that boots it. From the uncompressed image QEMU starts in less than half the time.
kernel_fetch() {
    local package
    [ "$(dpkg --print-architecture)" = amd64 ] || die "the kernel for QEMU is amd64's alone"
    [ ! -f "$kernel_cache/.complete-with-modules" ] || return 0
    rm -rf "$kernel_cache"
    mkdir -p "$kernel_cache"
    kernel_apt update || die "the list of Debian's packages cannot be fetched"
    for package in linux-image-amd64 linux-headers-amd64; do
        kernel_download "$package"
        kernel_download_needed "$kernel_cache/$package"_*.deb # of the release's version
    done
    kernel_download_needed "$kernel_cache"/linux-headers-[0-9]*-amd64_*.deb
    for package in "$kernel_cache"/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$kernel_cache" --exclude './usr/share'
    done
    python3 tests/kernel/vmlinux.py "$kernel_cache"/boot/vmlinuz-* >"$kernel_cache/vmlinux"
    depmod -b "$kernel_cache" "$(kernel_release)"
    rm -r "${kernel_cache:?}"/{boot,apt,*.deb}
    touch "$kernel_cache/.complete-with-modules"
}

kernel_release() { basename "$kernel_cache"/lib/modules/*; }

# kernel_download_needed FILE: the kernel's own packages on which this one depends.
kernel_download_needed() {
    local needed
    for needed in $(dpkg-deb -f "$1" Depends | sed 's/|[^,]*//g' | grep -oE '(^| )linux-(image|headers|kbuild)-[^ ,]*'); do
        [ -f "$(echo "$kernel_cache/${needed}_"*.deb)" ] || kernel_download "$needed"
    done
}

# tests/kernel/module, built with the kernel's headers, which stand beside one another here and not in /usr/src.
kernel_module() {
    local built=$kernel_cache/module headers warnings=
    headers=$(echo "$kernel_cache"/usr/src/linux-headers-*-amd64)
    sed -i 's, /usr/src/, ../,' "$headers/Makefile"
    mkdir -p "$built"
    cp --update tests/kernel/module/* "$built"
    [ "$(werror_for gcc "$tested_gcc")" = false ] || warnings=-Werror
    # types for BPF would need pahole and are of no use here
    make -C "$headers" M="$built" KCFLAGS=$warnings CONFIG_DEBUG_INFO_BTF_MODULES= modules
}

kernel_apt() { debian_apt "$kernel_cache/apt" deb "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" "$@"; }

kernel_download() { (cd "$kernel_cache" && kernel_apt download "$1") || die "the package $1 cannot be fetched"; }

# kernel_boot MACHINE [SCRIPT...]: a machine that runs its tests, or only these, and ends. Adds to $tests and $failed.
kernel_boot() {
    local name=$1 status=0 start=$SECONDS console=$logs/kernel-$1-console.log output=$kernel_dir/$1.output passed scripts
    shift
    scripts=$*
    mkdir -p "$logs"
    rm -f "$console"
    # shellcheck disable=SC2086 # several words, or none
    timeout --foreground "$kernel_seconds" qemu-system-x86_64 -accel tcg -M q35 -cpu qemu64 -smp 2 -m 1024 -no-reboot \
        ${kernel_devices[$name]:-} -nodefaults -no-user-config -display none -serial "file:$console" -serial "file:$output" \
        -kernel "$kernel_cache/vmlinux" -initrd "$kernel_dir/initramfs.cpio" \
        -append "console=ttyS0 panic=-1 random.trust_cpu=on kernel_tests=${scripts// /,} kernel_init=${kernel_machines[$name]}" || status=$?
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

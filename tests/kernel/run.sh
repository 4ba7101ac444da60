#!/bin/sh
# run.sh SCRIPT...: runs them as root until one fails; instead of them those that the kernel's command line names, if it does. What
# they say and an exit status go out by the second serial port.
exec >/dev/ttyS1 2>&1 </dev/null
cd /kernel || exit 1
named=$(sed -n 's/.*\bkernel_tests=\([^ ]*\).*/\1/p' /proc/cmdline | tr , ' ')
status=0
for script in ${named:-"$@"}; do
    sh "$script" || status=$?
    [ "$status" -eq 0 ] || break
done
echo "kernel: exit status $status"

#!/bin/sh
# What ioctls answer, by the table that the tests' own card is compared with as well. As root.
# shellcheck source=tests/kernel/lib.sh
. /kernel/lib.sh
# shellcheck source=tests/kernel/card-lib.sh
. /kernel/card-lib.sh

test_that "a program shows something and gives the card up" shows --drop HDMI-A-1
test_that "a file that has been lent a connector" /kernel/drm_lease
test_that "the answers are those of the table" /kernel/compare_kernel
test_that "the program ends" ends_showing

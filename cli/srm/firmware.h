/* The revocation list that the kernel's HDCP helper loads as firmware, and where it looks for it. Linux only. */
#ifndef COPP_CLI_SRM_FIRMWARE_H
#define COPP_CLI_SRM_FIRMWARE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define FIRMWARE_DIRECTORY "/lib/firmware"
#define FIRMWARE_LIST "display_hdcp_srm.bin"

struct firmware_file {
    char below[PATH_MAX]; /* as a process whose root is root would see it, for open_below */
    char path[PATH_MAX]; /* for people */
};

/*
 * The file that the kernel would load below root ("/" for this machine), by its search path. A compressed one counts only where no other is
 * found, as it does for the kernel. False, and both names are "": there is none.
 */
bool firmware_find(const char *root, struct firmware_file *file);

/* root and what is below it as one name, for people. */
void firmware_path(const char *root, const char *below, char *path, size_t size);

#endif

/*
 * A file that is read and replaced as a whole, in a directory that is held open. Nothing that stands in its place is followed or
 * written into. Linux only.
 */
#ifndef COPP_CLI_SRM_STORED_FILE_H
#define COPP_CLI_SRM_STORED_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/io.h"

/* Opens path as a process whose root is root would see it: links do not lead out of it. Returns a descriptor, or -1 with errno. */
int open_below(const char *root, const char *path, int flags);

/* Opens a directory below root for the functions that follow. -1 with errno set. */
int directory_open(const char *root, const char *path);

/* Waits until no other writer is at work there. The lock ends when the descriptor is closed. */
bool directory_lock(int directory);

enum stored_state {
    STORED_ABSENT,
    STORED_READ,
    STORED_LARGE, /* more than limit bytes */
    STORED_OTHER, /* a link, a directory, a pipe, a device */
    STORED_FAILED /* errno says why */
};
/* Reads the file name; *blob is to be freed, and empty unless it is STORED_READ. Waits for nobody. */
enum stored_state stored_read(int directory, const char *name, size_t limit, struct blob *blob);

/* The same of a file below root, whose links are followed below root. */
enum stored_state stored_read_below(const char *root, const char *path, size_t limit, struct blob *blob);

enum stored_result {
    STORED_DONE,
    STORED_UNTOUCHED, /* errno says why; what was there before is still there */
    STORED_UNSYNCED /* the new file is there, but may not survive a power cut; errno says why */
};
/* Replaces the file name, or makes it, with mode 0644. Call it under the lock. */
enum stored_result stored_replace(int directory, const char *name, const void *bytes, size_t size);

#endif

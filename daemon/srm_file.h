/* A list of revoked HDCP devices in the state directory, one file for each kind: verified when it is read, and replaced by a newer one
 * alone (OPM-SRM-4, SRM-3). Several coppd may share the directory. */
#ifndef COPPD_SRM_FILE_H
#define COPPD_SRM_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "srm_keys.h"

#define SRM_KINDS 2u /* HDCP 1.x and 2.x */

struct srm_file {
    char path[256];
    unsigned hdcp; /* 1 or 2: the only kind that it may hold */
    const struct srm_keys *keys; /* borrowed */
};
void srm_file_name(const char *state_directory, unsigned hdcp, const struct srm_keys *keys, struct srm_file *file);

struct srm_list {
    uint8_t *bytes; /* NULL: there is none */
    size_t size;
};
void srm_list_free(struct srm_list *list);
/* By the head of one that is valid: 0 for HDCP 1.x, 1 for HDCP 2.x. */
size_t srm_list_kind(const uint8_t *bytes);
/* Of one that is there: as its head says. */
unsigned srm_list_version(const struct srm_list *list);

/*
 * Reads what is stored. True also where there is no file: *list is empty then. False, with the reason: something is there that cannot be
 * believed, and that nothing replaces, since we cannot tell which version it was.
 */
bool srm_file_read(const struct srm_file *file, struct srm_list *list, struct error_text *error);

/* Puts a list on the disk, unless what is there is as new. Waits for the disk, and for another coppd's write. False, with the reason. */
bool srm_file_write(const struct srm_file *file, const struct srm_list *list, struct error_text *error);

#endif

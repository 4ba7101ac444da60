/* Files: read whole and bounded; a directory of files made whole or not at all. */
#ifndef COPPD_FILES_H
#define COPPD_FILES_H

#include <stddef.h>

#include "error.h"

bool file_is_absent(const char *name);

/* *text has *size bytes and a NUL beyond them; hand it to copp_release. More than limit is refused. False, with the reason and
 * errno, EFBIG for a file that is too large. */
bool file_read(const char *name, size_t limit, char **text, size_t *size, struct error_text *error);

/* Whether reading it waits for nobody: it is a regular file, or one that reading fails for at once. False, with the reason. */
bool file_is_ready(const char *name, struct error_text *error);

/* Whether the directory that path is in is there, and files can be made in it. */
bool directory_holds(const char *path, struct error_text *error);

/* Whether name is a regular file, or could be one: nothing else is ever replaced, and no link to anything. */
bool file_replaceable(const char *name, struct error_text *error);

/* Replaces name as a whole, if it may be. */
bool file_replace(const char *name, const char *text, size_t size, struct error_text *error);
/* The same, and waits until it is on the disk: after a power cut there is the old one or the new one. */
bool file_store(const char *name, const char *text, size_t size, struct error_text *error);
/* Waits until what is there already is on the disk: whoever put it there may have been killed before it was. */
bool file_settle(const char *name, struct error_text *error);

struct new_file {
    const char *name;
    const char *text;
    size_t size;
    bool secret; /* mode 0600, else 0644 */
};
/* Makes a directory that was not there, with these files in it, for all to read whatever the umask. After a failure there is
 * nothing of it; before, whoever finds it finds it whole. One process at a time: two would fill the same one. */
bool directory_make(const char *directory, const struct new_file *files, size_t count, struct error_text *error);

#endif

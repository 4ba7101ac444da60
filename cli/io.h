/* Files: read whole and bounded, written whole or not at all. "-" is standard input or output. */
#ifndef COPP_CLI_IO_H
#define COPP_CLI_IO_H

#include "options.h"

/* A file's bytes with a NUL beyond them. */
struct blob {
    uint8_t *bytes;
    size_t size;
};
/* Wipes: it may have held a key. */
void blob_free(struct blob *blob);

/* To be called first: opens file descriptors 0 to 2 where the caller closed them, so that no file takes their place. */
void io_init(void);

/* At most 256 bytes from the system's CSPRNG. */
bool random_bytes(void *bytes, size_t size);

/*
 * To be asked before name is read, by whoever does so: standard input can be read once, whatever it is called, and a second
 * reader would find nothing, or what was meant for the first. STATUS_YES, or complains.
 */
int claim_input(const struct invocation *in, const char *name);

/* STATUS_YES, or complains and answers STATUS_UNKNOWN; *blob is then empty. More than limit bytes are refused. */
int read_file(const struct invocation *in, const char *name, size_t limit, struct blob *blob);

/* The first bytes of a file, for an error that tells what it is; false, and *blob is empty, if it cannot be read. */
bool peek_file(const char *name, struct blob *blob);

/*
 * Replaces the file as a whole: a reader sees the old or the new content, and after an error the old one is still
 * there. What is not a regular file (a terminal, a pipe) is written to as it is.
 */
int write_file(const struct invocation *in, const char *name, const void *bytes, size_t size);

/*
 * Makes files in a directory (itself made if need be), all or none. A name that is taken is left alone and complained
 * about: keys are never overwritten. remove_new_files takes them away again.
 */
struct new_file {
    const char *name;
    const void *bytes;
    size_t size;
    bool secret; /* mode 0600, else as the umask has it */
};
int write_new_files(const struct invocation *in, const char *directory, const struct new_file *files, size_t count);
void remove_new_files(const char *directory, const struct new_file *files, size_t count);

#endif

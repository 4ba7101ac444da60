/* What each system does in its own way, for io.c: 0 or a descriptor, or -1 with errno set. */
#ifndef COPP_CLI_IO_SYSTEM_H
#define COPP_CLI_IO_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

/* For reading. */
int system_open(const char *name);

/* Replaces the file as a whole, or makes it; where it is not a regular one it is written to as it is. */
int system_replace(const char *name, const void *bytes, size_t size);

/* EEXIST where the name is taken. secret: for the user's eyes alone. */
int system_make_file(const char *path, const void *bytes, size_t size, bool secret);

int system_make_directory(const char *path);

#endif

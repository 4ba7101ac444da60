/* What each system does in its own way, for io.c and others. Names are UTF-8 on Windows. 0 or a descriptor, or -1 with errno set. */
#ifndef COPP_CLI_IO_SYSTEM_H
#define COPP_CLI_IO_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* For reading. */
int system_open(const char *name);

/* A new file for writing as it grows, for the user's eyes alone: EEXIST where the name is taken, also by a link that leads nowhere. */
int system_create(const char *name);

/* Replaces the file as a whole, or makes it; where it is not a regular one it is written to as it is. */
int system_replace(const char *name, const void *bytes, size_t size);

/* EEXIST where the name is taken. secret: for the user's eyes alone. */
int system_make_file(const char *path, const void *bytes, size_t size, bool secret);

int system_make_directory(const char *path);

int system_remove(const char *path);

/* A variable of the environment; NULL: it is not set. Lives as long as the program. */
const char *system_variable(const char *name);

/* UTF-8 text: a file or a pipe gets its bytes, a console its letters. Where that fails the stream's error is set. */
void system_print(FILE *out, const char *text);

#endif

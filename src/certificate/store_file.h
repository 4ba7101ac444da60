/*
 * What the stored revocation list needs of the system's files: store_file_posix.c or store_file_windows.c. Files are
 * descriptors for read, write, fstat and close; every failure leaves the cause in errno.
 * Paths are UTF-8 on Windows, and what the caller gives elsewhere.
 */
#ifndef COPP_STORE_FILE_H
#define COPP_STORE_FILE_H

#include <stdbool.h>

/* For reading; -1 on error. Does not wait, whatever lies there. */
int copp_store_open(const char *path);

/* A new file for writing; -1 on error, also if there is one. */
int copp_store_create(const char *path);

/* 0, or -1 on error. */
int copp_store_remove(const char *path);

/* Waits until no other writer is at work; -1 on error. The lock ends when the file is closed. */
int copp_store_lock(const char *path);

/* Forces what was written to the disk. */
bool copp_store_sync(int file);

/* Puts a file in another's place, both in directory, and the change on the disk. */
bool copp_store_replace(const char *from, const char *to, const char *directory);

#endif

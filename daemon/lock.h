/* Locks between processes: flock on a file that is made for nothing else. */
#ifndef COPPD_LOCK_H
#define COPPD_LOCK_H

#include "error.h"

#define LOCK_SUFFIX ".lock"

#define LOCK_FAILED (-1)
#define LOCK_HELD (-2)

/*
 * Takes the lock; close the descriptor to give it back, as the kernel does for a process that is killed. The file stays: if it
 * were removed, a third process could lock a new one while a second still waits for the old. Returns LOCK_HELD if another
 * process has it, without a reason, or LOCK_FAILED with the reason.
 */
int lock_take(const char *name, struct error_text *error);

/* The same, trying again for up to wait_ms. */
int lock_wait(const char *name, unsigned wait_ms, struct error_text *error);

/* Whether what is at name can be a lock, or nothing is there. False, with the reason. */
bool lock_check(const char *name, struct error_text *error);

#endif

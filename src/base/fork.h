/*
 * What a process must not share with a child that fork() makes: a session's numbers (QRY-4), an adapter's random numbers
 * (SES-2), and a connection, which would keep a hold alive after its player's death (EVT-5). A child made by vfork(), which
 * shares this memory, finds everything as it was. Where there is no fork(), every process is the first one.
 *
 * This is the library's only state outside of objects, since it belongs to the process.
 */
#ifndef COPP_FORK_H
#define COPP_FORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COPP_PROCESS_FIRST 1u

/* A number for this process that none has from which it descends by fork(): compare it with the one of when something was made.
 * 0: there is no memory to tell by. No lock, and no call of the system's, but for the first time in a process. */
uint32_t copp_process(void);

/* In a forked process, changes bytes from a source of random numbers, which may answer here what it has answered in the parent.
 * False: the system has none. */
bool copp_process_freshen(uint8_t *bytes, size_t size);

/* A descriptor that a child closes as fork() makes it. Embed it; fd is then -1 in the child. */
struct copp_private_fd {
    int fd;
    struct copp_private_fd *previous;
    struct copp_private_fd *next;
};
/* Call after copp_process; fd is open. */
void copp_private_fd_add(struct copp_private_fd *file);
/* Call before it is closed. */
void copp_private_fd_remove(struct copp_private_fd *file);

#endif

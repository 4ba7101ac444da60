/*
 * Whoever closes the last reference to a file may have to wait: a TCP socket with SO_LINGER waits for its peer. A user has such a file closed by us where
 * it comes along with a packet and we drop it, or lies in a socket that we close. So a signal ends the wait.
 */
#ifndef COPPD_HURRY_H
#define COPPD_HURRY_H

#include "state.h"

/* Before the event loop runs, in its thread. Without a timer nothing is bounded; false, with errno. */
bool hurry_open(struct server *server);
void hurry_close(struct server *server);

/* From here on a wait that a signal ends takes 10 ms at most. */
void hurry_begin(struct server *server);
/* Whether there was one. */
bool hurry_end(struct server *server);

/* close */
void hurry_close_file(struct server *server, int fd);

#endif

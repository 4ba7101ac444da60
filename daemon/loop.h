/* The event loop: sources, timers, signals, and what follows when one of them has been served. */
#ifndef COPPD_LOOP_H
#define COPPD_LOOP_H

#include "state.h"

/* All that a start does and nobody else notices; plan: where its outputs would come from. False, with the reason. */
bool server_check(const struct server *server, char *plan, size_t size, struct error_text *error);

/* All but players: who it is, outputs, metrics. False, with the reason; close in any case. */
bool server_open(struct server *server, struct error_text *error);
/* Then players: fd listens, and stays the caller's, to be closed after the server. False, with the reason. */
bool server_listen(struct server *server, int fd, struct error_text *error);
void server_close(struct server *server);

/* A connection was accepted: takes fd, and serves it from now on if it may be let in. */
void server_connect(struct server *server, int fd);

/* To be called before anything is served: what was protected when the machine went to sleep is not any more. */
void server_wake(struct server *server);

/* Something may have changed on a connector: ends commands that have ended, tells subscribers, and sets the next moment. */
void server_sync_outputs(struct server *server);

#endif

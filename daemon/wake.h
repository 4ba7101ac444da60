/*
 * Wake-ups: a client that has asked for them is told, without a word of what, that an event waits on its device (EVT-1, EVT-2). One is
 * on its way at most: the next may follow when the client's next request has been answered, if an event waits then.
 */
#ifndef COPPD_WAKE_H
#define COPPD_WAKE_H

#include "state.h"

/* Sends one to the client, if it is due; never in place of an answer, and never waits. To be called behind each answer. */
void wake(struct client *client);

/* The same to all with a device on the connector, on which an event was raised. */
void wake_all(struct server *server, uint32_t connector);

#endif

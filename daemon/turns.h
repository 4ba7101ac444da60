/*
 * Whose turn it is. The loop runs in turns. In each of them so many connections are accepted, and each user has so many requests
 * served: what a user asks beyond that waits until every other user that has something has had its turn.
 */
#ifndef COPPD_TURNS_H
#define COPPD_TURNS_H

#include "state.h"

/* Each costs about as much as a query. No more wait to be accepted, so that whoever waits is accepted in the next turn. */
#define TURN_ACCEPTS 256
#define TURN_SHARE 16 /* what a user may use up in a turn: a query is 1 */
#define TURN_HANDSHAKE 32 /* what a handshake's RSA operation costs, in queries */
/* What must not wait for clients comes before them; a turn ends when nothing else is left to do. */
#define TURN_PRIORITY_ACCEPT (SD_EVENT_PRIORITY_NORMAL - 1)
#define TURN_PRIORITY_METRICS (TURN_PRIORITY_END - 1) /* one scraper is accepted in a turn */
#define TURN_PRIORITY_END SD_EVENT_PRIORITY_IDLE

/* Whether the client, which has these events, is served now. False: it waits, and turns_next returns it in a later turn. */
bool turns_admit(struct client *client, uint32_t events);
/* The client has used up so much of its user's share. */
void turns_charge(struct client *client, int cost);
/* The client ends, or is served out of turn: it does not wait any more. */
void turns_leave(struct client *client);

/* Whether another connection is accepted in this turn; counts it. False: the listener is not asked before the next turn. */
bool turns_accept(struct server *server);

/* A scraper of metrics has been accepted: no more of them in this turn. */
void turns_accepted_scraper(struct server *server);

/* The turn is over, and every user has a share again. */
void turns_begin(struct server *server);
/* A client of the user that has waited the longest and is to be served now, with its events; NULL: none, or none in this turn. */
struct client *turns_next(struct server *server, struct user *user, uint32_t *events);
/* To be called when all of them have been served: whether more wait for another turn is found here. */
void turns_end(struct server *server);

#endif

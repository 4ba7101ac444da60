/*
 * Connections that watch. News waits in one ring for all of them (news.h): a subscriber is a place in it, and costs no more
 * however slowly it reads. A subscriber that is overtaken by the ring is dropped.
 */
#ifndef COPPD_SUBSCRIBERS_H
#define COPPD_SUBSCRIBERS_H

#include "state.h"

#define SUBSCRIBERS_PER_USER 16u /* each costs the daemon a send for every piece of news */

/* An HRESULT: the session watches from now on. First subscriber_resume tells it the present state. */
uint32_t subscriber_begin(struct client *client);
void subscriber_end(struct client *client);

/* Tells what waits, as far as the socket takes it; again once there is room. */
void subscriber_resume(struct client *client);
/* It has been overtaken, and ends. */
bool subscriber_dropped(const struct client *client);

/*
 * Sends what is new in the ring to all subscribers. To be called when a source of the loop has been served. Sessions do not
 * end by it at once: the loop finds that those who were overtaken have hung up.
 */
void subscribers_send(struct server *server);

#endif

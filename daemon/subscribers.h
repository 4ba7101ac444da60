/*
 * Connections that watch. News waits in one ring for all of them: a watcher is a place in it, and costs no more however
 * slowly it reads. Whoever is overtaken by the ring is dropped.
 */
#ifndef COPPD_SUBSCRIBERS_H
#define COPPD_SUBSCRIBERS_H

#include "state.h"

#define SUBSCRIBERS_PER_USER 16u /* each costs the daemon a send for every piece of news */

/* An HRESULT: the session watches from now on. First it is told how things are, by subscriber_resume. */
uint32_t subscriber_begin(struct client *client);
void subscriber_end(struct client *client);

struct client *subscriber_client(const struct subscriber *subscriber);

/* Tells what waits, as far as the socket takes it; again once there is room. */
void subscriber_resume(struct client *client);
/* It has been overtaken, and ends. */
bool subscriber_dropped(const struct client *client);

/* To all who may know: owner NULL is everybody. body has its kind's size. Sessions do not end by it at once. */
void subscribers_publish(struct server *server, enum copp_socket_kind kind, const uint8_t *body, const struct user *owner);

#endif

/* News for subscribers: the ring that all of them read from, and how sessions and connectors were told last. */
#ifndef COPPD_NEWS_H
#define COPPD_NEWS_H

#include "state.h"

/*
 * Puts a change into the ring; subscribers_send sends it. body has its kind's size. Those who may know are the owner and the
 * administrators; a NULL owner means everyone.
 */
void news_publish(struct server *server, enum copp_socket_kind kind, const uint8_t *body, const struct user *owner);

/* A packet's body for a connector as it was told last, by index. */
void news_connector_body(const struct server *server, size_t index, uint8_t body[PACKET_NEWS_SIZE_MAX]);
/* The same for a session as it is now. */
void news_session_body(const struct client *client, uint8_t body[PACKET_NEWS_SIZE_MAX]);
/* Whether anybody was ever told of the session. */
bool news_was_told(const struct client *client);

#endif

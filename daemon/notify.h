/* What happens is told here, once: counted, logged where it is the machine's concern, and published to subscribers. */
#ifndef COPPD_NOTIFY_H
#define COPPD_NOTIFY_H

#include "state.h"

/*
 * What one user causes is rationed: so many pieces of news in an interval. Of refusals beyond that the last one is told at its end, with
 * their count. Sessions and connectors are told then as they are.
 */
#define NEWS_INTERVAL_MS 1000u
#define NEWS_PER_USER 64u
#define NEWS_OF_CONNECTORS 64u /* all of them, as users change their levels and devices; events are told at once */

/* An answer has been found. */
void notify_request(struct client *client, enum packet_type type, uint32_t status);
/* A command that was under way has ended so (CMD-6). */
void notify_late_answer(struct client *client, uint32_t status);
/* A session may have changed, by what its player asked for. */
void notify_session(struct client *client);
/* The session is about to end: 0 for a client that has gone, or why. */
void notify_end(struct client *client, enum disconnect_reason why);
/* A connection was not let in. user may be NULL: no memory for one. */
void notify_refusal(struct server *server, struct user *user, pid_t pid, enum disconnect_reason why);
/* Something may have changed on the connectors. */
void notify_connectors(struct server *server);

/* The interval is over: tells what was held back. */
void notify_held_back(struct server *server);

#endif

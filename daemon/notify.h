/* What happens is told here, once: counted, logged where it is the machine's concern, and published to subscribers. */
#ifndef COPPD_NOTIFY_H
#define COPPD_NOTIFY_H

#include "state.h"

/* An answer has been found. */
void notify_request(struct client *client, enum packet_type type, uint32_t status);
/* A command that was under way has ended so (CMD-6). */
void notify_late_answer(struct client *client, uint32_t status);
/* A session may have changed, by what its player asked for. */
void notify_session(struct client *client);
/* The session is about to end: 0 for a client that has gone, or why. */
void notify_end(struct client *client, enum disconnect_reason why);
/* A connection was not let in. user may be NULL: no memory for one. */
void notify_refusal(struct server *server, const struct user *user, pid_t pid, enum disconnect_reason why);
/* Something may have changed on the connectors. */
void notify_connectors(struct server *server);

#endif

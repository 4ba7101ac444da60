/* What happens is told here, once: counted, logged where it is the machine's concern, and passed on to whoever watches. */
#ifndef COPPD_TELL_H
#define COPPD_TELL_H

#include "session.h"

/* An answer has been found. */
void tell_request(struct session *session, enum packet_type type, uint32_t status);
/* A command that was under way has ended so (CMD-6). */
void tell_late_answer(struct session *session, uint32_t status);
/* A session may have changed, by what its player asked for. */
void tell_session(struct session *session);
/* The session is about to end: 0 for a client that has gone, or why. */
void tell_end(struct session *session, enum packet_farewell why);
/* A connection was not let in. user may be NULL: no memory for one. */
void tell_refusal(struct server *server, const struct user *user, pid_t pid, enum packet_farewell why);
/* Something may have changed on the connectors. */
void tell_connectors(struct server *server);

/* The packets' bodies for how things are now. */
void tell_connector_body(const struct server *server, size_t index, uint8_t body[PACKET_NEWS_SIZE_MAX]);
void tell_session_body(struct session *session, uint8_t body[PACKET_NEWS_SIZE_MAX]);

#endif

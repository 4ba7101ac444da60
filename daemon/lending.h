/*
 * Cards that clients lend (docs/daemon-protocol.md, adopt): who may, for how long, and what a person is told of it. A loan
 * ends with its client's connection, and the connection with its loan.
 */
#ifndef COPPD_LENDING_H
#define COPPD_LENDING_H

#include "error.h"
#include "state.h"

/* Names or numbers of users, with commas or blanks between. False, with the reason. */
bool lenders_read(const char *words, uid_t list[LENDERS_MAX], size_t *count, struct error_text *error);

/* Whether that user may lend: what others send along is not even looked at. */
bool lending_allowed(const struct server *server, uid_t uid);

/* What the client's request, with the descriptors in the server's passed, comes to. COPP_HR_OK: client->lending is set. */
uint32_t lending_begin(struct client *client, const struct packet_adopt *wanted);
/* Gives back what the client lends, if anything: why is as for client_end. */
void lending_end(struct client *client, enum disconnect_reason why);

/* Looks at all loans: those that have ended by themselves say so in their over. Whether there are any. */
bool lending_look(struct server *server);

#endif

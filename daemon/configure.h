/* What coppd is configured with, at its start and again when somebody asks for it (SIGHUP). */
#ifndef COPPD_CONFIGURE_H
#define COPPD_CONFIGURE_H

#include "state.h"

/* What the file and the command line say. False, with the reason. */
bool server_configure(const struct server *server, struct config *config, struct error_text *error);

/*
 * Reads the configuration again, and the chain and key that it names. Limits hold from now on; devices that are opened from now on
 * have the new chain and key. What cannot be used changes nothing, and is logged with the reason.
 */
void server_reload(struct server *server);

#endif

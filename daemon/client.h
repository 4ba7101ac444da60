/* One connection: its life, and the packets that are read from it. */
#ifndef COPPD_CLIENT_H
#define COPPD_CLIENT_H

#include "state.h"

/* Takes the fd in any case; without memory, or where it must not be let in, it is closed. */
void client_begin(struct server *server, int fd);
/* why is 0 for a client that has gone. */
void client_end(struct client *client, enum disconnect_reason why);

/* Its command has ended, perhaps: answers. */
void client_finish_command(struct client *client);

#endif

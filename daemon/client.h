/* One connection: its life, and the packets that are read from it. */
#ifndef COPPD_CLIENT_H
#define COPPD_CLIENT_H

#include "state.h"

/* Takes the fd in any case; without memory, or where it must not be let in, it is closed. */
void client_begin(struct server *server, int fd);
/* why is 0 for a client that has gone. */
void client_end(struct client *client, enum disconnect_reason why);

/* What its connection is to be told of, beside more: that there is something to be read, and that the client hung up. */
bool client_listen(struct client *client, uint32_t more);

/* Its command has ended, perhaps: answers. */
void client_finish_command(struct client *client);

#endif

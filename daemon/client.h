/* One connection: its life, and the packets that are read from it. */
#ifndef COPPD_CLIENT_H
#define COPPD_CLIENT_H

#include <sys/epoll.h>

#include "state.h"

#define CLIENT_GONE (EPOLLHUP | EPOLLRDHUP | EPOLLERR) /* nobody is there any more */

/*
 * Takes the fd in any case; without memory, or where it must not be let in, it is closed. on_events is the loop's, called with
 * the client: it calls client_serve. Returns whether outputs are to be synced after it, since clients of the user have ended.
 */
bool client_begin(struct server *server, int fd, sd_event_io_handler_t on_events);
/* why is 0 for a client that has gone. */
void client_end(struct client *client, enum disconnect_reason why);

/* Ends those whose loan is over. Whether outputs are to be synced after it. */
bool client_end_lenders(struct server *server);

/* Something has come from the client, which may have ended when this returns. Whether outputs are to be synced after it. */
bool client_serve(struct client *client, uint32_t events);

/* Its command has ended, perhaps: answers. */
void client_finish_command(struct client *client);
/* When one of those that wait for the disk is to be answered at the latest; UINT64_MAX: nobody waits for it. */
uint64_t client_deadline_ms(const struct server *server);

#endif

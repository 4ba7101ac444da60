/* One connection: at most one COPP device, and nothing of it is left when the connection ends (EVT-5). */
#ifndef COPPD_CLIENT_H
#define COPPD_CLIENT_H

#include "server.h"

struct client {
    struct client *previous;
    struct client *next;
    struct server *server;
    struct user *user;
    sd_event_source *source;
    uint64_t id;
    uint64_t began_ms;
    pid_t pid; /* who connected; 0: unknown */
    int fd;
    struct copp_device *device;
    uint32_t connector; /* the device's, by index */
    struct subscriber *subscriber; /* NULL: it does not */
    uint8_t told[PACKET_SESSION_NEWS_SIZE]; /* as watchers know it */
    bool length_told; /* the first step of KeyExchange */
    struct client *next_waiting; /* while it is */
    bool waiting; /* its command is under way (CMD-6): nothing is read meanwhile */
};

/* Takes the fd in any case; without memory, or where it must not be let in, it is closed. */
void client_begin(struct server *server, int fd);
/* why is 0 for a client that has gone. */
void client_end(struct client *client, enum disconnect_reason why);

/* What its connection is to be told of, beside more: that there is something to be read, and that the client hung up. */
bool client_listen(struct client *client, uint32_t more);

/* Its command has ended, perhaps: answers. */
void client_finish_command(struct client *client);

#endif

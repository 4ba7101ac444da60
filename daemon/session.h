/* One connection: at most one COPP device, and nothing of it is left when the connection ends (EVT-5). */
#ifndef COPPD_SESSION_H
#define COPPD_SESSION_H

#include "server.h"

struct session {
    struct session *previous;
    struct session *next;
    struct server *server;
    struct user *user;
    sd_event_source *source;
    int fd;
    struct copp_device *device;
    bool length_told; /* the first step of KeyExchange */
    struct session *next_waiting; /* while it is */
    bool waiting; /* its command is under way (CMD-6): nothing is read meanwhile */
};

/* Takes the fd in any case; without memory, or where it must not be let in, it is closed. */
void session_begin(struct server *server, int fd);
void session_end(struct session *session);

/* Its command has ended, perhaps: answers. */
void session_look(struct session *session);

#endif

/* The socket that players connect to, accepting at it, and what a connection reports to the loop. */
#ifndef COPPD_LISTEN_H
#define COPPD_LISTEN_H

#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "error.h"
#include "state.h"

/* The right to listen at a path, and the socket once there is one. */
struct place {
    const char *path; /* the caller's */
    int lock; /* -1: the socket is systemd's, which starts one coppd for it */
    int fd; /* listens; -1: not yet */
    struct stat own; /* the socket that we made there */
};

/* Whether a socket can be made there, as far as can be told without making it. False, with the reason. */
bool listen_check(const char *path, struct error_text *error);

/*
 * Takes what systemd hands over, else the lock beside path, PATH.lock: of any number of daemons started together one has it.
 * Nobody can connect to a socket of our own yet. False, with the reason; give back in any case.
 */
bool listen_claim(const char *path, struct place *place, struct error_text *error);

/* Listens, from now on if the socket is our own: replaces one that a killed daemon left. False, with the reason. */
bool listen_open(struct place *place, struct error_text *error);

/* Takes our own socket away, but none that somebody else has put in its place. To be called while it still listens and the
 * place is claimed: what is there afterwards may be a successor's. */
void listen_hide(const struct place *place);
void listen_give_back(struct place *place);

/* Where fd listens, which is systemd's to say where the socket is; "" for one without a path. */
void listen_path(int fd, struct sockaddr_un *address);

/*
 * A connection at listen_fd, or -1. Without descriptors or memory the listener would be readable for ever: those who wait are
 * let in a second later.
 */
int listen_accept(struct server *server, sd_event_source *listener, int listen_fd);
/* That second is over. */
void listen_resume(struct server *server);

/*
 * What comes is told once. Else the loop, which serves one session a round, would be told of all others that wait in
 * each: a thousand requests at a time would cost twenty times as much.
 */
#define LISTEN_EVENTS (EPOLLIN | EPOLLRDHUP | EPOLLET)
/* Has a client's connection report LISTEN_EVENTS and more, what is there already included. False without memory. */
bool listen_to(struct client *client, uint32_t more);

#endif

/* The socket that players connect to. */
#ifndef COPPD_LISTEN_H
#define COPPD_LISTEN_H

#include <sys/stat.h>
#include <sys/un.h>

#include "error.h"

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

#endif

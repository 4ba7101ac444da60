/* The socket that players connect to. */
#ifndef COPPD_LISTEN_H
#define COPPD_LISTEN_H

#include "fault.h"

/* Whether a socket can be made there, as far as can be told without making it. False, with the reason. */
bool listen_check(const char *path, struct fault *fault);

/* What systemd hands over, else a socket of our own at path; *own says which. -1, with the reason. */
int listen_open(const char *path, bool *own, struct fault *fault);

#endif

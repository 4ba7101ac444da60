/*
 * Descriptors that come with packets. Only those of an adopt request, from whoever may lend, and those of a record request are opened here.
 * The kernel drops all others: closing a file may wait for whoever serves its file system, and that may be the sender.
 * So what comes with a record request, from any user, and is not taken, is closed in a thread of its own; a user has one such thread, and no
 * more descriptors are taken from it meanwhile. What the kernel drops is closed, too, if nobody else has it: hurry.h bounds that.
 */
#ifndef COPPD_PASSED_H
#define COPPD_PASSED_H

#include <sys/types.h>

#include "state.h"

/*
 * As recv with MSG_DONTWAIT and MSG_TRUNC, into the server's request. What has come along is in the server's passed. ETIMEDOUT: something that came along was dropped,
 * and had us wait (hurry.h).
 */
ssize_t passed_receive(const struct client *client);
/* Closes what has not been taken. */
void passed_close(struct server *server);

#endif

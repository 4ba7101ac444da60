/*
 * copp-read-receiver: reads the registers that it is asked for on its standard input, a socket, and answers there. It ends when
 * whoever has started it closes the socket or ends.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "outputs/receiver/exchange.h"

static bool answer(const struct receiver_request *request) {
    struct receiver_reply reply = {0};
    if (request->place.link >= RECEIVER_LINKS || !memchr(request->place.path, 0, sizeof request->place.path))
        return false;
    reply.error = receiver_read(request->place.link, request->place.path, &reply.bytes);
    return send(STDIN_FILENO, &reply, sizeof reply, MSG_NOSIGNAL) == (ssize_t)sizeof reply;
}

int main(int argc, char **argv) {
    (void)argv;
    struct receiver_request request;
    int type = 0;
    socklen_t size = sizeof type;
    if (argc != 1 || getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
        (void)fputs("copp-read-receiver: coppd and copp start this program; it does nothing by itself\n", stderr);
        return 2;
    }
    /* a read may be interruptible, and then need not outlive whoever wants it */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)syscall(SYS_close_range, (unsigned)STDERR_FILENO + 1, ~0u, 0);
    while (recv(STDIN_FILENO, &request, sizeof request, 0) == (ssize_t)sizeof request && answer(&request)) {
    }
    return 0;
}

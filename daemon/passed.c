#include "passed.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lending.h"

/* Room for as many as a request may have: of 253 the kernel opens these, and drops the others before we hear of them. */
union control {
    struct cmsghdr head;
    uint8_t bytes[CMSG_SPACE(PACKET_ADOPT_FDS * sizeof(int))];
};

static void collect(struct msghdr *message, struct passed *passed) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && passed->count < PACKET_ADOPT_FDS; i++)
            memcpy(&passed->fds[passed->count++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
    }
    passed->more = message->msg_flags & MSG_CTRUNC;
}

/* Whether the next packet is one that descriptors come with; looking opens none. */
static bool wants_fds(const struct client *client) {
    uint8_t head[PACKET_HEADER_SIZE];
    struct packet_header header;
    if (!lending_allowed(client->server, client->user->uid) ||
        recv(client->fd, head, sizeof head, MSG_PEEK | MSG_DONTWAIT) != (ssize_t)sizeof head)
        return false;
    copp_packet_header_decode(head, &header);
    return header.version == PACKET_VERSION && header.type == PACKET_ADOPT;
}

ssize_t passed_receive(const struct client *client) {
    struct server *server = client->server;
    union control control;
    struct iovec request = {&server->request, sizeof server->request};
    struct msghdr message = {.msg_iov = &request, .msg_iovlen = 1};
    ssize_t got;
    if (wants_fds(client)) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
    }
    do { /* MSG_TRUNC: tells the size of what does not fit */
        got = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    server->passed.count = 0;
    if (got >= 0)
        collect(&message, &server->passed);
    return got;
}

void passed_close(struct passed *passed) {
    for (size_t i = 0; i < passed->count; i++) {
        if (passed->fds[i] >= 0)
            (void)close(passed->fds[i]);
    }
    passed->count = 0;
}

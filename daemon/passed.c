#include "passed.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hurry.h"
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

/* --- closing what any user may have sent --- */

/* A place for one more; NULL: the user has a file that is not closed yet, or there are too many such users. */
static struct closing *room_to_close(struct server *server, uid_t uid) {
    struct closing *room = NULL;
    for (size_t i = 0; i < CLOSINGS_MAX; i++) {
        struct closing *closing = &server->closings[i];
        if (!atomic_load(&closing->busy))
            room = room ? room : closing;
        else if (closing->uid == uid)
            return NULL;
    }
    return room;
}

static void *close_file(void *argument) {
    struct closing *closing = argument;
    (void)close(closing->fd);
    atomic_store(&closing->busy, false);
    return NULL;
}

/* Closing such a one waits for nobody, and what lies in it for 10 ms at most. */
static bool is_unix_socket(int fd) {
    int domain;
    socklen_t size = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

/* Without a thread it stays open, and its place taken: that is better than to wait. */
static void close_aside(struct server *server, uid_t uid, int fd) {
    struct closing *closing = room_to_close(server, uid);
    pthread_t thread;
    if (is_unix_socket(fd)) {
        hurry_close_file(server, fd);
    } else if (closing) {
        closing->uid = uid;
        closing->fd = fd;
        atomic_store(&closing->busy, true);
        if (pthread_create(&thread, NULL, close_file, closing) == 0)
            (void)pthread_detach(thread);
    }
}

/* --- */

/*
 * The type of the next packet, if descriptors come with it that are wanted, else 0; looking opens none. *drops: taking it may drop some, which
 * closes them.
 */
static uint32_t look_ahead(const struct client *client, bool *drops) {
    uint8_t head[PACKET_HEADER_SIZE];
    struct packet_header header;
    struct iovec beginning = {head, sizeof head};
    struct msghdr message = {.msg_iov = &beginning, .msg_iovlen = 1};
    uid_t uid = client->user->uid;
    ssize_t got = recvmsg(client->fd, &message, MSG_PEEK | MSG_DONTWAIT);
    *drops = got < 0 || message.msg_flags & MSG_CTRUNC; /* there was no room for them, as nothing is wanted yet */
    if (got != (ssize_t)sizeof head)
        return 0;
    copp_packet_header_decode(head, &header);
    if (header.version != PACKET_VERSION)
        return 0;
    if (header.type == PACKET_ADOPT)
        return lending_allowed(client->server, uid) ? PACKET_ADOPT : 0;
    return header.type == PACKET_RECORD && room_to_close(client->server, uid) ? PACKET_RECORD : 0;
}

ssize_t passed_receive(const struct client *client) {
    struct server *server = client->server;
    union control control;
    struct iovec request = {&server->request, sizeof server->request};
    struct msghdr message = {.msg_iov = &request, .msg_iovlen = 1};
    ssize_t got;
    bool drops, waited = false;
    uint32_t type = look_ahead(client, &drops);
    if (type) { /* one comes with record: another does not fit */
        message.msg_control = control.bytes;
        message.msg_controllen = type == PACKET_RECORD ? CMSG_LEN(sizeof(int)) : sizeof control.bytes;
    }
    if (drops)
        hurry_begin(server);
    do { /* MSG_TRUNC: tells the size of what does not fit */
        got = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (drops)
        waited = hurry_end(server);
    server->passed = (struct passed){.aside = type == PACKET_RECORD, .uid = client->user->uid};
    if (got >= 0)
        collect(&message, &server->passed);
    if (!waited)
        return got;
    errno = ETIMEDOUT; /* once is enough: its user has to connect again, which takes turns */
    return -1;
}

void passed_close(struct server *server) {
    struct passed *passed = &server->passed;
    for (size_t i = 0; i < passed->count; i++) {
        if (passed->fds[i] < 0)
            continue;
        if (passed->aside)
            close_aside(server, passed->uid, passed->fds[i]);
        else
            hurry_close_file(server, passed->fds[i]);
    }
    passed->count = 0;
}

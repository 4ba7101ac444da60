#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "channel.h"

#define BACKLOG 24

struct channel_listener {
    int fd;
};

struct channel {
    int fd;
};

static bool listen_at(int fd, const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, name);
    return bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0;
}

enum copp_result channel_listen(const char *name, struct channel_listener **listener) {
    *listener = NULL;
    if (strlen(name) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        return COPP_E_TOO_LARGE;
    *listener = malloc(sizeof **listener);
    if (*listener == NULL)
        return COPP_E_MEMORY;
    (*listener)->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return (*listener)->fd >= 0 && listen_at((*listener)->fd, name) ? COPP_OK : COPP_E_IO;
}

void channel_listener_free(struct channel_listener **listener) {
    if (*listener != NULL && (*listener)->fd >= 0)
        (void)close((*listener)->fd);
    free(*listener);
    *listener = NULL;
}

struct channel *channel_accept(struct channel_listener *listener) {
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct channel *channel = fd >= 0 ? malloc(sizeof *channel) : NULL;
    if (channel != NULL)
        channel->fd = fd;
    else if (fd >= 0)
        (void)close(fd);
    return channel;
}

enum channel_state channel_receive(struct channel *channel, uint8_t *packet, size_t room, size_t *size) {
    ssize_t got = recv(channel->fd, packet, room, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return CHANNEL_QUIET;
    if (got <= 0)
        return CHANNEL_ENDED;
    *size = (size_t)got;
    return CHANNEL_PACKET;
}

bool channel_send(struct channel *channel, const uint8_t *packet, size_t size) {
    return send(channel->fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void channel_close(struct channel **channel) {
    if (*channel != NULL)
        (void)close((*channel)->fd);
    free(*channel);
    *channel = NULL;
}

wait_object channel_listener_object(const struct channel_listener *listener) {
    return listener->fd;
}

wait_object channel_object(const struct channel *channel) {
    return channel->fd;
}

const char *channel_lacks(const struct conformance_case *test) {
    (void)test;
    return NULL;
}

bool channel_binds(void) {
    return true;
}

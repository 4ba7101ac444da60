/*
 * copp-read-card: reads the connectors of a graphics card that it is asked for on its standard input, a socket, and answers there. It ends
 * when whoever has started it closes the socket or ends. It is never the card's master, and writes nothing.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xf86drm.h>

#include "common/clock.h"
#include "outputs/kms/exchange.h"

static bool is_whole(const struct kms_read_request *request, ssize_t size) {
    size_t head = offsetof(struct kms_read_request, connectors);
    return size >= (ssize_t)head && request->count <= KMS_CONNECTORS &&
           (size_t)size == head + request->count * sizeof request->connectors[0] &&
           (request->index < request->count || request->index == KMS_READ_SCAN);
}

static bool answer(struct kms_card *card, const struct kms_read_request *request) {
    struct kms_read_reply reply = {.number = request->number, .index = request->index, .count = 1};
    uint64_t began_ms = clock_ms();
    card->type1 = request->type1;
    card->count = request->count;
    memcpy(card->connectors, request->connectors, sizeof card->connectors);
    if (request->index == KMS_READ_SCAN) {
        kms_card_scan(card);
        reply.count = card->count;
        memcpy(reply.connectors, card->connectors, sizeof reply.connectors);
    } else {
        kms_card_observe(card, request->index, &reply.observation);
        reply.connectors[0] = card->connectors[request->index];
    }
    reply.took_ms = clock_ms() - began_ms;
    size_t size = offsetof(struct kms_read_reply, connectors) + reply.count * sizeof reply.connectors[0];
    return send(STDIN_FILENO, &reply, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool next_request(struct kms_read_request *request) {
    return is_whole(request, recv(STDIN_FILENO, request, sizeof *request, 0));
}

/* Nobody's master: the first to open a card is that unasked. */
static bool open_card(struct kms_card *card, const char *path) {
    const char *slash = strrchr(path, '/');
    card->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (card->fd < 0)
        return false;
    (void)drmDropMaster(card->fd);
    (void)snprintf(card->name, sizeof card->name, "%s", slash ? slash + 1 : path);
    return true;
}

int main(int argc, char **argv) {
    struct kms_card card = {.fd = -1, .lock_fd = -1};
    struct kms_read_request request = {.count = 0};
    int type = 0;
    socklen_t size = sizeof type;
    if (argc != 2 || getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
        (void)fputs("copp-read-card: coppd starts this program; it does nothing by itself\n", stderr);
        return 2;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)syscall(SYS_close_range, (unsigned)STDERR_FILENO + 1, ~0u, 0);
    if (!open_card(&card, argv[1]))
        return 1;
    while (next_request(&request) && answer(&card, &request)) {
    }
    (void)close(card.fd);
    return 0;
}

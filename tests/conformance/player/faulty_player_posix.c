/* coppd's packets, one request at a time. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "faulty_player.h"

/* Content goes on while an answer is waited for. */
static bool receive(struct player *p, struct packet *packet) {
    uint8_t bytes[PACKETS_HEADER + sizeof packet->body];
    struct pollfd ready = {.fd = p->fd, .events = POLLIN};
    uint64_t deadline_ms = has(p, FAULT_waits_forever) ? UINT64_MAX : p->deadline_ms;
    while (poll(&ready, 1, WAY_TICK_MS) == 0) {
        player_tick(p);
        if (clock_ms() >= deadline_ms)
            return false;
    }
    ssize_t got = recv(p->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < (ssize_t)PACKETS_HEADER)
        return false;
    packet->version = packets_get(bytes);
    packet->type = packets_get(bytes + 4);
    packet->status = packets_get(bytes + 8);
    packet->size = (size_t)got - PACKETS_HEADER;
    memcpy(packet->body, bytes + PACKETS_HEADER, packet->size);
    return true;
}

static bool send_packet(struct player *p, uint32_t type, const uint8_t *body, size_t size) {
    static uint8_t bytes[PACKETS_MAX];
    packets_put(bytes, PACKETS_VERSION);
    packets_put(bytes + 4, type);
    packets_put(bytes + 8, 0);
    if (size > 0)
        memcpy(bytes + PACKETS_HEADER, body, size);
    return send(p->fd, bytes, PACKETS_HEADER + size, MSG_NOSIGNAL) == (ssize_t)(PACKETS_HEADER + size);
}

bool way_ask(struct player *p, uint32_t type, const uint8_t *body, size_t size, struct packet *packet) {
    bool got = send_packet(p, type, body, size);
    do
        got = got && receive(p, packet);
    while (got && packet->type == PACKETS_WAKE && (p->woken = true));
    return got;
}

bool way_open(struct player *p) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(p->driver) >= sizeof address.sun_path)
        return false;
    strcpy(address.sun_path, p->driver);
    p->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    return p->fd >= 0 && connect(p->fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

void way_close(struct player *p) {
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
}

bool way_binds(void) {
    return true;
}

bool way_random(void *bytes, size_t size) {
    FILE *file = fopen("/dev/urandom", "rb");
    bool got = file != NULL && fread(bytes, size, 1, file) == 1;
    if (file != NULL)
        fclose(file);
    return got;
}

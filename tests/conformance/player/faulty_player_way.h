/* How the tests' player reaches a driver: requests of coppd's form, as packets on Linux, and as calls of a DLL on Windows. */
#ifndef COPP_TEST_FAULTY_PLAYER_WAY_H
#define COPP_TEST_FAULTY_PLAYER_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct player;

#define WAY_TICK_MS 50u

struct packet {
    uint32_t version, type, status;
    size_t size;
    uint8_t body[16 + 65536];
};

bool way_open(struct player *p);
void way_close(struct player *p);
/* Sends a request and takes the packet that answers it, at p->deadline_ms at the latest. False: none has come. */
bool way_ask(struct player *p, uint32_t type, const uint8_t *body, size_t size, struct packet *packet);
/* Whether drivers that are reached this way bind their answers (BIND-2). */
bool way_binds(void);
bool way_random(void *bytes, size_t size);

#endif

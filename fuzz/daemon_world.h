/* fuzz_daemon's world: a daemon with a simulated adapter, in this process and thread, and its clients. */
#ifndef COPP_FUZZ_DAEMON_WORLD_H
#define COPP_FUZZ_DAEMON_WORLD_H

#include "../daemon/loop.h"
#include "daemon_ops.h"
#include "fuzz.h"

#define DUE_OPM 0x80u
#define DUE_MAX 16u /* requests without an answer: as many as fit a socket's buffer with their answers */

struct player {
    int fd; /* -1: not connected */
    struct copp_omac *omac; /* with the session's key */
    uint8_t random[COPP_RANDOM_SIZE]; /* the driver's */
    uint32_t status_sequence;
    uint32_t command_sequence;
    uint8_t due
        [DUE_MAX]; /* a ring: the types of the requests that are to be answered, with DUE_OPM where OPM's semantics are asked for */
    size_t due_first;
    size_t due_count;
    bool has_opened; /* has asked for a device */
    bool opm; /* its device is one of OPM's */
    bool wakes; /* it may have asked for wake-ups */
    bool woken; /* since its last answer */
    bool watching; /* or will: its request must be granted */
    bool
        waits_to_watch; /* its request is granted if no device is open, and until then nobody can tell what else is well-formed */
    int record_fd; /* the end of a pair of sockets from which it reads a recording; -1: none */
    bool records; /* the daemon does, and nothing else may be asked */
    bool waits_to_record; /* the same is open, as for waits_to_watch */
    uint8_t *recorded; /* what has come so far */
    size_t recorded_size;
    bool silent; /* has shut its side down */
    bool ending; /* the daemon is to end the connection, or may */
    bool told; /* has been told why it ends */
};

struct world {
    struct server server;
    struct player players[DAEMON_CLIENTS];
    int events; /* the FIFO */
};

extern const char *const world_names[DAEMON_CONNECTORS];

void world_begin(struct world *world, const uint8_t *session_key);
/* Every request has been answered by now, or never will be; nobody is left, and nothing is protected. */
void world_end(struct world *world);

/* Until there is nothing to do. */
void world_run(struct world *world);
void world_advance(struct world *world, uint64_t by_ms);
void world_sleep(struct world *world, uint64_t by_ms);
/* What is written to the FIFO. */
void world_event(struct world *world, const char *text, size_t size);

void world_connect(struct world *world, struct player *player);
/* Everything there is, which must be what is due. */
void player_read(struct player *player);
void player_shut_down(struct player *player);
void player_hang_up(struct player *player);

#endif

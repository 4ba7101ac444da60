/*
 * A player of the tests' own, with deliberate faults, one at a time: they prove that the cases for players can fail. It shares nothing with
 * the library's sessions and socket, so that each check stands here by itself and can be left out.
 *
 * usage: faulty_player FAULT copp|opm DRIVER ANCHOR. DRIVER is a socket, on Windows a DLL. FAULT is "none", one of faulty_player.def, or "case": the
 * one with which COPP_TEST_CASE ends, as players.c has it. Says "frame" while it shows content, and
 * "black" when it hides it.
 */
#ifndef COPP_TEST_FAULTY_PLAYER_H
#define COPP_TEST_FAULTY_PLAYER_H

#include "conformance/player/packets.h"
#include "copp.h"

enum player_fault {
    FAULT_NONE,
#define FAULT(name, what, copp, opm) FAULT_##name,
#include "faulty_player.def"
#undef FAULT
    FAULT_COUNT
};

struct player {
    enum player_fault fault;
    bool opm;
    int fd;
    const char *driver; /* its socket; on Windows its DLL */
    uint8_t random[COPP_RANDOM_SIZE];
    struct copp_handshake secrets;
    struct copp_omac *omac;
    uint8_t *chain;
    size_t chain_size;
    uint8_t record[COPP_MAC_SIZE]; /* BIND-3 */
    uint32_t refused;
    bool bound; /* an answer has been */
    bool answered; /* one has been checked */
    bool showing;
    bool playing; /* it has shown something */
    bool woken; /* a wake-up came */
    bool lost; /* the link was, and a new session may follow */
    bool again; /* this is it */
    uint64_t deadline_ms; /* of the look that is under way */
    uint64_t shown_ms;
    uint8_t last[COPP_MESSAGE_SIZE]; /* the last answer about a level */
    bool empty; /* a success came without an answer */
};

enum reply {
    REPLY_OK,
    REPLY_REFUSED,
    REPLY_BAD /* the session is over */
};

/* What an answer says. */
struct told {
    uint32_t flags;
    uint32_t value;
    uint8_t bytes[COPP_STATUS_ANSWER_SIZE]; /* after the size */
};

static inline bool has(const struct player *p, enum player_fault fault) {
    return p->fault == fault;
}

/* faulty_player.c: shows a frame if it is time, and content is shown. */
void player_tick(struct player *p);

/* faulty_player_wire.c */
bool wire_open(struct player *p);
enum reply wire_key_exchange(struct player *p);
enum reply wire_start(struct player *p, const struct copp_signature *sealed);
enum reply wire_set(struct player *p, uint32_t type, uint32_t level);
enum reply wire_ask(struct player *p, enum copp_request request, uint32_t type, struct told *told);

/* faulty_player_check.c: whether an answer to that request is authentic. */
bool check_answer(struct player *p, const uint8_t *input, const uint8_t *output);
/* BIND-3 */
void check_record(struct player *p, uint32_t hresult, uint32_t kind, const uint8_t *request);

/* faulty_player_trust.c: the leaf's key of a chain that may be trusted. */
bool trust_leaf(struct player *p, const char *anchor_path, struct copp_public_key *leaf);
/* Whether the receiver may be shown content. */
bool trust_receiver(struct player *p, const struct told *told);
/* Whether the list of receivers can be believed. */
bool trust_message(struct player *p);

/* faulty_player_posix.c, faulty_player_windows.c: how a driver is reached, by requests of coppd's form; they are packets on Linux, and calls of a DLL on
 * Windows. */
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

/*
 * A coppd for one player: one simulated output behind a channel of packets (docs/daemon-protocol.md), whose driver is right in everything but
 * what the case's plan says. It belongs to one thread and waits for nothing: its host waits for what it names.
 */
#ifndef COPP_CONFORMANCE_SERVER_H
#define COPP_CONFORMANCE_SERVER_H

#include "channel.h"
#include "seen.h"
#include "trust.h"

#define SERVER_CONNECTIONS SEEN_SESSIONS
#define SERVER_ANSWERS 12u /* kinds of questions whose last answer is kept */

struct server_answer {
    uint64_t due_ms; /* WRONG_LATE; 0: at once */
    uint32_t version;
    uint32_t type;
    uint32_t status;
    size_t size;
    uint8_t body[16u + COPP_CHAIN_SIZE_MAX];
};

struct kept_answer {
    bool has;
    unsigned on;
    uint32_t type; /* of the level query */
    struct copp_status_output answer;
};

struct connection {
    struct channel *channel; /* NULL: unused */
    uint32_t number; /* of the session, for what is recorded */
    struct copp_device *device;
    struct session_seen *seen; /* NULL: no device has been opened */
    uint8_t random[COPP_RANDOM_SIZE];
    bool silent; /* nothing is answered any more */
    uint32_t waiting; /* type of the command that is under way (CMD-6); 0: none */
    struct copp_command command; /* that one */
    bool wakes; /* the player has asked for wake-ups */
    bool woken; /* one has been sent since its last request */
    struct server_answer *late;
    struct kept_answer kept[SERVER_ANSWERS];
    uint8_t (*asked)[COPP_RANDOM_SIZE]; /* the random numbers of its requests */
    size_t asked_count;
};

struct player_server {
    const struct player_plan *plan;
    enum copp_semantics semantics;
    struct case_run *run;
    struct player_seen *seen;
    const struct player_trust *trust;
    struct trust_bytes shown_chain;
    struct trust_bytes later_chain; /* empty: the same */
    struct trust_bytes chain; /* the right ones of the device */
    struct trust_bytes opm_chain;
    struct copp_sim *sim;
    struct copp_omac *omac;
    struct channel_listener *listener; /* NULL: none */
    bool delivered; /* something was wrong already */
    bool answer_wrong; /* the answer that wrong_before has made */
    bool happened; /* the event */
    bool failed; /* we cannot go on, for a reason of our own */
    uint64_t now_ms;
    struct connection connections[SERVER_CONNECTIONS];
    uint8_t packet[PACKETS_MAX + 1u];
    size_t packet_size;
    struct server_answer answer;
};

/* Listens at name (channel.h). COPP_OK, or why not; close it in any case. seen and run outlive it. */
COPP_NODISCARD enum copp_result server_open(struct player_server *server, const char *name, struct case_run *run,
                                            const struct player_trust *trust, struct player_seen *seen);
void server_close(struct player_server *server);

/* Adds what to wait for. */
void server_waits(const struct player_server *server, struct wait_list *list);
/* When it has something to do by itself. */
uint64_t server_deadline_ms(const struct player_server *server);
/* Does whatever is due. */
void server_serve(struct player_server *server, uint64_t now_ms);
/* Whether a player is playing on this connection, long enough for something to go wrong. */
bool server_plays(const struct player_server *server, const struct session_seen *seen);

/* --- between the server's own files, from the lowest floor up --- */

/* connection.c */
void connection_send(struct player_server *server, struct connection *c, const struct server_answer *answer);
void connection_end(struct player_server *server, struct connection *c);
/* The same, with a disconnect packet ahead. */
void connection_disconnect(struct player_server *server, struct connection *c, uint32_t reason);
void connection_note(struct player_server *server, const struct connection *c, enum exchange_kind kind, const char *note);

struct question {
    uint32_t type; /* of the packet */
    unsigned on; /* one of ON_*; 0: none of them */
    uint32_t protection; /* of a level's query or command */
    uint32_t level; /* of a command */
    const uint8_t *message; /* 256 or 4096 bytes; NULL: none */
    const uint8_t *mac; /* OPM's requests */
    const uint8_t *additional;
    size_t additional_size;
};

/* requests.c: what the packet asks; false: it is malformed. */
bool request_read(struct player_server *server, struct connection *c, struct question *q);
/* Carries it out and fills in the server's answer. False: the command is under way. */
bool request_carry_out(struct player_server *server, struct connection *c, const struct question *q);
/* What list answers of the one output. */
void request_list(struct player_server *server, struct server_answer *answer);
/* Whether the command that was under way has ended: *q is what it was, and the server's answer is filled in. */
bool request_has_ended(struct player_server *server, struct connection *c, struct question *q);
/* The device's own answer to a query. */
uint32_t request_ask(struct player_server *server, struct connection *c, const struct question *q, const uint8_t *message,
                     struct copp_status_output *output);
/* Keeps what the server's answer, as it is sent, tells the player; correct: nothing is wrong with it. */
void request_answered(struct player_server *server, struct connection *c, const struct question *q, bool correct);
/* Keeps one that is never answered. */
void request_unanswered(struct player_server *server, struct connection *c, const struct question *q);

/* wrong.c */
enum wrong_way {
    WAY_RIGHT, /* carry it out */
    WAY_ANSWER, /* the answer is there already, and the device is not asked */
    WAY_NONE /* nothing is answered */
};
/* Before the request is carried out. */
enum wrong_way wrong_before(struct player_server *server, struct connection *c, const struct question *q);
enum wrong_answer {
    ANSWER_RIGHT,
    ANSWER_WRONG, /* it has been changed */
    ANSWER_LATER /* it is sent later, or never */
};
/* Changes the server's answer. */
enum wrong_answer wrong_after(struct player_server *server, struct connection *c, const struct question *q);
/* Lets happen what happens by itself. */
void wrong_dispatch(struct player_server *server);

#endif

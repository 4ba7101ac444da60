/* What is known of one session while its messages are gone through, and what its requests and answers are judged by. */
#ifndef COPP_CONFORMANCE_STATE_H
#define COPP_CONFORMANCE_STATE_H

#include "conformance/record/key_log.h"
#include "fields.h"

#define STATE_TYPES 6u /* protection types of which levels are kept */
#define STATE_RAPPS 64u /* of the last requests */

enum state_counter { COUNTER_STATUS = 0, COUNTER_COMMAND, COUNTER_COUNT };

/* What a request asks, as far as it can be read. */
struct asked {
    const struct recording_entry *entry; /* NULL: none is under way */
    bool fits; /* it has its structure's size: the rest is set */
    bool known; /* the GUID is one of the semantics' */
    enum copp_request request;
    uint32_t sequence;
    uint32_t size; /* cbSizeData */
    const uint8_t *data;
    uint32_t type; /* of protection, where it names one */
    uint32_t level;
    bool faulty; /* it breaks a rule, so that the driver has to refuse it, */
    const char *rule; /* by that one */
    uint32_t hresult; /* with that one; 0: with any */
};

struct session_state {
    struct session_state *next; /* in its bucket */
    uint32_t number;
    bool opm;
    bool complete; /* recorded from its beginning */
    bool named; /* connector is what was opened */
    char connector[COPP_CONNECTOR_NAME_SIZE];
    bool exchanged, started, spent; /* KeyExchange and SessionSequenceStart have succeeded; or the latter has failed for good */
    uint8_t random[COPP_RANDOM_SIZE];
    const struct copp_handshake *secrets; /* NULL: not in the key log */
    struct copp_omac *omac; /* with the session key; NULL without secrets */
    bool counting[COUNTER_COUNT];
    uint32_t next_number[COUNTER_COUNT]; /* if counting: the sequence number that is right */
    uint32_t refused; /* BIND-3 */
    uint8_t record[COPP_MAC_SIZE]; /* BIND-3; right with omac and complete alone */
    bool bound; /* an answer was */
    struct asked asked;
    uint8_t rapps[STATE_RAPPS][COPP_RANDOM_SIZE];
    uint32_t rapp_count; /* ever */
    uint32_t events; /* flags that it was told */
    bool unbelievable; /* it was given an answer that is not authentic: it is over (APP-3) */
    uint32_t types[STATE_TYPES]; /* whose levels are known: */
    uint32_t levels[STATE_TYPES]; /* as the session has set them */
    size_t type_count;
    uint64_t looked_us; /* when it last asked for a level, or was answered a command */
};

/* Message and verdict in the making. */
struct judged {
    const struct recording_entry *entry;
    struct fields fields; /* of the message */
    struct fields beside; /* of what goes with it */
    struct decoded_message *message;
};

/* What is noted of a message: the heaviest counts, and of several the first. */
void note(struct judged *judged, enum decoded_weight weight, const char *rule, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same for a request that the driver has to refuse. */
void note_fault(struct judged *judged, struct asked *asked, const char *rule, uint32_t hresult, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The rule of the session's semantics. */
static inline const char *rule_of(const struct session_state *session, const char *copp, const char *opm) {
    return session->opm ? opm : copp;
}

/* The level that the session has set of a type; false: not known. */
bool state_level(const struct session_state *session, uint32_t type, uint32_t *level);
void state_set_level(struct session_state *session, uint32_t type, uint32_t level);
/* Whether it holds anything above 0. */
bool state_holds(const struct session_state *session);

const char *request_name(const struct session_state *session, const struct asked *asked);

/* messages.c: the fields of a message, and what a request asks. */
void show_request(struct session_state *session, struct judged *judged);
void show_answer(const struct session_state *session, struct judged *judged);

/* judge_request.c, judge_answer.c: what is right about it; the session is then as it is after it. */
void judge_request(struct session_state *session, struct judged *judged);
void judge_answer(struct session_state *session, const struct key_log *log, struct judged *judged);
/* judge_chain.c: the chain behind the random number of a KeyExchange. */
void judge_chain(const struct session_state *session, struct judged *judged);
/* binding.c: BIND-1 to BIND-7 of an answer that is authentic or of which we cannot tell. */
void judge_binding(struct session_state *session, struct judged *judged);
/* Whether an answer of COPP_MESSAGE_SIZE bytes has the mark of BIND-1. */
bool is_bound(const uint8_t *answer);
/* BIND-3: a request has ended with hresult. */
void record_end(struct session_state *session, const struct asked *asked, uint32_t hresult);

#endif

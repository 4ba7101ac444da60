/*
 * A driver under OPM with one deliberate fault: a simulated adapter's device, and before it somebody who knows its key, changes what is
 * asked, and answers as a faulty driver would. faults_opm.def lists the faults; each is a row of what its hooks do.
 */
#ifndef COPP_TEST_FAULTY_OPM_RULE_H
#define COPP_TEST_FAULTY_OPM_RULE_H

#include "copp.h"
#include "faulty.h"

#define FAULTY_SESSIONS 160u
#define ONLY(which) ((int)(which) + 1) /* of a rule's request */

#define AT_GUID 16u
#define AT_SEQUENCE 32u
#define AT_SIZE 36u
#define AT_DATA 40u
#define AT_LEVEL 44u
#define AT_ANSWER_SIZE 16u
#define AT_RANDOM 20u
#define AT_FLAGS 36u
#define AT_WORD 40u

#define LEVEL_TYPES 6u /* bits of protection types */

struct faulty_opm;
struct faulty_rule;

/* One session, as its application sees it, and the device behind it. */
struct faulty_session {
    struct copp_transport transport; /* first */
    struct copp_transport *inner; /* NULL: there is no device behind it */
    struct faulty_opm *driver;
    const char *output;
    struct copp_omac *outer_mac; /* the application's key */
    struct copp_omac *inner_mac; /* the device's */
    bool opm, started, active, spent, fresh, early, rekeyed;
    uint8_t random[COPP_RANDOM_SIZE]; /* that the device has handed out */
    uint32_t status, command; /* numbers that the application is to send next */
    uint32_t inner_status, inner_command; /* and those that the device expects */
    uint8_t last_random[COPP_RANDOM_SIZE]; /* of the request before */
    uint32_t held[LEVEL_TYPES]; /* what it has asked for with success */
    uint32_t flags; /* of the answer before */
    uint32_t events; /* what this session is told by a fault */
    uint32_t count; /* for a fault that counts */
    uint64_t number; /* of its opening */
};

struct faulty_opm {
    struct driver_target target; /* first */
    struct copp_pump pump;
    struct copp_sim *sim;
    const struct faulty_rule *rule; /* never NULL; one without hooks is the sound driver */
    struct faulty_session *sessions[FAULTY_SESSIONS];
    uint64_t opened;
    uint8_t randoms[FAULTY_SESSIONS][COPP_RANDOM_SIZE]; /* those that were handed out */
    size_t random_count;
    char happened[64]; /* the event before, without the output */
    bool told, mark;
    bool ended; /* one session has, while others are open */
    uint32_t word;
    uint32_t last[LEVEL_TYPES]; /* levels as they were set last, by whichever session */
};

/* A message on its way. */
struct faulty_call {
    uint8_t mac[COPP_MAC_SIZE]; /* of a request; a command's is in its bytes */
    uint8_t bytes[COPP_MESSAGE_SIZE];
    const uint8_t *additional;
    size_t additional_size;
    bool is_command;
    bool known;
    enum copp_request request; /* if known */
    bool authentic; /* under the application's key */
    bool in_turn; /* as it came, its number was the right one */
    uint32_t sequence, size, type, level; /* as it came */
    uint32_t hresult;
    struct copp_status_output answer;
};

/* True: *call's hresult, and its answer, are what is answered, and the device learns nothing. */
typedef bool faulty_hook(struct faulty_session *session, struct faulty_call *call, const struct faulty_rule *rule);
typedef bool faulty_start_hook(struct faulty_session *session, const uint8_t **chain_bytes, size_t *chain_size, uint8_t *random,
                               uint32_t *hresult, const struct faulty_rule *rule);
typedef bool faulty_finish_hook(struct faulty_session *session, struct copp_signature *sealed, uint32_t *hresult,
                                const struct faulty_rule *rule);

struct faulty_rule {
    faulty_hook *get, *got, *set,
        *was_set; /* before and after the device; in got and was_set the return value is of no account */
    faulty_start_hook *start, *started;
    faulty_finish_hook *finish, *finished;
    faulty_hook *copp_got; /* a COPP session's answer */
    bool opens_theatre; /* sessions are opened in theatre mode */
    const char *refuses_in; /* and none after this event */
    const char *turns, *into; /* an event becomes another one; NULL: it is left out */
    /* what the hooks make of it */
    int request; /* ONLY one; 0: all */
    uint32_t type; /* one alone; 0: all */
    uint32_t from, to; /* HRESULTs, or values */
    uint32_t first, last; /* bytes */
    uint32_t at, mask, value; /* of an answer: word = (word & mask) ^ value */
    const char *text;
};

/* faulty_opm.c */
void faulty_opm_tag(struct copp_omac *omac, const uint8_t *bytes, size_t size, uint8_t *tag);
void faulty_opm_resign(struct faulty_session *session, struct faulty_call *call); /* under the application's key */
void faulty_opm_seal_answer(struct faulty_session *session, struct faulty_call *call);
uint32_t faulty_opm_inner_set(struct faulty_session *session, enum copp_request request, uint32_t type, uint32_t level);
bool faulty_opm_inner_get(struct faulty_session *session, enum copp_request request, uint32_t type, uint32_t *word);
bool faulty_opm_renew(struct faulty_session *session); /* another device behind it, with another random number */
bool faulty_opm_is(const struct faulty_call *call, const struct faulty_rule *rule); /* request and type, if rule names some */
const uint8_t *faulty_opm_vector(const char *name, size_t *size); /* a file of tests/vectors; NULL without it. Kept. */
struct copp_private_key *faulty_opm_key(void);
bool faulty_opm_copp_leaf(struct copp_public_key *key); /* the one of COPP's chain */
size_t faulty_opm_type_index(uint32_t type);
uint32_t faulty_opm_word(const uint8_t *bytes);
void faulty_opm_put(uint8_t *bytes, uint32_t value);

#endif

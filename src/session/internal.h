/* A session's inside, shared by the files of this directory alone. */
#ifndef COPP_SESSION_INTERNAL_H
#define COPP_SESSION_INTERNAL_H

#include "base/log.h"
#include "copp/omac.h"
#include "copp/session.h"
#include "crypto/history.h"
#include "session/semantics.h"

enum session_state {
    SESSION_NEW = 0,
    SESSION_EXCHANGED, /* the driver's chain is trusted */
    SESSION_ACTIVE /* both sides hold the session key */
};

/* Random numbers drawn ahead: a CSPRNG costs by the call, and a status query is to cost little more than its two MACs. */
#define POOL_SIZE 256u
struct pool {
    uint8_t bytes[POOL_SIZE];
    size_t left;
};

enum protection_phase {
    PROTECTION_IDLE = 0, /* nothing is protected: before protect, after it failed, after unprotect */
    PROTECTION_PROTECTED, /* poll checks */
    PROTECTION_RENEGOTIATE, /* poll sets the levels again, then checks (EVT-4) */
    PROTECTION_OVER /* poll has said STOP, and goes on saying so */
};

/* One moment on two clocks, which have nothing to do with each other. */
struct moment {
    uint64_t caller_ms; /* what protect and poll are given */
    uint64_t transport_ms; /* 0 if the transport has no clock */
};

/* What protect has promised and poll looks after (poll.c). */
struct protection {
    struct copp_requirement required;
    enum protection_phase phase;
    enum copp_stop stop; /* why content may not be shown, in PROTECTION_IDLE and PROTECTION_OVER */
    bool hdcp_skipped; /* APP-4 */
    bool receiver_unnamed; /* the last look found HDCP with nobody to check by APP-1 and APP-2 */
    uint64_t called_ms; /* by the caller's clock: the last protect or poll */
    struct moment believed; /* APP-3: until then the last look counts */
};

#define COPP_SESSION_LEVELS 7u /* bits 0 to 5 of the protection types, and all others */

struct copp_session {
    struct copp_session_config config; /* its lists are below */
    struct copp_session_lists lists;
    struct copp_transport *transport;
    const struct copp_session_semantics *semantics; /* the transport's */
    uint64_t deadline_ms; /* of the questions that are being asked, on the transport's clock; COPP_NO_DEADLINE: none */
    enum session_state state;
    uint32_t process; /* which one made it (base/fork.h) */
    enum copp_result dead; /* COPP_OK while the session lives, then what every call answers */
    struct copp_chain *own_chain; /* freed with the session; NULL where the known chain was presented */
    struct copp_opm_chain *opm_chain; /* what a driver with OPM semantics presented; freed with the session */
    const struct copp_chain *chain; /* what the driver presented: own_chain or config.known_chain */
    uint8_t random[COPP_RANDOM_SIZE]; /* the driver's (SES-2) */
    struct copp_omac *omac; /* holds the session key; NULL once dead */
    uint32_t status_sequence;
    uint32_t command_sequence;
    uint32_t hresult;
    uint32_t events; /* flags not taken yet by copp_session_take_events */
    uint32_t unreported; /* flags not told yet by copp_session_poll */
    uint32_t told; /* flags that any answer told: what ends the session ends it for good (EVT-4) */
    bool reconfigured; /* RenegotiationRequired was seen since the levels were set last (EVT-4) */
    struct copp_history history; /* BIND-3 */
    char connector[COPP_CONNECTOR_NAME_SIZE]; /* expected, filled up with zero bytes (BIND-7) */
    bool bound; /* an answer was: from then on each one has to be (BIND-5) */
    bool not_bound; /* it died of an answer that was not */
    bool other_connector; /* it died of an answer that was bound to another connector */
    uint32_t bound_flags; /* of the last answer, with COPP_BOUND */
    uint32_t held; /* protection types this session has raised and not given back */
    uint32_t levels[COPP_SESSION_LEVELS]; /* what it has set last, by type (command.c) */
    bool srm_given; /* the driver has the configuration's SRM (OPM-APP-1) */
    bool srm_sent; /* and any at all that it has not refused */
    struct pool pool;
    struct protection protection;
};

/* COPP_OK if session may do what belongs to state; else the error to answer. In a forked process the session is dead: what it knows
 * is the parent's, and an answer meant for one would be taken by the other (QRY-4). */
COPP_NODISCARD enum copp_result copp_session_expect(struct copp_session *session, enum session_state state);

/* COPP_OK if session is active and may send the request; COPP_E_UNSUPPORTED if its semantics do not know it. */
COPP_NODISCARD enum copp_result copp_session_expect_request(struct copp_session *session, enum copp_request request);

/* Ends the session for good: wipes its secrets; every later call answers cause. */
void copp_session_die(struct copp_session *session, enum copp_result cause);

/* Why an event has ended the session, of which the driver has told; COPP_STOP_NONE while none has. */
enum copp_stop copp_session_over(const struct copp_session *session);

/* What goes with a call of the transport's: the deadline that was set last. */
struct copp_call copp_session_call(const struct copp_session *session);

/* The transport's clock in milliseconds; 0 if it has none, or the session is dead. */
uint64_t copp_session_clock_ms(const struct copp_session *session);

/* From here on calls have to return by deadline_ms, on the transport's clock if it has one. COPP_NO_DEADLINE: as long as they take. */
void copp_session_limit(struct copp_session *session, uint64_t deadline_ms);

/*
 * What came of the call of the transport's that is named. COPP_E_REFUSED for every HRESULT but S_OK. If the call did not get
 * through, or returned after its deadline, we cannot tell what the driver did: the session dies, with COPP_E_TRANSPORT whatever the
 * transport called it.
 */
COPP_NODISCARD enum copp_result copp_session_check_reply(struct copp_session *session, const char *name, enum copp_result call,
                                                         uint32_t hresult);

/* What is known of a command or status request when its answer comes. */
struct sent {
    enum copp_history_kind kind;
    const char *name;
    uint8_t head[COPP_REQUEST_HEAD_SIZE]; /* the first bytes of what was sent, read before a transport had it in its hands */
    bool lowers; /* a command that lowers a level which the session holds */
};

/* The same of a command or status request, whose refusal is recorded (BIND-3). A session that cannot record it is dead, and so is
 * one that such a refusal ends (OPM-APP-4, OPM-APP-5). */
COPP_NODISCARD enum copp_result copp_session_check_request(struct copp_session *session, const struct sent *sent,
                                                           enum copp_result call, uint32_t hresult);

/* lists.c: whether the lists are such as a session may rely on. */
COPP_NODISCARD bool copp_session_lists_valid(const struct copp_session_lists *lists);

/* CRL-4: COPP_E_REVOKED, with its verdict, for a chain that is on one of the lists. */
COPP_NODISCARD enum copp_result copp_session_check_chain(const struct copp_session_lists *lists, const struct copp_chain *chain,
                                                         struct copp_verdict *verdict);

/* APP-2: the receiver with this KSV (most significant byte first) is on one of the lists. */
COPP_NODISCARD bool copp_session_receiver_revoked(const struct copp_session_lists *lists, const uint8_t *ksv);

/* Whether bytes may be an SRM to hand to a driver: judging it is the driver's. */
COPP_NODISCARD bool copp_session_srm_sendable(const uint8_t *srm_bytes, size_t srm_size);

/* The version in an SRM that is sendable. */
uint32_t copp_session_srm_number(const uint8_t *srm_bytes);

#endif

/*
 * What a session does in another way under OPM's semantics than under COPP's: a table for each. Which one holds is settled when the
 * session's transport is opened, and never changes.
 */
#ifndef COPP_SESSION_SEMANTICS_H
#define COPP_SESSION_SEMANTICS_H

#include "copp/session.h"

struct copp_session_semantics {
    const char *name;
    const char *exchange_name; /* what the handshake's two calls are called, for the log */
    const char *start_name;
    const char *(*request_name)(enum copp_request request);
    uint32_t requests; /* those that there are: bits 1u << enum copp_request */

    /* Whether the configuration names whom to trust in the form that such a driver's certificates have. */
    bool (*trusts)(const struct copp_session_config *config);
    /* SES-9: the driver's chain, and then what is known to be revoked. On success the session has the chain. */
    enum copp_result (*validate_chain)(struct copp_session *session, const uint8_t *bytes, size_t size,
                                       struct copp_verdict *verdict);
    /* Encrypts to the leaf's key of the chain that has been validated. */
    enum copp_result (*seal)(const struct copp_session *session, const struct copp_handshake *handshake,
                             struct copp_signature *signature);

    bool signs_requests; /* a status request travels with its MAC (OPM-GET-1) */
    /* Whether a refusal ends the session: of a request, or of a command, which may be one that lowers a level (OPM-APP-5). */
    bool (*refusal_ends)(uint32_t hresult, bool command, bool lowers);
    bool off_when_over; /* level 0 may be set after an event has ended the session (OPM-STA-8) */

    const uint32_t *types; /* protection types, in the order in which they are set */
    size_t type_count;
    /* False for a level that is not sent, since the driver's answer would be of no use. */
    bool (*level_sendable)(uint32_t type, uint32_t level);
    /* The level of a type that a requirement asks for, and whether all that it asks for exists. */
    uint32_t (*level_in)(const struct copp_requirement *requirement, uint32_t type);
    bool (*requirement_valid)(const struct copp_requirement *requirement);
    uint32_t link_types; /* those that protect the link to the display, which an embedded display does without (APP-4) */
    bool (*embedded)(uint32_t connector); /* a link nobody can get at */

    /* Why all the event flags that a session was told since it began end it; COPP_STOP_NONE if they do not. */
    enum copp_stop (*event_stop)(uint32_t flags);
    bool renegotiates; /* the session itself sets the levels again on a reconfigured connector (EVT-4) */
    bool checks_receiver; /* the application judges who decrypts (APP-1, APP-2), not the driver */
    bool driver_judges; /* the driver does: it is given the SRM first (OPM-APP-1), and has levels up later (OPM-SET-5) */
    uint32_t gone; /* the HRESULT that says that the output no longer exists; COPP_HR_OK: there is none (OPM-STA-7) */
};

extern const struct copp_session_semantics copp_session_copp;
extern const struct copp_session_semantics copp_session_opm;

/* Those of a transport; NULL for none that a session can have. */
const struct copp_session_semantics *copp_session_semantics_of(enum copp_semantics kind);

#endif

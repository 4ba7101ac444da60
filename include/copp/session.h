/*
 * The application's side: one session with a driver over a transport.
 *
 * A session speaks COPP or OPM, as its transport's device does (copp_transport_info): that is settled when the device is opened. What differs
 * is said at each function. In short, under OPM semantics the driver's chain is X.509, requests are authenticated, protection types are
 * OPM's, the driver judges receivers and repeaters, and a reconfigured connector ends the session.
 *
 * A session belongs to one thread at a time. Once an answer fails authentication or the transport fails (whatever
 * error it answers, here it is COPP_E_TRANSPORT), the session is dead: every later call answers that same error. After
 * LinkLost commands answer COPP_E_LINK_LOST; queries go on, so that one can still look (EVT-4). Under OPM any event does that, and level 0 can
 * still be set (OPM-STA-8). There a session is also dead, with COPP_E_REFUSED, once a command that lowers a level was refused, once a
 * command was answered COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST, and once the driver has closed the output: what was refused could be slipped
 * in later, while content is shown (OPM-APP-4, OPM-APP-5). All that is left then is to close the device: copp_transport_reopen or
 * copp_transport_free.
 *
 * A session belongs to the process that made it. In a child made by fork() it is dead: every call answers COPP_E_FORKED,
 * copp_session_poll says STOP, and nothing is sent; the parent's goes on. Freeing it works in both.
 */
#ifndef COPP_SESSION_H
#define COPP_SESSION_H

#include "handshake.h"
#include "opm.h"
#include "revocation.h"
#include "srm.h"
#include "transport.h"
#include "x509.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_POLL_MS 2000u /* APP-3: how long a look at the protection counts, from its first question on */
#define COPP_OPM_RAISE_MS 20000u /* how long a level may take to come up after the driver has answered (OPM-SET-5) */

struct copp_session;

/* What is known to be revoked: a chain or a receiver that is on any of these is refused. The messages are HDCP 1's, since a
 * driver names its receiver by HDCP 1's KSV (WIRE-9); one of HDCP 2's would check nothing. All of it is COPP's: an OPM driver's chain is on no
 * such list, and it judges receivers itself, by the SRM that it is given (copp_session_config.srm_bytes). */
struct copp_session_lists {
    size_t size; /* sizeof this struct */
    const struct copp_revocation_list *const *revocations; /* validated (CRL-4) */
    size_t revocation_count; /* 0: no list is checked */
    const struct copp_srm *const *srms; /* verified (APP-2) */
    size_t srm_count; /* 0: no receiver is known to be revoked */
};

/* Whether a driver has to bind its answers (BIND-5). */
enum copp_binding_demand {
    COPP_BINDING_REQUIRED = 0, /* each one, from the first on */
    COPP_BINDING_OPTIONAL /* for drivers that know no BIND rules: each one after the first that is bound */
};

struct copp_session_config {
    size_t size; /* sizeof this struct */
    const struct copp_public_key *anchor; /* whom to trust of drivers with COPP semantics (CERT-12); NULL: of none */
    const struct copp_session_lists *lists; /* copied; NULL: none */
    const struct copp_chain *known_chain; /* a chain validated before under the same anchor: not validated again if the
                                             driver presents the same bytes (its revocation is). NULL: none */
    struct copp_random *random; /* NULL: the crypto library's CSPRNG */
    enum copp_handshake_form form;
    struct copp_log *log; /* receives why something failed; may be NULL */
    enum copp_binding_demand binding;
    const char *connector; /* the name of the connector that the transport was opened on (BIND-7): an answer that is bound to
                              another one is not authentic. NULL: one without a name. Copied */
    /* Under OPM semantics, and not looked at under COPP's. A chain of the other kind is never accepted (OPM-CERT-11). */
    const struct copp_opm_anchor *opm_anchor; /* whom to trust of drivers with OPM semantics (OPM-CERT-10); NULL: of none */
    const char
        *opm_purpose; /* the extended key usage to demand of the driver's chain, in numbers with dots; NULL: none (OPM-CERT-8) */
    const uint8_t
        *srm_bytes; /* the content's HDCP renewability message, HDCP 1's or 2's, which the driver is given before HDCP is set, and
                                 judges (OPM-APP-1) */
    size_t srm_size; /* bytes, at least 48 and at most COPP_OPM_ADDITIONAL_MAX; 0: none */
    uint64_t
        output_id; /* of the output that the content is shown on, where it is known from elsewhere (OPM-APP-7); 0: it is not */
};

/* Everything in config is borrowed, unless it says otherwise, and must outlive the session, transport too. COPP_E_ARGUMENT for
 * no anchor at all, an SRM of a size that none has, a transport without the four calls and free, a list, chain or message that was parsed but not validated, a
 * message of HDCP 2's, a known chain that leads to another anchor, or a connector's name of COPP_CONNECTOR_NAME_SIZE bytes or
 * more. COPP_E_UNSUPPORTED without an anchor for the transport's semantics; with both anchors, either is accepted. */
COPP_API COPP_NODISCARD enum copp_result copp_session_new(const struct copp_session_config *config,
                                                          struct copp_transport *transport, struct copp_session **session);

/* Wipes and frees; the driver's side ends with its transport, which the next session may use once it is reopened
 * (copp_transport_reopen). NULL-safe; clears the pointer. */
COPP_API void copp_session_free(struct copp_session **session);

/*
 * Step 1: KeyExchange, then chain and revocation checks (SES-9); under OPM StartInitialization, then the X.509 chain (OPM-INI-2). COPP_E_INVALID, COPP_E_REVOKED: *verdict says why.
 * COPP_E_REFUSED: see copp_session_hresult. After any error the session is of no use.
 */
COPP_API COPP_NODISCARD enum copp_result copp_session_exchange(struct copp_session *session, struct copp_verdict *verdict);
/* Step 2: encrypts fresh secrets to the leaf's key and calls SessionSequenceStart (SES-4, SES-5) or FinishInitialization (OPM-INI-3..5). */
COPP_API COPP_NODISCARD enum copp_result copp_session_start(struct copp_session *session);
/* Both steps in one. */
COPP_API COPP_NODISCARD enum copp_result copp_session_establish(struct copp_session *session, struct copp_verdict *verdict);

/*
 * Puts other lists in the place of those the session has, at any time: for a player that runs for long, when what is stored
 * has changed. They are borrowed as those of the config. After step 1 the driver's chain is checked against them at once:
 * COPP_E_REVOKED, *verdict (may be NULL) says why, and the session is dead (CRL-4). The receiver is checked by the next
 * copp_session_poll (APP-2). COPP_E_ARGUMENT, as from copp_session_new: nothing has changed.
 */
COPP_API COPP_NODISCARD enum copp_result
copp_session_set_lists(struct copp_session *session, const struct copp_session_lists *lists, struct copp_verdict *verdict);

/* The driver's chain after step 1, NULL before. Lives as long as the session. The one that the semantics do not have is NULL. */
COPP_API const struct copp_chain *copp_session_chain(const struct copp_session *session);
COPP_API const struct copp_opm_chain *copp_session_opm_chain(const struct copp_session *session);
/* What the driver answered last. Only COPP_HR_OK is success; anything else is COPP_E_REFUSED. COPP_HR_UNEXPECTED before the first
 * answer, COPP_HR_POINTER for NULL. */
COPP_API uint32_t copp_session_hresult(const struct copp_session *session);
#define COPP_WAKE_MS 20u /* the shortest time between two polls that copp_session_fd leads to */
/*
 * Returns a descriptor to poll for reading between two calls of copp_session_poll. Once it is readable, an event waits (EVT-2) or the
 * driver is gone: call copp_session_poll, which takes away what is there. Never read from it. What comes is not authenticated, and
 * somebody in between can make it readable at any time: leave it out of what you poll for until COPP_WAKE_MS after your last
 * copp_session_poll. The deadline that copp_session_poll gives still holds (APP-3). After COPP_POLL_STOP
 * poll for it no more: copp_session_poll takes nothing from there then. The transport owns the descriptor, and has another one after
 * copp_transport_reopen. -1: the transport has none, the session is dead, or NULL.
 */
COPP_API int copp_session_fd(const struct copp_session *session);
/* The event flags (COPP_STATUS_*) seen in answers since the last call; the driver tells each once (EVT-2). COPP_STATUS_LINK_LOST for
 * NULL: no link is there. */
COPP_API uint32_t copp_session_take_events(struct copp_session *session);

/*
 * What the last answer was bound to: COPP_BOUND, with those of COPP_BOUND_REAL, PLUGGED and RECEIVER that the driver promises
 * (BIND-6). 0 where nothing is promised: before the first answer, of a driver that does not bind, of a dead session, for NULL.
 */
#define COPP_BOUND 0x80000000u /* the driver binds its answers */
COPP_API uint32_t copp_session_bound(const struct copp_session *session);

/* Commands (CMD). COPP_E_REFUSED: see copp_session_hresult, nothing has changed; COPP_E_LINK_LOST: not even sent. */
COPP_API COPP_NODISCARD enum copp_result copp_session_set_protection_level(struct copp_session *session, uint32_t type,
                                                                           uint32_t level);
COPP_API COPP_NODISCARD enum copp_result copp_session_set_signaling(struct copp_session *session,
                                                                    const struct copp_set_signaling *signaling);

/*
 * Under OPM semantics alone, else COPP_E_UNSUPPORTED. As copp_session_set_protection_level, but where HDCP cannot be brought up the
 * command still succeeds, and copp_session_local_level says that it is off (OPM-SET-6).
 */
COPP_API COPP_NODISCARD enum copp_result copp_session_set_protection_level_css(struct copp_session *session, uint32_t type,
                                                                               uint32_t level);
/*
 * Under OPM semantics alone. Hands an HDCP renewability message to the driver (OPM-SRM-1), with the version that it says itself. The
 * bytes go beside the command and are not authenticated: copp_session_srm_version tells whether they have come (OPM-SRM-2). srm_size as in
 * struct copp_session_config, else COPP_E_ARGUMENT.
 */
COPP_API COPP_NODISCARD enum copp_result copp_session_set_srm(struct copp_session *session, const uint8_t *srm_bytes,
                                                              size_t srm_size);

/* Queries (QRY). Every answer is verified before it is believed (QRY-4), and is the answer to this question about this connector
 * after these commands (BIND-4). */
COPP_API COPP_NODISCARD enum copp_result copp_session_connector_type(struct copp_session *session, uint32_t *type);
COPP_API COPP_NODISCARD enum copp_result copp_session_protection_types(struct copp_session *session, uint32_t *types);
COPP_API COPP_NODISCARD enum copp_result copp_session_local_level(struct copp_session *session, uint32_t type, uint32_t *level);
COPP_API COPP_NODISCARD enum copp_result copp_session_global_level(struct copp_session *session, uint32_t type, uint32_t *level);
COPP_API COPP_NODISCARD enum copp_result copp_session_display(struct copp_session *session, struct copp_display *display);
COPP_API COPP_NODISCARD enum copp_result copp_session_hdcp_key(struct copp_session *session, struct copp_status_hdcp_key *key);
COPP_API COPP_NODISCARD enum copp_result copp_session_bus_type(struct copp_session *session, uint32_t *type);
COPP_API COPP_NODISCARD enum copp_result copp_session_signaling(struct copp_session *session,
                                                                struct copp_status_signaling *signaling);

/*
 * The same, under OPM semantics alone, else COPP_E_UNSUPPORTED (OPM-GET-9, OPM-GET-10). The version is that of the SRM which the driver was
 * given last by this session, of either kind. DVI characteristics are COPP_DVI_VERSION_* (device.h: 1 for 1.0, 2 for 1.1 or later), of DVI connectors. Hardware protection is 1 if decrypted
 * frames never reach memory that software can read, else 0.
 *
 * Of those above, copp_session_local_level is OPM's virtual level and copp_session_global_level its actual level; bus types are OPM's
 * (OPM-CONST-1), and of copp_session_display's format the first 8 bits count (OPM-WIRE-7). copp_session_hdcp_key, copp_session_signaling
 * and copp_session_set_signaling do not exist under OPM: COPP_E_UNSUPPORTED.
 */
COPP_API COPP_NODISCARD enum copp_result copp_session_srm_version(struct copp_session *session, uint32_t *version);
COPP_API COPP_NODISCARD enum copp_result copp_session_output_id(struct copp_session *session, uint64_t *id);
COPP_API COPP_NODISCARD enum copp_result copp_session_dvi_characteristics(struct copp_session *session,
                                                                          uint32_t *characteristics);
COPP_API COPP_NODISCARD enum copp_result copp_session_hardware_protection(struct copp_session *session, uint32_t *supported);

/* What a player needs; 0 is "not asked for". */
struct copp_requirement {
    size_t size; /* sizeof this struct */
    uint32_t hdcp; /* COPP_PROTECTION_TYPE_HDCP; under OPM COPP_PROTECTION_TYPE_OPM_HDCP */
    uint32_t acp;
    uint32_t cgmsa;
    bool unnamed_receiver; /* HDCP is enough even where the driver names no receiver, so that APP-1 and APP-2 cannot be carried
                              out here: the caller's licence does not ask for them, or somebody else carries them out. A
                              receiver that is named is still checked. Under OPM: where a driver that was given an SRM says
                              that its output names nobody, so that it looks up nobody (OPM-SRM-7, BIND-6) */
    bool embedded_unbound; /* HDCP may be left out on an embedded connector (APP-4) also where the driver does not bind its
                              answers, so that somebody in between may have made the connector an embedded one (BIND-8) */
    /* Under OPM semantics alone: asked of a COPP driver they are COPP_STOP_UNSUPPORTED. */
    uint32_t dpcp; /* COPP_PROTECTION_TYPE_DPCP */
    bool type1; /* HDCP 2.2 or later, and Type 1 receivers alone, behind repeaters too (OPM-HDCP-2) */
};

/* Why content must not be shown. An unset value, zero, is a reason too: compare with COPP_STOP_NONE. */
enum copp_stop {
    COPP_STOP_INTERNAL = 0, /* this side failed (crypto, random numbers), or nothing has been protected */
    COPP_STOP_NONE, /* protected: the only value that is not a reason */
    COPP_STOP_LINK_LOST, /* EVT-4 */
    COPP_STOP_LEVEL, /* APP-3: a level is not the requested one */
    COPP_STOP_REPEATER, /* APP-1 */
    COPP_STOP_NO_RECEIVER, /* APP-2: HDCP is reported on, but no receiver is named to check */
    COPP_STOP_KSV, /* APP-2: the receiver's KSV is not a valid one */
    COPP_STOP_REVOKED, /* APP-2: the receiver is on the SRM's list */
    COPP_STOP_UNSUPPORTED, /* the connector does not offer the protection */
    COPP_STOP_REFUSED, /* the driver refused: see copp_session_hresult */
    COPP_STOP_AUTHENTICATION, /* APP-3, QRY-4 */
    COPP_STOP_TRANSPORT, /* the driver cannot be reached */
    COPP_STOP_DRIVER_REVOKED, /* CRL-4: copp_session_set_lists brought a list with the driver's chain on it */
    /* Under OPM semantics alone. */
    COPP_STOP_RECONFIGURED, /* OPM-STA-8: the connector was reconfigured, or the driver has closed the output: start a new session */
    COPP_STOP_REVOKED_DEVICE, /* OPM-STA-8: the driver has found a revoked HDCP device */
    COPP_STOP_TAMPERING, /* OPM-STA-8: use no output of this machine any more */
    COPP_STOP_SRM, /* OPM-APP-1: the driver does not use the SRM that it was given */
    COPP_STOP_OTHER_OUTPUT /* OPM-APP-7: it is not the output of copp_session_config.output_id */
};
/* In words, never NULL, static. */
COPP_API const char *copp_stop_text(enum copp_stop stop);
/* The rule behind it, COPP_RULE_NONE for the others. */
COPP_API enum copp_rule copp_stop_rule(enum copp_stop stop);

/*
 * Asks for everything in the requirement and gives back what the session held beyond it, then checks receiver and
 * levels (APP-1..3). HDCP is not asked for on LVDS and embedded connectors (APP-4, BIND-8). COPP_STOP_NONE: protected, content
 * may be shown as long as copp_session_poll agrees. Otherwise what was raised has been given back as far as the driver
 * let us, and one may try again.
 *
 * Under OPM the driver judges who receives (OPM-HDCP-1). It is given the SRM first, if HDCP or Type 1 is asked for. After a level has been
 * set its virtual level is asked until it is there, for COPP_OPM_RAISE_MS at most (OPM-SET-5), if the transport can wait; else once.
 *
 * now_ms is the caller's clock, read just before the call: milliseconds, any beginning, never backwards. The same clock goes to
 * copp_session_poll. If the transport has a clock, the questions before the levels are set have to be answered within COPP_POLL_MS,
 * and so have those after, else COPP_STOP_TRANSPORT; each level takes as long as the transport waits for a command (CMD-6). A
 * connector that is reconfigured meanwhile (EVT-4) costs another round of all this; there are three at most.
 */
COPP_API COPP_NODISCARD enum copp_stop copp_session_protect(struct copp_session *session,
                                                            const struct copp_requirement *requirement, uint64_t now_ms);
/* Gives back everything held (level 0), also what copp_session_set_protection_level raised. COPP_OK, or the first
 * error; of a dead session its cause, even if nothing was held. */
COPP_API COPP_NODISCARD enum copp_result copp_session_unprotect(struct copp_session *session);

enum copp_poll_state {
    COPP_POLL_STOP = 0, /* hide content; the session is over */
    COPP_POLL_PROTECTED, /* go on showing */
    COPP_POLL_RENEGOTIATE /* hide content, then call copp_session_poll again at once: it sets the levels again (EVT-4) */
};
/* One that is all zero says "stop", and so does one whose size is not set. */
struct copp_poll {
    size_t size; /* sizeof this struct */
    enum copp_poll_state state;
    enum copp_stop stop; /* for COPP_POLL_STOP */
    uint64_t deadline_ms; /* until when this look counts (APP-3), by the caller's clock; UINT64_MAX after STOP */
    uint32_t events; /* COPP_STATUS_* seen since the last step, whoever asked */
    bool late; /* the last look no longer counted when this one began: what was shown since then was not known to be protected */
    bool hdcp_skipped; /* HDCP was required and, by APP-4, not asked for */
    bool receiver_unnamed; /* HDCP is in force with an unknown receiver: requirement.unnamed_receiver was used */
};

/*
 * One step of polling: a look at everything. Call it well before poll->deadline_ms, at least twice in COPP_POLL_MS.
 *
 * A look counts for COPP_POLL_MS from its first question on, however late its answers came (APP-3). The next one has to be through by
 * then: if the transport has a clock, all questions of a look share that deadline, and an answer that comes later is
 * COPP_STOP_TRANSPORT. A look that begins when the last one no longer counts has COPP_POLL_MS of its own, and poll->late is true. After
 * RENEGOTIATE the levels are set first, with the times of copp_session_protect.
 *
 * An answer that reports a lost link or a reconfiguration ends the look at once: STOP or RENEGOTIATE (EVT-4). Under OPM every event
 * is STOP (OPM-STA-8): copp_session_unprotect then switches off what is held, or closing the device does. Before
 * copp_session_protect: STOP. After STOP it stays STOP.
 */
COPP_API void copp_session_poll(struct copp_session *session, uint64_t now_ms, struct copp_poll *poll);

/*
 * The same, with a deadline of the caller's for the questions of the look (OPM-OUT-7): limit_ms, by the caller's clock, and COPP_POLL_MS from now at most.
 * UINT64_MAX: as copp_session_poll. A look that is not through by then is COPP_STOP_TRANSPORT. It is for a player that shows content on
 * several outputs and looks at their sessions one after the other: none of the looks may stop counting while it waits for one driver (APP-3).
 * So while content is shown limit_ms is no later than any session's last poll->deadline_ms, this one's included. While it is hidden
 * limit_ms may be later, so that a slow driver has time. Levels that have to be set again after RENEGOTIATE have the times of
 * copp_session_protect as well.
 */
COPP_API void copp_session_poll_until(struct copp_session *session, uint64_t now_ms, uint64_t limit_ms, struct copp_poll *poll);

/*
 * Explains what went wrong with a session, in one sentence for people: what, by which rule, and what to do about it. stop is
 * what protect or poll answered; if it is COPP_STOP_NONE, result is explained, of whichever call on the session failed,
 * copp_session_new and connecting a transport included. session is the one that failed, or NULL without one; verdict
 * is that of the call, or NULL. Writes at most size bytes, NUL included, and returns text. 512 are enough.
 */
COPP_API const char *copp_session_explain(const struct copp_session *session, enum copp_result result,
                                          const struct copp_verdict *verdict, enum copp_stop stop, char *text, size_t size);
/* The sentence's second half alone: what to do about it. Never NULL, static; "" where nothing went wrong. */
COPP_API const char *copp_session_remedy(const struct copp_session *session, enum copp_result result,
                                         const struct copp_verdict *verdict, enum copp_stop stop);

#ifdef __cplusplus
}
#endif

#endif

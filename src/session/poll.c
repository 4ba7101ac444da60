#include "common/sized.h"
#include "session/internal.h"

/* The connector may be reconfigured while levels are being set; a link that never settles is not protected. */
#define ROUNDS_MAX 3

static const uint32_t protection_types[] = {COPP_PROTECTION_TYPE_HDCP, COPP_PROTECTION_TYPE_ACP, COPP_PROTECTION_TYPE_CGMSA};
#define TYPES (sizeof protection_types / sizeof protection_types[0])

static const struct {
    enum copp_rule rule;
    const char *text;
} stops[] = {
    [COPP_STOP_INTERNAL] = {COPP_RULE_NONE, "this side failed, or has nothing protected"},
    [COPP_STOP_NONE] = {COPP_RULE_NONE, "protected"},
    [COPP_STOP_LINK_LOST] = {COPP_RULE_EVT_4, "the link to the display was lost"},
    [COPP_STOP_LEVEL] = {COPP_RULE_APP_3, "a protection level is not what was asked for"},
    [COPP_STOP_REPEATER] = {COPP_RULE_APP_1, "the display is an HDCP repeater"},
    [COPP_STOP_NO_RECEIVER] = {COPP_RULE_APP_2, "the driver names no HDCP receiver to check"},
    [COPP_STOP_KSV] = {COPP_RULE_APP_2, "the display's HDCP key selection vector is not a valid one"},
    [COPP_STOP_REVOKED] = {COPP_RULE_APP_2, "the display is on the HDCP revocation list"},
    [COPP_STOP_UNSUPPORTED] = {COPP_RULE_NONE, "the connector does not offer the protection"},
    [COPP_STOP_REFUSED] = {COPP_RULE_NONE, "the driver refused"},
    [COPP_STOP_AUTHENTICATION] = {COPP_RULE_QRY_4, "an answer of the driver's is not authentic"},
    [COPP_STOP_TRANSPORT] = {COPP_RULE_NONE, "the driver cannot be reached"},
    [COPP_STOP_DRIVER_REVOKED] = {COPP_RULE_CRL_4, "the driver's certificate is on a revocation list"},
};

static bool known(enum copp_stop stop) {
    return (unsigned)stop < sizeof stops / sizeof stops[0];
}

const char *copp_stop_text(enum copp_stop stop) {
    return known(stop) ? stops[stop].text : "unknown";
}

enum copp_rule copp_stop_rule(enum copp_stop stop) {
    return known(stop) ? stops[stop].rule : COPP_RULE_NONE;
}

static enum copp_stop stop_for(enum copp_result result) {
    switch (result) {
    case COPP_OK:
        return COPP_STOP_NONE;
    case COPP_E_REFUSED:
        return COPP_STOP_REFUSED;
    case COPP_E_LINK_LOST:
        return COPP_STOP_LINK_LOST;
    case COPP_E_AUTHENTICATION:
        return COPP_STOP_AUTHENTICATION;
    case COPP_E_TRANSPORT:
        return COPP_STOP_TRANSPORT;
    case COPP_E_REVOKED:
        return COPP_STOP_DRIVER_REVOKED;
    default:
        return COPP_STOP_INTERNAL;
    }
}

static uint32_t level_in(const struct copp_requirement *requirement, uint32_t type) {
    switch (type) {
    case COPP_PROTECTION_TYPE_HDCP:
        return requirement->hdcp;
    case COPP_PROTECTION_TYPE_ACP:
        return requirement->acp;
    default:
        return requirement->cgmsa;
    }
}

static bool requirement_valid(const struct copp_requirement *requirement) {
    for (size_t i = 0; i < TYPES; i++) {
        if (!copp_level_valid(protection_types[i], level_in(requirement, protection_types[i])))
            return false;
    }
    return true;
}

/* The level to ask for on this connector; 0: none. */
static uint32_t required_level(const struct copp_session *session, uint32_t type) {
    const struct protection *protection = &session->protection;
    return type == COPP_PROTECTION_TYPE_HDCP && protection->hdcp_skipped ? COPP_HDCP_OFF : level_in(&protection->required, type);
}

/* APP-4: a link nobody can get at. An unknown connector, which has every bit set, is not one. */
static bool embedded(uint32_t connector) {
    if (connector == COPP_CONNECTOR_UNKNOWN)
        return false;
    if (connector & COPP_CONNECTOR_INTERNAL)
        return true;
    return connector == COPP_CONNECTOR_LVDS || connector == COPP_CONNECTOR_DISPLAYPORT_EMBEDDED ||
           connector == COPP_CONNECTOR_UDI_EMBEDDED;
}

/* What the connector is and offers. Asked even where nothing has to be protected: any answer brings the events. */
static enum copp_stop query_connector(struct copp_session *session) {
    uint32_t connector;
    uint32_t offered;
    enum copp_result result = copp_session_connector_type(session, &connector);
    bool bound = copp_session_bound(session) & COPP_BOUND; /* this very answer, not the next one */
    if (!result)
        result = copp_session_protection_types(session, &offered);
    if (result)
        return stop_for(result);
    struct protection *protection = &session->protection;
    bool vouched = bound || protection->required.embedded_unbound; /* BIND-8 */
    protection->hdcp_skipped = protection->required.hdcp && embedded(connector) && vouched; /* APP-4 */
    for (size_t i = 0; i < TYPES; i++) {
        if (required_level(session, protection_types[i]) && !(offered & protection_types[i]))
            return COPP_STOP_UNSUPPORTED;
    }
    return COPP_STOP_NONE;
}

/* Makes the session hold what is asked for, no more and no less. */
static enum copp_stop set_levels(struct copp_session *session) {
    for (size_t i = 0; i < TYPES; i++) {
        uint32_t type = protection_types[i];
        uint32_t level = required_level(session, type);
        if (!level && !(session->held & type))
            continue;
        enum copp_result result = copp_session_set_protection_level(session, type, level);
        if (result)
            return stop_for(result);
    }
    return COPP_STOP_NONE;
}

/* APP-1, APP-2: who decrypts. */
static enum copp_stop check_receiver(struct copp_session *session) {
    struct protection *protection = &session->protection;
    protection->receiver_unnamed = false;
    if (!required_level(session, COPP_PROTECTION_TYPE_HDCP))
        return COPP_STOP_NONE;
    struct copp_status_hdcp_key key;
    enum copp_result result = copp_session_hdcp_key(session, &key);
    if (result == COPP_E_REFUSED) { /* QRY-6: there is none; or the driver does not name it */
        protection->receiver_unnamed = protection->required.unnamed_receiver;
        return protection->receiver_unnamed ? COPP_STOP_NONE : COPP_STOP_NO_RECEIVER;
    }
    if (result)
        return stop_for(result);
    if (key.hdcp_flags & COPP_HDCP_REPEATER)
        return COPP_STOP_REPEATER; /* APP-1 */
    uint8_t ksv[COPP_KSV_SIZE];
    copp_ksv_from_bksv(key.bksv, ksv);
    if (!copp_ksv_valid(ksv))
        return COPP_STOP_KSV;
    if (copp_session_receiver_revoked(&session->lists, ksv))
        return COPP_STOP_REVOKED;
    return COPP_STOP_NONE;
}

/* The connector applies at least what we asked for; others may have raised it (ARB-2, ARB-3). */
static bool level_satisfies(uint32_t type, uint32_t wanted, uint32_t global) {
    if (!copp_level_valid(type, global) || copp_level_rank(type, global) < copp_level_rank(type, wanted))
        return false;
    bool redistribution = type == COPP_PROTECTION_TYPE_CGMSA && (wanted & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED);
    return !redistribution || (global & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED);
}

/* APP-3 */
static enum copp_stop check_levels(struct copp_session *session) {
    for (size_t i = 0; i < TYPES; i++) {
        uint32_t type = protection_types[i];
        uint32_t wanted = required_level(session, type);
        if (!wanted)
            continue;
        uint32_t local;
        uint32_t global;
        enum copp_result result = copp_session_local_level(session, type, &local);
        if (!result)
            result = copp_session_global_level(session, type, &global);
        if (result)
            return stop_for(result);
        if (local == wanted && level_satisfies(type, wanted, global))
            continue;
        COPP_LOG(session->config.log, COPP_LOG_WARNING, copp_protection_type_name(type), ": asked for ",
                 copp_level_name(type, wanted), ", the session holds ", copp_level_name(type, local), ", the connector applies ",
                 copp_level_name(type, global));
        return COPP_STOP_LEVEL;
    }
    return COPP_STOP_NONE;
}

/*
 * One look at everything, after setting the levels if set is true. *again: the connector was reconfigured since the
 * levels were set last; what else is wrong may be owed to that, so it is judged after they have been set again (EVT-4).
 */
static enum copp_stop look(struct copp_session *session, bool set, bool *again) {
    enum copp_stop stop = query_connector(session);
    if (set)
        session->reconfigured = false;
    if (stop == COPP_STOP_NONE && set) {
        bool limited = session->deadline_ms != COPP_NO_DEADLINE;
        copp_session_limit(session, COPP_NO_DEADLINE); /* an output may need longer for a level (CMD-6) */
        stop = set_levels(session);
        copp_session_limit(session, limited ? COPP_POLL_MS : COPP_NO_DEADLINE);
    }
    if (stop == COPP_STOP_NONE)
        stop = check_receiver(session);
    if (stop == COPP_STOP_NONE)
        stop = check_levels(session);
    *again = false;
    if (session->dead)
        return stop;
    if (session->link_lost) /* EVT-4: the cause, whatever else it has led to */
        return COPP_STOP_LINK_LOST;
    *again = session->reconfigured;
    return *again ? COPP_STOP_NONE : stop;
}

static enum copp_result release_levels(struct copp_session *session) {
    enum copp_result first = COPP_OK;
    for (size_t i = 0; i < TYPES; i++) {
        if (!(session->held & protection_types[i]))
            continue;
        enum copp_result result = copp_session_set_protection_level(session, protection_types[i], 0);
        if (!first)
            first = result;
    }
    return first;
}

/* Why content is not, or no longer, protected. */
static void log_stop(const struct copp_session *session, const char *what, enum copp_stop stop) {
    const char *rule = copp_rule_id(copp_stop_rule(stop));
    COPP_LOG(session->config.log, COPP_LOG_WARNING, what, copp_stop_text(stop), rule[0] ? " (" : "", rule, rule[0] ? ")" : "");
}

enum copp_stop copp_session_protect(struct copp_session *session, const struct copp_requirement *requirement, uint64_t now_ms) {
    struct copp_requirement required;
    if (!session || !requirement || !copp_sized_read(requirement, &required, sizeof required))
        return COPP_STOP_INTERNAL;
    struct protection *protection = &session->protection;
    if (protection->phase == PROTECTION_OVER)
        return protection->stop;
    protection->required = required;
    protection->polled_ms = now_ms;
    bool again = true;
    enum copp_stop stop = requirement_valid(&required) ? COPP_STOP_NONE : COPP_STOP_UNSUPPORTED;
    for (int round = 0; stop == COPP_STOP_NONE && again && round < ROUNDS_MAX; round++)
        stop = look(session, true, &again);
    if (stop == COPP_STOP_NONE && again)
        stop = COPP_STOP_LEVEL;
    protection->phase = stop == COPP_STOP_NONE ? PROTECTION_PROTECTED : PROTECTION_IDLE;
    protection->stop = stop;
    if (stop != COPP_STOP_NONE) {
        log_stop(session, "not protected: ", stop);
        uint32_t hresult = session->hresult; /* of what was refused, not of what was given back */
        (void)release_levels(session);
        session->hresult = hresult;
    }
    return stop;
}

enum copp_result copp_session_unprotect(struct copp_session *session) {
    if (!session)
        return COPP_E_ARGUMENT;
    if (session->protection.phase != PROTECTION_OVER) {
        session->protection.phase = PROTECTION_IDLE;
        session->protection.stop = COPP_STOP_INTERNAL;
    }
    enum copp_result alive = copp_session_expect(session, session->state); /* not in a forked process */
    enum copp_result result = release_levels(session);
    return result ? result : alive; /* also where nothing is known to be held: nobody knows what the driver did */
}

static void poll_once(struct copp_session *session, uint64_t now_ms, struct copp_poll *poll) {
    struct protection *protection = &session->protection;
    bool again = false;
    if (protection->phase == PROTECTION_PROTECTED || protection->phase == PROTECTION_RENEGOTIATE) {
        poll->late = now_ms - protection->polled_ms > COPP_POLL_MS; /* APP-3 */
        protection->polled_ms = now_ms;
        copp_session_limit(session, COPP_POLL_MS); /* APP-3: answers held back longer are not of now */
        protection->stop = look(session, protection->phase == PROTECTION_RENEGOTIATE, &again);
        copp_session_limit(session, COPP_NO_DEADLINE);
        protection->phase = protection->stop != COPP_STOP_NONE ? PROTECTION_OVER
                            : again                            ? PROTECTION_RENEGOTIATE
                                                               : PROTECTION_PROTECTED;
        if (protection->stop != COPP_STOP_NONE)
            log_stop(session, "protection has ended: ", protection->stop);
        else if (again)
            COPP_LOG(session->config.log, COPP_LOG_INFO, "the connector was reconfigured: the levels are set again (EVT-4)");
    }
    poll->stop = protection->stop;
    poll->hdcp_skipped = protection->hdcp_skipped;
    poll->receiver_unnamed = protection->receiver_unnamed;
    poll->events = session->unreported;
    session->unreported = COPP_STATUS_NORMAL;
    if (protection->stop != COPP_STOP_NONE)
        return;
    poll->state = again ? COPP_POLL_RENEGOTIATE : COPP_POLL_PROTECTED;
    poll->deadline_ms = again ? now_ms : now_ms + COPP_POLL_MS;
}

void copp_session_poll(struct copp_session *session, uint64_t now_ms, struct copp_poll *poll) {
    struct copp_poll seen = {.state = COPP_POLL_STOP, .stop = COPP_STOP_INTERNAL, .deadline_ms = UINT64_MAX};
    if (!poll)
        return;
    if (session && copp_sized_room(poll))
        poll_once(session, now_ms, &seen);
    copp_sized_answer(poll, &seen, sizeof seen, COPP_END_OF(struct copp_poll, receiver_unnamed));
}

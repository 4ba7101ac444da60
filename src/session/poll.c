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

/* What a question is for: to judge what is in force, or to prepare for setting levels, which answers a reconfiguration anyway. */
enum purpose { TO_JUDGE, TO_SET };

/*
 * What comes of an answer: whatever makes all further questions pointless ends the look at once (EVT-4). A link that is lost is
 * the cause of whatever else goes wrong. After a reconfiguration nothing is judged until the levels have been set again; look()
 * turns that into *again.
 */
static enum copp_stop check_answer(const struct copp_session *session, enum purpose purpose, enum copp_result result) {
    if (session->dead)
        return stop_for(result);
    if (session->link_lost)
        return COPP_STOP_LINK_LOST;
    if (session->reconfigured && purpose == TO_JUDGE)
        return COPP_STOP_LEVEL;
    return stop_for(result);
}

/* What the connector is and offers. Asked even where nothing has to be protected: any answer brings the events. */
static enum copp_stop query_connector(struct copp_session *session, enum purpose purpose) {
    uint32_t connector = COPP_CONNECTOR_UNKNOWN;
    uint32_t offered = 0;
    /* the answer to a question of the application's own may have told it already */
    enum copp_stop stop = check_answer(session, purpose, copp_session_expect(session, SESSION_ACTIVE));
    if (stop == COPP_STOP_NONE)
        stop = check_answer(session, purpose, copp_session_connector_type(session, &connector));
    bool bound = copp_session_bound(session) & COPP_BOUND; /* this very answer, not the next one */
    if (stop == COPP_STOP_NONE)
        stop = check_answer(session, purpose, copp_session_protection_types(session, &offered));
    if (stop != COPP_STOP_NONE)
        return stop;
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
    enum copp_stop stop = check_answer(session, TO_JUDGE, result);
    if (stop != COPP_STOP_NONE)
        return stop;
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
        uint32_t local = 0;
        uint32_t global = 0;
        enum copp_stop stop = check_answer(session, TO_JUDGE, copp_session_local_level(session, type, &local));
        if (stop == COPP_STOP_NONE)
            stop = check_answer(session, TO_JUDGE, copp_session_global_level(session, type, &global));
        if (stop != COPP_STOP_NONE)
            return stop;
        if (local == wanted && level_satisfies(type, wanted, global))
            continue;
        COPP_LOG(session->config.log, COPP_LOG_WARNING, copp_protection_type_name(type), ": asked for ",
                 copp_level_name(type, wanted), ", the session holds ", copp_level_name(type, local), ", the connector applies ",
                 copp_level_name(type, global));
        return COPP_STOP_LEVEL;
    }
    return COPP_STOP_NONE;
}

static uint64_t plus(uint64_t ms, uint64_t more) {
    return ms > UINT64_MAX - more ? UINT64_MAX : ms + more;
}

/* COPP_POLL_MS after a moment. */
static struct moment expiry(const struct moment *moment) {
    return (struct moment){plus(moment->caller_ms, COPP_POLL_MS), plus(moment->transport_ms, COPP_POLL_MS)};
}

/* Now. Only the transport's clock can be read here; the caller's has gone on by as much since begin. */
static struct moment since(const struct copp_session *session, const struct moment *begin) {
    uint64_t clock_ms = copp_session_clock_ms(session);
    uint64_t elapsed_ms = clock_ms > begin->transport_ms ? clock_ms - begin->transport_ms : 0;
    return (struct moment){plus(begin->caller_ms, elapsed_ms), clock_ms};
}

/*
 * One look at everything; all its questions have to be answered by deadline_ms, on the transport's clock. *again: the connector was
 * reconfigured since the levels were set last; what else is wrong may be owed to that, so it is judged after they have been
 * set again (EVT-4).
 */
static enum copp_stop look(struct copp_session *session, uint64_t deadline_ms, bool *again) {
    copp_session_limit(session, deadline_ms);
    enum copp_stop stop = query_connector(session, TO_JUDGE);
    if (stop == COPP_STOP_NONE)
        stop = check_receiver(session);
    if (stop == COPP_STOP_NONE)
        stop = check_levels(session);
    copp_session_limit(session, COPP_NO_DEADLINE);
    *again = !session->dead && !session->link_lost && session->reconfigured;
    return *again ? COPP_STOP_NONE : stop;
}

/*
 * Sets the levels, then looks. An output may need long for a level (CMD-6), and what was answered before is of no use by then:
 * so commands have the transport's own limit, and the look asks everything anew. *moment is when this began, and becomes when the
 * first question of the look was asked.
 */
static enum copp_stop set_and_look(struct copp_session *session, struct moment *moment, bool *again) {
    *again = false;
    copp_session_limit(session, expiry(moment).transport_ms);
    enum copp_stop stop = query_connector(session, TO_SET);
    copp_session_limit(session, COPP_NO_DEADLINE);
    session->reconfigured = false;
    if (stop == COPP_STOP_NONE)
        stop = set_levels(session);
    if (stop != COPP_STOP_NONE)
        return stop;
    *moment = since(session, moment);
    return look(session, expiry(moment).transport_ms, again);
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
    protection->called_ms = now_ms;
    struct moment moment = {now_ms, copp_session_clock_ms(session)};
    bool again = true;
    enum copp_stop stop = requirement_valid(&required) ? COPP_STOP_NONE : COPP_STOP_UNSUPPORTED;
    for (int round = 0; stop == COPP_STOP_NONE && again && round < ROUNDS_MAX; round++) {
        moment = since(session, &moment);
        stop = set_and_look(session, &moment, &again);
    }
    protection->believed = expiry(&moment);
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

/*
 * Whether the last look does not count any more when this one begins, or no longer than that moment: a look takes its time. A caller's
 * clock that has gone back may hide how long that is.
 */
static bool too_late(const struct protection *protection, const struct moment *now) {
    return now->caller_ms < protection->called_ms || now->caller_ms > protection->believed.caller_ms ||
           now->transport_ms >= protection->believed.transport_ms;
}

/*
 * APP-3: what is shown meanwhile is shown because of the last look, so this one has to be through before that one stops counting.
 * One that begins too late has its own time. A caller that judges that itself says by when; limit_ms is on its clock, UINT64_MAX none.
 */
static uint64_t look_deadline_ms(const struct protection *protection, const struct moment *now, uint64_t limit_ms) {
    uint64_t believed_ms = protection->believed.transport_ms;
    uint64_t own_ms = expiry(now).transport_ms;
    if (limit_ms == UINT64_MAX)
        return now->transport_ms < believed_ms ? believed_ms : own_ms;
    uint64_t callers_ms = plus(now->transport_ms, limit_ms > now->caller_ms ? limit_ms - now->caller_ms : 0);
    return callers_ms < own_ms ? callers_ms : own_ms;
}

static void look_after(struct copp_session *session, uint64_t now_ms, uint64_t limit_ms, struct copp_poll *poll) {
    struct protection *protection = &session->protection;
    struct moment moment = {now_ms, copp_session_clock_ms(session)};
    bool again;
    poll->late = too_late(protection, &moment);
    protection->called_ms = now_ms;
    if (protection->phase == PROTECTION_RENEGOTIATE)
        protection->stop = set_and_look(session, &moment, &again);
    else
        protection->stop = look(session, look_deadline_ms(protection, &moment, limit_ms), &again);
    protection->believed = expiry(&moment);
    protection->phase = protection->stop != COPP_STOP_NONE ? PROTECTION_OVER
                        : again                            ? PROTECTION_RENEGOTIATE
                                                           : PROTECTION_PROTECTED;
    if (protection->stop != COPP_STOP_NONE)
        log_stop(session, "protection has ended: ", protection->stop);
    else if (again)
        COPP_LOG(session->config.log, COPP_LOG_INFO, "the connector was reconfigured: the levels are set again (EVT-4)");
}

static void poll_once(struct copp_session *session, uint64_t now_ms, uint64_t limit_ms, struct copp_poll *poll) {
    struct protection *protection = &session->protection;
    if (protection->phase == PROTECTION_PROTECTED || protection->phase == PROTECTION_RENEGOTIATE)
        look_after(session, now_ms, limit_ms, poll);
    poll->stop = protection->stop;
    poll->hdcp_skipped = protection->hdcp_skipped;
    poll->receiver_unnamed = protection->receiver_unnamed;
    poll->events = session->unreported;
    session->unreported = COPP_STATUS_NORMAL;
    if (protection->stop != COPP_STOP_NONE)
        return;
    bool again = protection->phase == PROTECTION_RENEGOTIATE;
    poll->state = again ? COPP_POLL_RENEGOTIATE : COPP_POLL_PROTECTED;
    poll->deadline_ms = again ? now_ms : protection->believed.caller_ms;
}

void copp_session_poll(struct copp_session *session, uint64_t now_ms, struct copp_poll *poll) {
    copp_session_poll_until(session, now_ms, UINT64_MAX, poll);
}

void copp_session_poll_until(struct copp_session *session, uint64_t now_ms, uint64_t limit_ms, struct copp_poll *poll) {
    struct copp_poll seen = {.state = COPP_POLL_STOP, .stop = COPP_STOP_INTERNAL, .deadline_ms = UINT64_MAX};
    if (!poll)
        return;
    if (session && copp_sized_room(poll))
        poll_once(session, now_ms, limit_ms, &seen);
    copp_sized_answer(poll, &seen, sizeof seen, COPP_END_OF(struct copp_poll, receiver_unnamed));
}

/* Protecting, and polling: when a look is taken, for how long it counts, and what comes of it. */
#include "common/sized.h"
#include "session/look.h"

/* The connector may be reconfigured while levels are being set; a link that never settles is not protected. */
#define ROUNDS_MAX 3

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
    enum copp_stop stop = session->semantics->requirement_valid(&required) ? COPP_STOP_NONE : COPP_STOP_UNSUPPORTED;
    for (int round = 0; stop == COPP_STOP_NONE && again && round < ROUNDS_MAX; round++) {
        moment = copp_session_since(session, &moment);
        stop = copp_session_set_and_look(session, &moment, &again);
    }
    protection->believed = copp_session_expiry(&moment);
    if (stop == COPP_STOP_NONE && again)
        stop = COPP_STOP_LEVEL;
    protection->phase = stop == COPP_STOP_NONE ? PROTECTION_PROTECTED : PROTECTION_IDLE;
    protection->stop = stop;
    if (stop != COPP_STOP_NONE) {
        log_stop(session, "not protected: ", stop);
        uint32_t hresult = session->hresult; /* of what was refused, not of what was given back */
        (void)copp_session_release_levels(session);
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
    enum copp_result result = copp_session_release_levels(session);
    return result ? result : alive; /* also where nothing is known to be held: we cannot tell what the driver did */
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
    uint64_t own_ms = copp_session_expiry(now).transport_ms;
    if (limit_ms == UINT64_MAX)
        return now->transport_ms < believed_ms ? believed_ms : own_ms;
    uint64_t callers_ms = copp_session_plus(now->transport_ms, limit_ms > now->caller_ms ? limit_ms - now->caller_ms : 0);
    return callers_ms < own_ms ? callers_ms : own_ms;
}

static void look_after(struct copp_session *session, uint64_t now_ms, uint64_t limit_ms, struct copp_poll *poll) {
    struct protection *protection = &session->protection;
    struct moment moment = {now_ms, copp_session_clock_ms(session)};
    bool again;
    poll->late = too_late(protection, &moment);
    protection->called_ms = now_ms;
    if (protection->phase == PROTECTION_RENEGOTIATE)
        protection->stop = copp_session_set_and_look(session, &moment, &again);
    else
        protection->stop = copp_session_look(session, look_deadline_ms(protection, &moment, limit_ms), &again);
    protection->believed = copp_session_expiry(&moment);
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

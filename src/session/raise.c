/* What is set so that content is protected, and given back. */
#include "copp/opm.h"

#include "common/sized.h"
#include "session/look.h"

#define ASK_AGAIN_MS 100u /* HDCP takes 100 to 200 ms, or longer (OPM-SET-5) */

uint32_t copp_session_required_level(const struct copp_session *session, uint32_t type) {
    const struct protection *protection = &session->protection;
    bool skipped = protection->hdcp_skipped && type & session->semantics->link_types;
    return skipped ? 0 : session->semantics->level_in(&protection->required, type);
}

/* Makes the session hold what is asked for, no more and no less. */
static enum copp_stop set_levels(struct copp_session *session) {
    for (size_t i = 0; i < session->semantics->type_count; i++) {
        uint32_t type = session->semantics->types[i];
        uint32_t level = copp_session_required_level(session, type);
        if (!level && !(session->held & type))
            continue;
        enum copp_result result = copp_session_set_protection_level(session, type, level);
        if (result)
            return copp_session_stop_for(session, result);
    }
    return COPP_STOP_NONE;
}

/* The type by which the driver may say that a receiver is revoked (OPM-STA-4); COPP_PROTECTION_TYPE_NONE if none of these is asked for. */
static uint32_t link_type(const struct copp_session *session) {
    const struct copp_session_semantics *semantics = session->semantics;
    for (size_t i = 0; i < semantics->type_count; i++) {
        if (semantics->types[i] & semantics->link_types && copp_session_required_level(session, semantics->types[i]))
            return semantics->types[i];
    }
    return COPP_PROTECTION_TYPE_NONE;
}

/*
 * OPM-APP-1: the content's SRM comes before HDCP, and by the version that the driver tells it has really come. What goes along with the
 * command is not authenticated (OPM-SRM-2).
 */
static enum copp_stop hand_over_srm(struct copp_session *session, uint64_t deadline_ms) {
    const struct copp_session_config *config = &session->config;
    if (session->srm_given || !config->srm_size || !session->semantics->driver_judges || !link_type(session))
        return COPP_STOP_NONE;
    enum copp_result result = copp_session_set_srm(session, config->srm_bytes, config->srm_size);
    if (result)
        return copp_session_stop_for(session, result);
    uint32_t version = 0;
    copp_session_limit(session, deadline_ms);
    enum copp_stop stop = copp_session_check_answer(session, TO_SET, copp_session_srm_version(session, &version));
    copp_session_limit(session, COPP_NO_DEADLINE);
    if (stop == COPP_STOP_NONE && version != copp_session_srm_number(config->srm_bytes))
        stop = COPP_STOP_SRM;
    session->srm_given = stop == COPP_STOP_NONE;
    return stop;
}

/* Lets time pass by the transport's clock; false if none does, or there is none left. */
static bool pause(struct copp_session *session, uint64_t deadline_ms) {
    const struct copp_transport_ops *ops = session->transport->ops;
    uint64_t before_ms = copp_session_clock_ms(session);
    if (!COPP_HAS_OP(ops, wait) || before_ms >= deadline_ms)
        return false;
    uint64_t again_ms = copp_session_plus(before_ms, ASK_AGAIN_MS);
    ops->wait(session->transport, again_ms < deadline_ms ? again_ms : deadline_ms);
    return copp_session_clock_ms(session) > before_ms;
}

/* OPM-APP-5: that a level is set, only a query after it tells. OPM-SET-5: and it may take a while. */
static enum copp_stop await_level(struct copp_session *session, uint32_t type, uint64_t deadline_ms) {
    uint32_t wanted = copp_session_required_level(session, type);
    uint32_t level = 0;
    enum copp_stop stop;
    do {
        stop = copp_session_check_answer(session, TO_JUDGE, copp_session_local_level(session, type, &level));
    } while (stop == COPP_STOP_NONE && level != wanted && pause(session, deadline_ms));
    return stop == COPP_STOP_NONE && level != wanted ? COPP_STOP_LEVEL : stop;
}

static enum copp_stop await_levels(struct copp_session *session) {
    enum copp_stop stop = COPP_STOP_NONE;
    if (!session->semantics->driver_judges)
        return stop;
    uint64_t deadline_ms = copp_session_plus(copp_session_clock_ms(session), COPP_OPM_RAISE_MS);
    copp_session_limit(session,
                       copp_session_plus(deadline_ms, COPP_POLL_MS)); /* the last question may be asked when it has come */
    for (size_t i = 0; stop == COPP_STOP_NONE && i < session->semantics->type_count; i++) {
        uint32_t type = session->semantics->types[i];
        if (copp_session_required_level(session, type))
            stop = await_level(session, type, deadline_ms);
    }
    copp_session_limit(session, COPP_NO_DEADLINE);
    return stop;
}

enum copp_stop copp_session_raise(struct copp_session *session) {
    uint64_t deadline_ms = copp_session_plus(copp_session_clock_ms(session), COPP_OPM_RAISE_MS);
    enum copp_stop stop = hand_over_srm(session, deadline_ms);
    if (stop == COPP_STOP_NONE)
        stop = set_levels(session);
    if (stop == COPP_STOP_NONE)
        stop = await_levels(session);
    copp_session_limit(session, deadline_ms);
    stop = copp_session_ask_cause(session, stop);
    copp_session_limit(session, COPP_NO_DEADLINE);
    return stop;
}

enum copp_stop copp_session_ask_cause(struct copp_session *session, enum copp_stop stop) {
    uint32_t level;
    uint32_t type = session->semantics->driver_judges ? link_type(session) : COPP_PROTECTION_TYPE_NONE;
    bool unexplained = stop == COPP_STOP_LINK_LOST || stop == COPP_STOP_REFUSED;
    if (!type || !unexplained || session->dead)
        return stop;
    uint32_t hresult = session->hresult; /* of what was refused */
    enum copp_result result = copp_session_local_level(session, type, &level);
    if (!session->dead)
        session->hresult = hresult;
    enum copp_stop over = copp_session_over(session);
    return result || over == COPP_STOP_NONE ? stop : over;
}

enum copp_result copp_session_release_levels(struct copp_session *session) {
    enum copp_result first = COPP_OK;
    for (size_t i = 0; i < session->semantics->type_count; i++) {
        if (!(session->held & session->semantics->types[i]))
            continue;
        enum copp_result result = copp_session_set_protection_level(session, session->semantics->types[i], 0);
        if (!first)
            first = result;
    }
    return first;
}

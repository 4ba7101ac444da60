/* What is asked of a driver to know that content is protected, what is set before, and how the answers are judged. */
#include "session/look.h"

/* Whether anything is asked for that protects the link to the display. */
static bool link_protected(const struct copp_session *session) {
    const struct copp_session_semantics *semantics = session->semantics;
    for (size_t i = 0; i < semantics->type_count; i++) {
        if (semantics->types[i] & semantics->link_types &&
            semantics->level_in(&session->protection.required, semantics->types[i]))
            return true;
    }
    return false;
}

/* What the connector is and offers. Asked even where nothing has to be protected: any answer brings the events. */
static enum copp_stop query_connector(struct copp_session *session, enum purpose purpose) {
    uint32_t connector = COPP_CONNECTOR_UNKNOWN;
    uint32_t offered = 0;
    /* the answer to a question of the application's own may have told it already */
    enum copp_stop stop = copp_session_check_answer(session, purpose, copp_session_expect(session, SESSION_ACTIVE));
    if (stop == COPP_STOP_NONE)
        stop = copp_session_check_answer(session, purpose, copp_session_connector_type(session, &connector));
    bool bound = copp_session_bound(session) & COPP_BOUND; /* this very answer, not the next one */
    if (stop == COPP_STOP_NONE)
        stop = copp_session_check_answer(session, purpose, copp_session_protection_types(session, &offered));
    if (stop != COPP_STOP_NONE)
        return stop;
    struct protection *protection = &session->protection;
    bool vouched = bound || protection->required.embedded_unbound; /* BIND-8 */
    protection->hdcp_skipped = link_protected(session) && session->semantics->embedded(connector) && vouched; /* APP-4 */
    for (size_t i = 0; i < session->semantics->type_count; i++) {
        if (copp_session_required_level(session, session->semantics->types[i]) && !(offered & session->semantics->types[i]))
            return COPP_STOP_UNSUPPORTED;
    }
    return COPP_STOP_NONE;
}

/* OPM-APP-7: nothing else tells that it is the output which the application shows its content on. */
static enum copp_stop check_output(struct copp_session *session) {
    uint64_t id = 0;
    if (!session->config.output_id)
        return COPP_STOP_NONE;
    enum copp_stop stop = copp_session_check_answer(session, TO_SET, copp_session_output_id(session, &id));
    if (stop != COPP_STOP_NONE)
        return stop;
    return id == session->config.output_id ? COPP_STOP_NONE : COPP_STOP_OTHER_OUTPUT;
}

/* The receiver is unknown: enough for an application that allows this. */
static enum copp_stop nobody_is_named(struct protection *protection) {
    protection->receiver_unnamed = protection->required.unnamed_receiver;
    return protection->receiver_unnamed ? COPP_STOP_NONE : COPP_STOP_NO_RECEIVER;
}

/* OPM-SRM-7: the driver judges. One that says under its MAC that its output names nobody (BIND-6) holds the list it was given against
 * nobody; one that binds nothing is believed. */
static enum copp_stop check_judge(struct copp_session *session) {
    uint32_t bound = copp_session_bound(session);
    bool named = bound & COPP_BOUND_RECEIVER || !(bound & COPP_BOUND);
    return named || !session->srm_sent || !link_protected(session) || session->protection.hdcp_skipped
               ? COPP_STOP_NONE
               : nobody_is_named(&session->protection);
}

/* APP-1, APP-2: who decrypts. */
static enum copp_stop check_receiver(struct copp_session *session) {
    session->protection.receiver_unnamed = false;
    if (session->semantics->driver_judges)
        return check_judge(session);
    if (!session->semantics->checks_receiver || !copp_session_required_level(session, COPP_PROTECTION_TYPE_HDCP))
        return COPP_STOP_NONE;
    struct copp_status_hdcp_key key;
    enum copp_result result = copp_session_hdcp_key(session, &key);
    if (result == COPP_E_REFUSED) /* QRY-6: there is none; or the driver does not name it */
        return nobody_is_named(&session->protection);
    enum copp_stop stop = copp_session_check_answer(session, TO_JUDGE, result);
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

/* APP-3, OPM-APP-3 */
static enum copp_stop check_levels(struct copp_session *session) {
    for (size_t i = 0; i < session->semantics->type_count; i++) {
        uint32_t type = session->semantics->types[i];
        uint32_t wanted = copp_session_required_level(session, type);
        if (!wanted)
            continue;
        uint32_t local = 0;
        uint32_t global = 0;
        enum copp_stop stop = copp_session_check_answer(session, TO_JUDGE, copp_session_local_level(session, type, &local));
        if (stop == COPP_STOP_NONE)
            stop = copp_session_check_answer(session, TO_JUDGE, copp_session_global_level(session, type, &global));
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

enum copp_stop copp_session_look(struct copp_session *session, uint64_t deadline_ms, bool *again) {
    copp_session_limit(session, deadline_ms);
    enum copp_stop stop = query_connector(session, TO_JUDGE);
    if (stop == COPP_STOP_NONE)
        stop = check_receiver(session);
    if (stop == COPP_STOP_NONE)
        stop = check_levels(session);
    stop = copp_session_ask_cause(session, stop);
    copp_session_limit(session, COPP_NO_DEADLINE);
    *again = !session->dead && copp_session_over(session) == COPP_STOP_NONE && session->reconfigured;
    return *again ? COPP_STOP_NONE : stop;
}

enum copp_stop copp_session_set_and_look(struct copp_session *session, struct moment *moment, bool *again) {
    *again = false;
    copp_session_limit(session, copp_session_expiry(moment).transport_ms);
    enum copp_stop stop = query_connector(session, TO_SET);
    if (stop == COPP_STOP_NONE)
        stop = check_output(session);
    copp_session_limit(session, COPP_NO_DEADLINE);
    session->reconfigured = false;
    if (stop == COPP_STOP_NONE)
        stop = copp_session_raise(session);
    if (stop != COPP_STOP_NONE)
        return stop;
    *moment = copp_session_since(session, moment);
    return copp_session_look(session, copp_session_expiry(moment).transport_ms, again);
}

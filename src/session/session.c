#include <stdlib.h>

#include "base/fork.h"
#include "common/sized.h"
#include "crypto/crypto.h"
#include "session/internal.h"
#include "wire/binding.h"

enum copp_result copp_session_expect(struct copp_session *session, enum session_state state) {
    if (!session)
        return COPP_E_ARGUMENT;
    if (!session->dead && session->process != copp_process())
        copp_session_die(session, COPP_E_FORKED);
    if (session->dead)
        return session->dead;
    return session->state == state ? COPP_OK : COPP_E_STATE;
}

enum copp_result copp_session_expect_request(struct copp_session *session, enum copp_request request) {
    enum copp_result result = copp_session_expect(session, SESSION_ACTIVE);
    if (result)
        return result;
    return session->semantics->requests >> request & 1u ? COPP_OK : COPP_E_UNSUPPORTED;
}

enum copp_stop copp_session_over(const struct copp_session *session) {
    return session->semantics->event_stop(session->told);
}

void copp_session_die(struct copp_session *session, enum copp_result cause) {
    /* OPM-APP-6 */
    copp_omac_free(&session->omac);
    copp_wipe(session->random, sizeof session->random);
    copp_wipe(&session->pool, sizeof session->pool);
    copp_wipe(&session->status_sequence, sizeof session->status_sequence);
    copp_wipe(&session->command_sequence, sizeof session->command_sequence);
    session->bound_flags = 0;
    session->dead = cause;
}

struct copp_call copp_session_call(const struct copp_session *session) {
    return (struct copp_call){.size = sizeof(struct copp_call), .deadline_ms = session->deadline_ms};
}

static bool has_clock(const struct copp_session *session) {
    return !session->dead && COPP_HAS_OP(session->transport->ops, now_ms);
}

uint64_t copp_session_clock_ms(const struct copp_session *session) {
    return has_clock(session) ? session->transport->ops->now_ms(session->transport) : 0;
}

void copp_session_limit(struct copp_session *session, uint64_t deadline_ms) {
    session->deadline_ms = has_clock(session) ? deadline_ms : COPP_NO_DEADLINE;
}

static bool late(const struct copp_session *session) {
    struct copp_transport *transport = session->transport;
    return session->deadline_ms != COPP_NO_DEADLINE && transport->ops->now_ms(transport) > session->deadline_ms;
}

enum copp_result copp_session_check_reply(struct copp_session *session, const char *name, enum copp_result call,
                                          uint32_t hresult) {
    bool too_late = !call && late(session);
    if (call || too_late) {
        COPP_LOG(session->config.log, COPP_LOG_WARNING, name, ": ",
                 too_late ? "the answer came after its deadline" : "the transport failed: ", too_late ? "" : copp_strerror(call));
        copp_session_die(session, COPP_E_TRANSPORT);
        return COPP_E_TRANSPORT;
    }
    session->hresult = hresult;
    if (hresult == COPP_HR_OK)
        return COPP_OK;
    COPP_LOG(session->config.log, COPP_LOG_INFO, name, ": the driver refused: ", copp_hresult_name(hresult));
    return COPP_E_REFUSED;
}

enum copp_result copp_session_check_request(struct copp_session *session, const struct sent *sent, enum copp_result call,
                                            uint32_t hresult) {
    enum copp_result result = copp_session_check_reply(session, sent->name, call, hresult);
    if (result != COPP_E_REFUSED)
        return result;
    enum copp_result recorded = copp_history_add(&session->history, session->omac, sent->kind, sent->head, hresult); /* BIND-3 */
    if (recorded)
        result = recorded;
    if (recorded || session->semantics->refusal_ends(hresult, sent->kind == COPP_HISTORY_COMMAND, sent->lowers))
        copp_session_die(session, result);
    return result;
}

/* The last certificate of a valid chain was signed by the anchor it was validated under (CERT-12). */
static bool anchored(const struct copp_chain *chain, const struct copp_public_key *anchor) {
    struct copp_certificate root = {.size = sizeof root};
    return copp_chain_valid(chain) && copp_chain_certificate(chain, copp_chain_count(chain) - 1, &root) == COPP_OK &&
           copp_public_key_equal(&root.signer, anchor);
}

/* OPM-SRM-1: none, or what may be one. The driver judges it. */
static bool srm_acceptable(const struct copp_session_config *config) {
    return !config->srm_size || copp_session_srm_sendable(config->srm_bytes, config->srm_size);
}

static bool acceptable(const struct copp_session_config *config) {
    return (config->anchor || config->opm_anchor) && (config->form == COPP_FORM_SWAP40 || config->form == COPP_FORM_SWAP256) &&
           (config->binding == COPP_BINDING_REQUIRED || config->binding == COPP_BINDING_OPTIONAL) &&
           (!config->known_chain || (config->anchor && anchored(config->known_chain, config->anchor))) &&
           srm_acceptable(config) && (!config->random || COPP_HAS_OP(config->random->ops, fill));
}

const struct copp_session_semantics *copp_session_semantics_of(enum copp_semantics kind) {
    switch (kind) {
    case COPP_SEMANTICS_COPP:
        return &copp_session_copp;
    case COPP_SEMANTICS_OPM:
        return &copp_session_opm;
    default:
        return NULL;
    }
}

static bool reaches_driver(const struct copp_transport *transport) {
    const struct copp_transport_ops *ops = transport->ops;
    return ops && copp_sized_known(ops, sizeof *ops) && COPP_HAS_OP(ops, key_exchange) &&
           COPP_HAS_OP(ops, session_sequence_start) && COPP_HAS_OP(ops, protection_command) &&
           COPP_HAS_OP(ops, protection_status) && COPP_HAS_OP(ops, free);
}

enum copp_result copp_session_new(const struct copp_session_config *config, struct copp_transport *transport,
                                  struct copp_session **session) {
    if (!session)
        return COPP_E_ARGUMENT;
    *session = NULL;
    struct copp_session_config own;
    struct copp_session_lists lists = {.size = sizeof lists};
    if (!config || !transport || !copp_sized_read(config, &own, sizeof own) || !acceptable(&own) || !reaches_driver(transport))
        return COPP_E_ARGUMENT;
    if (own.lists && (!copp_sized_read(own.lists, &lists, sizeof lists) || !copp_session_lists_valid(&lists)))
        return COPP_E_ARGUMENT;
    struct copp_transport_info info = {.size = sizeof info};
    const struct copp_session_semantics *semantics = NULL;
    if (copp_transport_info(transport, &info) == COPP_OK)
        semantics = copp_session_semantics_of(info.semantics);
    if (!semantics || !semantics->trusts(&own)) {
        COPP_LOG(own.log, COPP_LOG_WARNING,
                 "no anchor is given for the transport's protocol: ", semantics ? semantics->name : "neither COPP nor OPM");
        return COPP_E_UNSUPPORTED;
    }
    uint32_t process = copp_process();
    struct copp_session *made = process ? calloc(1, sizeof *made) : NULL;
    if (!made)
        return COPP_E_MEMORY;
    made->process = process;
    enum copp_result result = COPP_E_ARGUMENT;
    if (copp_connector_name_set(made->connector, own.connector))
        result = copp_omac_new_logged(&made->omac, own.log);
    if (result) {
        free(made);
        return result;
    }
    made->config = own;
    made->config.connector = made->connector;
    made->lists = lists;
    made->transport = transport;
    made->semantics = semantics;
    made->deadline_ms = COPP_NO_DEADLINE;
    made->hresult = COPP_HR_UNEXPECTED;
    made->protection.stop = COPP_STOP_INTERNAL; /* to poll before anything is protected is a mistake of this side */
    *session = made;
    return COPP_OK;
}

void copp_session_free(struct copp_session **session) {
    if (!session || !*session)
        return;
    copp_omac_free(&(*session)->omac);
    copp_chain_free(&(*session)->own_chain);
    copp_opm_chain_free(&(*session)->opm_chain);
    copp_wipe(*session, sizeof **session);
    free(*session);
    *session = NULL;
}

enum copp_result copp_session_set_lists(struct copp_session *session, const struct copp_session_lists *lists,
                                        struct copp_verdict *verdict) {
    struct copp_verdict unwanted;
    if (!verdict)
        verdict = &unwanted;
    *verdict = (struct copp_verdict){COPP_RULE_NONE, COPP_RULE_NONE, -1, ""};
    struct copp_session_lists fresh;
    if (!session || !lists || !copp_sized_read(lists, &fresh, sizeof fresh) || !copp_session_lists_valid(&fresh))
        return COPP_E_ARGUMENT;
    if (session->dead)
        return session->dead;
    session->lists = fresh; /* of OPM's chains and receivers they say nothing */
    enum copp_result result = session->chain ? copp_session_check_chain(&fresh, session->chain, verdict) : COPP_OK;
    if (!result)
        return COPP_OK;
    COPP_LOG(session->config.log, COPP_LOG_WARNING, "new lists end the session: ", verdict->detail);
    copp_session_die(session, result);
    return result;
}

const struct copp_chain *copp_session_chain(const struct copp_session *session) {
    return session ? session->chain : NULL;
}

const struct copp_opm_chain *copp_session_opm_chain(const struct copp_session *session) {
    return session && session->state != SESSION_NEW ? session->opm_chain : NULL;
}

uint32_t copp_session_hresult(const struct copp_session *session) {
    return session ? session->hresult : COPP_HR_POINTER;
}

uint32_t copp_session_bound(const struct copp_session *session) {
    return session ? session->bound_flags : 0;
}

int copp_session_fd(const struct copp_session *session) {
    if (!session || session->dead || session->process != copp_process())
        return -1;
    const struct copp_transport *transport = session->transport;
    return COPP_HAS_OP(transport->ops, fd) ? transport->ops->fd(transport) : -1;
}

uint32_t copp_session_take_events(struct copp_session *session) {
    if (!session)
        return COPP_STATUS_LINK_LOST;
    uint32_t events = session->events;
    session->events = COPP_STATUS_NORMAL;
    return events;
}

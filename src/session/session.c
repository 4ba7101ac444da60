#include <stdlib.h>

#include "base/fork.h"
#include "common/sized.h"
#include "crypto/crypto.h"
#include "session/internal.h"
#include "wire/binding.h"
#include "wire/cursor.h"

enum copp_result copp_session_expect(struct copp_session *session, enum session_state state) {
    if (!session)
        return COPP_E_ARGUMENT;
    if (!session->dead && session->process != copp_process())
        copp_session_die(session, COPP_E_FORKED);
    if (session->dead)
        return session->dead;
    return session->state == state ? COPP_OK : COPP_E_STATE;
}

void copp_session_die(struct copp_session *session, enum copp_result cause) {
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

enum copp_result copp_session_check_request(struct copp_session *session, enum copp_history_kind kind, const char *name,
                                            const uint8_t *head, enum copp_result call, uint32_t hresult) {
    enum copp_result result = copp_session_check_reply(session, name, call, hresult);
    if (result != COPP_E_REFUSED)
        return result;
    result = copp_history_add(&session->history, session->omac, kind, head, hresult); /* BIND-3 */
    if (!result)
        return COPP_E_REFUSED;
    copp_session_die(session, result);
    return result;
}

/* The last certificate of a valid chain was signed by the anchor it was validated under (CERT-12). */
static bool anchored(const struct copp_chain *chain, const struct copp_public_key *anchor) {
    struct copp_certificate root = {.size = sizeof root};
    return copp_chain_valid(chain) && copp_chain_certificate(chain, copp_chain_count(chain) - 1, &root) == COPP_OK &&
           copp_public_key_equal(&root.signer, anchor);
}

static bool acceptable(const struct copp_session_config *config) {
    return config->anchor && (config->form == COPP_FORM_SWAP40 || config->form == COPP_FORM_SWAP256) &&
           (config->binding == COPP_BINDING_REQUIRED || config->binding == COPP_BINDING_OPTIONAL) &&
           (!config->known_chain || anchored(config->known_chain, config->anchor)) &&
           (!config->random || COPP_HAS_OP(config->random->ops, fill));
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
    if (copp_transport_info(transport, &info) || info.semantics != COPP_SEMANTICS_COPP)
        return COPP_E_UNSUPPORTED;
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
    copp_wipe(*session, sizeof **session);
    free(*session);
    *session = NULL;
}

/* True if the driver presents the very bytes that config.known_chain was validated from. */
static bool already_known(const struct copp_session *session, const uint8_t *chain_bytes, size_t chain_size) {
    if (!session->config.known_chain)
        return false;
    size_t known_size;
    const uint8_t *known = copp_chain_bytes(session->config.known_chain, &known_size);
    return known_size == chain_size && copp_equal(known, chain_bytes, chain_size);
}

/* SES-9: the chain, then the revocation lists. Nothing is encrypted to a leaf that has not passed here. */
static enum copp_result validate_chain(struct copp_session *session, const uint8_t *chain_bytes, size_t chain_size,
                                       struct copp_verdict *verdict) {
    const struct copp_chain *chain = session->config.known_chain;
    if (!already_known(session, chain_bytes, chain_size)) {
        enum copp_result result = copp_chain_validate_logged(chain_bytes, chain_size, session->config.anchor, session->config.log,
                                                             &session->own_chain, verdict);
        if (result)
            return result;
        chain = session->own_chain;
    }
    /* also for a known chain: a list may be newer than the acquaintance */
    enum copp_result result = copp_session_check_chain(&session->lists, chain, verdict);
    if (!result)
        session->chain = chain;
    else
        COPP_LOG(session->config.log, COPP_LOG_WARNING, "the driver's certificate chain is refused: ", verdict->detail);
    return result;
}

enum copp_result copp_session_exchange(struct copp_session *session, struct copp_verdict *verdict) {
    struct copp_verdict unwanted;
    if (!verdict)
        verdict = &unwanted;
    *verdict = (struct copp_verdict){COPP_RULE_NONE, COPP_RULE_NONE, -1, ""};
    enum copp_result result = copp_session_expect(session, SESSION_NEW);
    if (result)
        return result;
    static const uint8_t nothing[1] = {0};
    const uint8_t *chain_bytes = nothing; /* a driver without a chain has one that is not XML: CERT-1 */
    size_t chain_size = 0;
    uint32_t hresult = COPP_HR_UNEXPECTED;
    struct copp_transport *transport = session->transport;
    const struct copp_call call = copp_session_call(session);
    result = transport->ops->key_exchange(transport, &call, session->random, &chain_bytes, &chain_size, &hresult);
    result = copp_session_check_reply(session, "KeyExchange", result, hresult);
    if (!result)
        result = validate_chain(session, chain_bytes ? chain_bytes : nothing, chain_bytes ? chain_size : 0, verdict);
    if (result)
        copp_session_die(session, result);
    else
        session->state = SESSION_EXCHANGED;
    return result;
}

/* SES-4: the driver's random number comes back to it, everything else is drawn from the CSPRNG. */
static enum copp_result draw_handshake(struct copp_session *session, struct copp_handshake *handshake) {
    uint8_t secrets[COPP_KEY_SIZE + 4 + 4];
    enum copp_result result = copp_random_fill(session->config.random, secrets, sizeof secrets, session->config.log);
    if (!result) {
        struct copp_reader in = {session->random, sizeof session->random};
        (void)copp_read_bytes(&in, handshake->random, sizeof handshake->random);
        in = (struct copp_reader){secrets, sizeof secrets};
        (void)copp_read_bytes(&in, handshake->session_key, sizeof handshake->session_key);
        (void)copp_read_u32le(&in, &handshake->status_sequence);
        (void)copp_read_u32le(&in, &handshake->command_sequence);
    }
    copp_wipe(secrets, sizeof secrets);
    return result;
}

static enum copp_result send_handshake(struct copp_session *session, const struct copp_handshake *handshake) {
    struct copp_signature signature;
    enum copp_result result = copp_handshake_seal_logged(handshake, session->config.form, copp_chain_leaf_key(session->chain),
                                                         session->config.random, &signature, session->config.log); /* SES-5 */
    if (!result)
        result = copp_omac_set_key(session->omac, handshake->session_key);
    if (result)
        return result;
    uint32_t hresult = COPP_HR_UNEXPECTED;
    struct copp_transport *transport = session->transport;
    const struct copp_call call = copp_session_call(session);
    result = transport->ops->session_sequence_start(transport, &call, &signature, &hresult);
    return copp_session_check_reply(session, "SessionSequenceStart", result, hresult);
}

enum copp_result copp_session_start(struct copp_session *session) {
    enum copp_result result = copp_session_expect(session, SESSION_EXCHANGED);
    if (result)
        return result;
    struct copp_handshake handshake = {0};
    result = draw_handshake(session, &handshake);
    if (!result)
        result = send_handshake(session, &handshake);
    if (result) {
        copp_session_die(session, result);
    } else {
        session->status_sequence = handshake.status_sequence;
        session->command_sequence = handshake.command_sequence;
        session->state = SESSION_ACTIVE;
    }
    copp_handshake_wipe(&handshake);
    return result;
}

enum copp_result copp_session_establish(struct copp_session *session, struct copp_verdict *verdict) {
    enum copp_result result = copp_session_exchange(session, verdict);
    return result ? result : copp_session_start(session);
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
    session->lists = fresh;
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

/* How a session begins: the driver's chain, then the secrets (SES). */
#include "crypto/crypto.h"
#include "session/internal.h"
#include "wire/cursor.h"

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
    result = copp_session_check_reply(session, session->semantics->exchange_name, result, hresult);
    if (!result)
        result = session->semantics->validate_chain(session, chain_bytes ? chain_bytes : nothing, chain_bytes ? chain_size : 0,
                                                    verdict); /* SES-9: nothing is encrypted to a leaf that does not pass */
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
    enum copp_result result = session->semantics->seal(session, handshake, &signature);
    if (!result)
        result = copp_omac_set_key(session->omac, handshake->session_key);
    if (result)
        return result;
    uint32_t hresult = COPP_HR_UNEXPECTED;
    struct copp_transport *transport = session->transport;
    const struct copp_call call = copp_session_call(session);
    result = transport->ops->session_sequence_start(transport, &call, &signature, &hresult);
    return copp_session_check_reply(session, session->semantics->start_name, result, hresult);
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

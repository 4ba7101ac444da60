/*
 * A driver's certificate chain, as far as it can be judged without an anchor: held against its own root. Whether that root is one to trust,
 * and whether a list revokes somebody, the recording does not say.
 */
#include <string.h>

#include "state.h"

static void tell(struct judged *judged, const struct copp_verdict *verdict) {
    if (verdict->certificate >= 0)
        note(judged, DECODED_BROKEN, copp_rule_id(verdict->rule), "certificate %d of the driver's chain: %.120s",
             verdict->certificate + 1, verdict->detail);
    else
        note(judged, DECODED_BROKEN, copp_rule_id(verdict->rule), "the driver's chain: %.140s", verdict->detail);
}

/* The key of the last certificate, or of the first one that can be read: the chain does not validate then. */
static bool read_root(const struct copp_chain *chain, struct copp_public_key *root) {
    struct copp_certificate certificate = {.size = sizeof certificate};
    for (size_t i = copp_chain_count(chain); i-- > 0;) {
        if (copp_chain_certificate(chain, i, &certificate) != COPP_OK || !certificate.has_subject)
            continue;
        *root = certificate.subject;
        return true;
    }
    return false;
}

static enum copp_result hold_copp(const uint8_t *bytes, size_t size, struct copp_verdict *verdict) {
    struct copp_public_key root = *copp_anchor_microsoft(); /* some key, if the chain has none */
    struct copp_chain *chain = NULL;
    enum copp_result result = copp_chain_parse(bytes, size, &chain, verdict);
    if (result != COPP_OK)
        return result;
    (void)read_root(chain, &root);
    copp_chain_free(&chain);
    result = copp_chain_validate(bytes, size, &root, &chain, verdict);
    copp_chain_free(&chain);
    return result;
}

static bool read_opm_root(const struct copp_opm_chain *chain, struct copp_opm_anchor *root) {
    struct copp_opm_certificate certificate = {.size = sizeof certificate};
    for (size_t i = 0; i < copp_opm_chain_count(chain); i++) {
        if (copp_opm_chain_certificate(chain, i, &certificate) == COPP_OK && certificate.role == COPP_OPM_ROLE_ROOT)
            return copp_opm_anchor_read(certificate.der, certificate.der_size, root) == COPP_OK;
    }
    return false;
}

static enum copp_result hold_opm(const uint8_t *bytes, size_t size, struct copp_verdict *verdict) {
    struct copp_opm_anchor root = *copp_opm_anchor_microsoft();
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &root};
    struct copp_opm_chain *chain = NULL;
    enum copp_result result = copp_opm_chain_parse(bytes, size, NULL, &chain, verdict);
    if (result != COPP_OK)
        return result;
    root.size = sizeof root;
    (void)read_opm_root(chain, &root);
    copp_opm_chain_free(&chain);
    return copp_opm_chain_validate(bytes, size, &trust, NULL, verdict);
}

void judge_chain(const struct session_state *session, struct judged *judged) {
    struct copp_verdict verdict = {.detail = ""};
    const uint8_t *bytes = judged->fields.bytes + COPP_RANDOM_SIZE;
    size_t size = judged->fields.size - COPP_RANDOM_SIZE;
    enum copp_result result = session->opm ? hold_opm(bytes, size, &verdict) : hold_copp(bytes, size, &verdict);
    if (result == COPP_E_INVALID)
        tell(judged, &verdict);
}

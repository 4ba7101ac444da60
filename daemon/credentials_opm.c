/* OPM's chain and key (OPM-CERT). */
#include <stdlib.h>
#include <string.h>

#include "copp/x509.h"
#include "credentials.h"

enum { LEAF, ROOT, KEYS }; /* in the chain's order */

/* The anchor is the root's certificate. */
static enum copp_result copy_root(struct credentials_made *made) {
    struct copp_opm_chain *chain = NULL;
    struct copp_opm_certificate root = {.size = sizeof root};
    struct copp_verdict verdict;
    enum copp_result result = copp_opm_chain_parse((const uint8_t *)made->chain_bytes, made->chain_size, NULL, &chain, &verdict);
    if (!result)
        result = copp_opm_chain_certificate(chain, ROOT, &root);
    if (!result && !(made->anchor = malloc(root.der_size)))
        result = COPP_E_MEMORY;
    if (!result) {
        memcpy(made->anchor, root.der, root.der_size);
        made->anchor_size = root.der_size;
    }
    copp_opm_chain_free(&chain);
    return result;
}

/* With SHA-1, as the published chain: there are clients that verify no other. */
static enum copp_result issue(struct copp_private_key *const keys[KEYS], struct credentials_made *made) {
    static const char *const names[KEYS] = {"coppd test driver", "coppd test root"};
    struct copp_opm_certificate_request requests[KEYS];
    uint8_t *chain_bytes = NULL;
    enum copp_result result = COPP_OK;
    for (size_t i = 0; !result && i < KEYS; i++) {
        requests[i] = (struct copp_opm_certificate_request){.size = sizeof requests[i], .signer = keys[ROOT], .name = names[i]};
        result = keys[i]->ops->public_key(keys[i], &requests[i].key);
    }
    if (!result)
        result = copp_opm_chain_issue(requests, KEYS, COPP_OPM_HASH_SHA1, &chain_bytes, &made->chain_size);
    made->chain_bytes = (char *)chain_bytes;
    return result;
}

static enum copp_result make(struct credentials_made *made) {
    struct copp_private_key *keys[KEYS] = {NULL, NULL};
    enum copp_result result = COPP_OK;
    for (size_t i = 0; !result && i < KEYS; i++)
        result = copp_private_key_generate(2048, &keys[i]);
    if (!result)
        result = issue(keys, made);
    if (!result)
        result = copy_root(made);
    made->key = keys[LEAF];
    copp_private_key_free(&keys[ROOT]);
    return result;
}

static bool find(const struct copp_opm_chain *chain, enum copp_opm_role role, struct copp_opm_certificate *certificate) {
    for (size_t i = 0; i < copp_opm_chain_count(chain); i++) {
        if (!copp_opm_chain_certificate(chain, i, certificate) && certificate->role == role)
            return true;
    }
    return false;
}

static bool is_about(const struct copp_opm_certificate *leaf, const struct copp_public_key *key) {
    return !leaf->key_flaw && leaf->key.modulus_size == key->modulus_size && leaf->key.exponent == key->exponent &&
           memcmp(leaf->key.modulus, key->modulus, key->modulus_size) == 0;
}

/* The leaf may be any of them (OPM-CERT-2). */
static enum copp_result belongs(struct credentials *credentials, struct error_text *error) {
    struct copp_opm_chain *chain = NULL;
    struct copp_verdict verdict = {.detail = ""};
    struct copp_opm_certificate leaf = {.size = sizeof leaf};
    struct copp_public_key half;
    struct credentials_log log;
    enum copp_result result = copp_opm_chain_parse((const uint8_t *)credentials->chain_bytes, credentials->chain_size,
                                                   credentials_log_begin(&log), &chain, &verdict);
    bool same = !result && find(chain, COPP_OPM_ROLE_LEAF, &leaf) &&
                !credentials->key->ops->public_key(credentials->key, &half) && is_about(&leaf, &half);
    copp_opm_chain_free(&chain);
    if (result == COPP_E_INVALID)
        (void)error_set(error, "%s: %s (%s); copp chain show tells what the file is", credentials->name, verdict.detail,
                        copp_rule_id(verdict.rule));
    else if (result)
        (void)error_set(error, "%s: %s%s", credentials->name, copp_strerror(result), log.why);
    else if (!same)
        (void)error_set(error, "%s: its leaf is not about the configured key (OPM-CERT-2)", credentials->name);
    return result || same ? result : COPP_E_INVALID;
}

/* The root that the chain itself has stands for the players' anchor. Without one, the chain has no path: whatever anchor there is finds that. */
static enum copp_result own_anchor(const struct credentials *credentials, struct copp_opm_anchor *anchor,
                                   struct copp_verdict *verdict) {
    struct copp_opm_chain *chain = NULL;
    struct copp_opm_certificate root = {.size = sizeof root};
    enum copp_result result =
        copp_opm_chain_parse((const uint8_t *)credentials->chain_bytes, credentials->chain_size, NULL, &chain, verdict);
    if (!result && (!find(chain, COPP_OPM_ROLE_ROOT, &root) || copp_opm_anchor_read(root.der, root.der_size, anchor)))
        *anchor = *copp_opm_anchor_microsoft();
    copp_opm_chain_free(&chain);
    return result;
}

static bool check(const struct credentials *credentials, struct error_text *error) {
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    struct copp_verdict verdict = {.detail = ""};
    struct credentials_log kept;
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor, .log = credentials_log_begin(&kept)};
    enum copp_result result = own_anchor(credentials, &anchor, &verdict);
    if (!result)
        result =
            copp_opm_chain_validate((const uint8_t *)credentials->chain_bytes, credentials->chain_size, &trust, NULL, &verdict);
    if (result != COPP_E_INVALID)
        return !result || error_set(error, "%s: %s%s", credentials->name, copp_strerror(result), kept.why);
    (void)error_set(error, "%s: ", credentials->name);
    if (verdict.certificate >= 0)
        (void)fault_add(error, "certificate %d: ", verdict.certificate + 1);
    return fault_add(error, "%s (%s)", verdict.detail, copp_rule_id(verdict.rule));
}

const struct credentials_kind credentials_opm = {.hierarchy = "test-driver-opm",
                                                 .chain_name = "chain.p7b",
                                                 .anchor_name = "anchor.der",
                                                 .chain_max = COPP_OPM_CHAIN_SIZE_MAX,
                                                 .make = make,
                                                 .belongs = belongs,
                                                 .check = check};

/* OPM's chain and key (OPM-CERT). */
#include <stdlib.h>
#include <string.h>

#include "common/hierarchy_opm.h"
#include "copp/x509.h"
#include "credentials.h"

/* The anchor is the root's certificate. */
static enum copp_result copy_root(const struct opm_hierarchy *hierarchy, struct credentials_made *made) {
    made->anchor = malloc(hierarchy->root_size);
    if (!made->anchor)
        return COPP_E_MEMORY;
    memcpy(made->anchor, hierarchy->root, hierarchy->root_size);
    made->anchor_size = hierarchy->root_size;
    return COPP_OK;
}

static enum copp_result make(struct credentials_made *made) {
    static const char *const names[OPM_HIERARCHY_KEYS] = {"coppd test driver", "coppd test root"};
    struct opm_hierarchy hierarchy;
    enum copp_result result = opm_hierarchy_make(names, &hierarchy);
    if (!result)
        result = copy_root(&hierarchy, made);
    if (!result) {
        made->key = hierarchy.leaf;
        made->chain_bytes = (char *)hierarchy.chain_bytes;
        made->chain_size = hierarchy.chain_size;
        hierarchy.leaf = NULL;
        hierarchy.chain_bytes = NULL;
    }
    opm_hierarchy_free(&hierarchy);
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
        (void)error_set(error, "%s: %s (%s); run copp chain show to see what the file is", credentials->name, verdict.detail,
                        copp_rule_id(verdict.rule));
    else if (result)
        (void)error_set(error, "%s: %s%s", credentials->name, copp_strerror(result), log.why);
    else if (!same)
        (void)error_set(error, "%s: its leaf is not for the configured key (OPM-CERT-2)", credentials->name);
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

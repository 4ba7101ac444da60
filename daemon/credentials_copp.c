/* COPP's chain and key (CERT). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hierarchy.h"
#include "credentials.h"
#include "wire/base64.h"

/* The anchor is a line of base64. */
static enum copp_result write_anchor(const struct copp_public_key *root, struct credentials_made *made) {
    size_t length = copp_base64_length(root->modulus_size);
    made->anchor = malloc(length + 1);
    if (!made->anchor)
        return COPP_E_MEMORY;
    copp_base64_encode(root->modulus, root->modulus_size, made->anchor);
    made->anchor[length] = '\n';
    made->anchor_size = length + 1;
    return COPP_OK;
}

static enum copp_result make(struct credentials_made *made) {
    static const char name[] = "coppd test hierarchy";
    static const char *const names[HIERARCHY_KEYS] = {name, name, name};
    struct hierarchy hierarchy;
    enum copp_result result = hierarchy_make(names, HIERARCHY_SECURITY_LEVEL, &hierarchy);
    if (!result)
        result = write_anchor(&hierarchy.anchor, made);
    if (!result) {
        made->key = hierarchy.keys[HIERARCHY_LEAF];
        made->chain_bytes = hierarchy.chain_bytes;
        made->chain_size = hierarchy.chain_size;
        hierarchy.keys[HIERARCHY_LEAF] = NULL;
        hierarchy.chain_bytes = NULL;
    }
    hierarchy_free(&hierarchy);
    return result;
}

static void name_leaf(const struct copp_certificate *leaf, struct credentials *credentials) {
    for (size_t i = 0; i < COPP_DIGEST_SIZE; i++)
        (void)snprintf(credentials->leaf + 2 * i, 3, "%02x", leaf->digest[i]);
}

/* A chain that belongs to another key would cost every player its session. */
static enum copp_result belongs(struct credentials *credentials, struct error_text *error) {
    const char *name = credentials->name;
    struct copp_chain *chain = NULL;
    struct copp_verdict verdict;
    struct copp_certificate leaf = {.size = sizeof leaf};
    struct copp_public_key half;
    struct credentials_log log;
    enum copp_result result = copp_chain_parse_logged((const uint8_t *)credentials->chain_bytes, credentials->chain_size,
                                                      credentials_log_begin(&log), &chain, &verdict);
    bool same = !result && !copp_chain_certificate(chain, 0, &leaf) && leaf.has_subject &&
                !credentials->key->ops->public_key(credentials->key, &half) && copp_public_key_equal(&leaf.subject, &half);
    copp_chain_free(&chain);
    name_leaf(&leaf, credentials);
    if (result == COPP_E_INVALID)
        (void)error_set(error, "%s: %s (%s); run copp chain show to see what the file is", name, verdict.detail,
                        copp_rule_id(verdict.rule));
    else if (result)
        (void)error_set(error, "%s: %s%s", name, copp_strerror(result), log.why);
    else if (!same)
        (void)error_set(error, "%s: its first certificate is not for the configured key (CERT-8)", name);
    return result || same ? result : COPP_E_INVALID;
}

/* The root that the chain itself has stands for the players' anchor; without one, a rule before CERT-12 is broken. */
static enum copp_result own_anchor(const struct credentials *credentials, struct copp_log *log, struct copp_public_key *anchor,
                                   struct copp_verdict *verdict) {
    struct copp_chain *chain = NULL;
    struct copp_certificate root = {.size = sizeof root};
    enum copp_result result =
        copp_chain_parse_logged((const uint8_t *)credentials->chain_bytes, credentials->chain_size, log, &chain, verdict);
    if (!result)
        result = copp_chain_certificate(chain, copp_chain_count(chain) - 1, &root);
    if (!result)
        *anchor = root.has_signer ? root.signer : *copp_anchor_microsoft();
    copp_chain_free(&chain);
    return result;
}

static bool check(const struct credentials *credentials, struct error_text *error) {
    struct copp_public_key anchor;
    struct copp_verdict verdict = {.detail = ""};
    struct credentials_log kept;
    struct copp_log *log = credentials_log_begin(&kept);
    enum copp_result result = own_anchor(credentials, log, &anchor, &verdict);
    if (!result)
        result = copp_chain_validate_logged((const uint8_t *)credentials->chain_bytes, credentials->chain_size, &anchor, log,
                                            NULL, &verdict);
    if (result != COPP_E_INVALID)
        return !result || error_set(error, "%s: %s%s", credentials->name, copp_strerror(result), kept.why);
    (void)error_set(error, "%s: ", credentials->name);
    if (verdict.certificate >= 0)
        (void)fault_add(error, "certificate %d: ", verdict.certificate + 1);
    return fault_add(error, "%s (%s)", verdict.detail, copp_rule_id(verdict.rule));
}

const struct credentials_kind credentials_copp = {.hierarchy = "test-driver",
                                                  .chain_name = "chain.xml",
                                                  .anchor_name = "anchor.b64",
                                                  .chain_max = COPP_CHAIN_SIZE_MAX,
                                                  .make = make,
                                                  .belongs = belongs,
                                                  .check = check};

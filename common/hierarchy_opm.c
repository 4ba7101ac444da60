#include "common/hierarchy_opm.h"

/* With SHA-1, as the published chain: there are clients that verify no other. */
static enum copp_result issue(struct copp_private_key *const keys[OPM_HIERARCHY_KEYS],
                              const char *const names[OPM_HIERARCHY_KEYS], struct opm_hierarchy *hierarchy) {
    struct copp_opm_certificate_request requests[OPM_HIERARCHY_KEYS];
    enum copp_result result = COPP_OK;
    for (size_t i = 0; !result && i < OPM_HIERARCHY_KEYS; i++) {
        requests[i] = (struct copp_opm_certificate_request){
            .size = sizeof requests[i], .signer = keys[OPM_HIERARCHY_ROOT], .name = names[i]};
        result = keys[i]->ops->public_key(keys[i], &requests[i].key);
    }
    return result ? result
                  : copp_opm_chain_issue(requests, OPM_HIERARCHY_KEYS, COPP_OPM_HASH_SHA1, &hierarchy->chain_bytes,
                                         &hierarchy->chain_size);
}

/* The anchor is the root's certificate (OPM-CERT-10). */
static enum copp_result read_root(struct opm_hierarchy *hierarchy) {
    struct copp_opm_chain *chain = NULL;
    struct copp_opm_certificate root = {.size = sizeof root};
    enum copp_result result = copp_opm_chain_parse(hierarchy->chain_bytes, hierarchy->chain_size, NULL, &chain, NULL);
    if (!result)
        result = copp_opm_chain_certificate(chain, OPM_HIERARCHY_ROOT, &root);
    if (!result) {
        size_t size;
        hierarchy->root = hierarchy->chain_bytes + (root.der - copp_opm_chain_bytes(chain, &size));
        hierarchy->root_size = root.der_size;
        hierarchy->anchor.size = sizeof hierarchy->anchor;
        result = copp_opm_anchor_read(hierarchy->root, hierarchy->root_size, &hierarchy->anchor);
    }
    copp_opm_chain_free(&chain);
    return result;
}

enum copp_result opm_hierarchy_make(const char *const names[OPM_HIERARCHY_KEYS], struct opm_hierarchy *hierarchy) {
    struct copp_private_key *keys[OPM_HIERARCHY_KEYS] = {NULL, NULL};
    enum copp_result result = COPP_OK;
    *hierarchy = (struct opm_hierarchy){.leaf = NULL};
    for (size_t i = 0; !result && i < OPM_HIERARCHY_KEYS; i++)
        result = copp_private_key_generate(2048, &keys[i]); /* OPM-CERT-5 */
    if (!result)
        result = issue(keys, names, hierarchy);
    if (!result)
        result = read_root(hierarchy);
    hierarchy->leaf = keys[OPM_HIERARCHY_LEAF];
    copp_private_key_free(&keys[OPM_HIERARCHY_ROOT]);
    return result;
}

void opm_hierarchy_free(struct opm_hierarchy *hierarchy) {
    copp_private_key_free(&hierarchy->leaf);
    copp_release(hierarchy->chain_bytes, hierarchy->chain_size);
    hierarchy->chain_bytes = NULL;
}

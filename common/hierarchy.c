#include "common/hierarchy.h"

enum copp_result hierarchy_requests(struct copp_private_key *const keys[HIERARCHY_KEYS],
                                    const char *const manufacturers[HIERARCHY_KEYS], uint32_t security_level,
                                    struct copp_certificate_request requests[HIERARCHY_KEYS]) {
    enum copp_result result = COPP_OK;
    for (size_t i = 0; !result && i < HIERARCHY_KEYS; i++) {
        bool leaf = i == HIERARCHY_LEAF;
        requests[i] = (struct copp_certificate_request){
            .size = sizeof requests[i],
            .signer = keys[leaf ? HIERARCHY_IHV : HIERARCHY_ROOT],
            .encrypt_key = leaf, /* CERT-8 */
            .copp_certificate = leaf,
            .sign_certificate = !leaf, /* CERT-9 */
            .security_level = security_level,
            .manufacturer = manufacturers[i],
        };
        result = keys[i]->ops->public_key(keys[i], &requests[i].subject);
    }
    return result;
}

enum copp_result hierarchy_make(const char *const manufacturers[HIERARCHY_KEYS], uint32_t security_level,
                                struct hierarchy *hierarchy) {
    static const unsigned bits[HIERARCHY_KEYS] = {2048, 2048, 1024}; /* CERT-6 */
    struct copp_certificate_request requests[HIERARCHY_KEYS];
    enum copp_result result = COPP_OK;
    *hierarchy = (struct hierarchy){.chain_bytes = NULL};
    for (size_t i = 0; !result && i < HIERARCHY_KEYS; i++)
        result = copp_private_key_generate(bits[i], &hierarchy->keys[i]);
    if (!result)
        result = hierarchy_requests(hierarchy->keys, manufacturers, security_level, requests);
    if (!result)
        result = copp_chain_issue(requests, HIERARCHY_KEYS, &hierarchy->chain_bytes, &hierarchy->chain_size);
    if (!result)
        hierarchy->anchor = requests[HIERARCHY_ROOT].subject;
    return result;
}

void hierarchy_free(struct hierarchy *hierarchy) {
    for (size_t i = 0; i < HIERARCHY_KEYS; i++)
        copp_private_key_free(&hierarchy->keys[i]);
    copp_release(hierarchy->chain_bytes, hierarchy->chain_size);
    hierarchy->chain_bytes = NULL;
}

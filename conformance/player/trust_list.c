/* Lists of what is revoked, as a player finds them in its state directory. */
#include <string.h>

#include "trust.h"

/* HDCP's published test message, under its facsimile key: it names 511ef21acd and e72697f401. */
static const uint8_t facsimile[] = {0x80, 0x00, 0x00, 0x05, 0x01, 0x00, 0x00, 0x36, 0x02, 0x51, 0x1e, 0xf2, 0x1a, 0xcd, 0xe7,
                                    0x26, 0x97, 0xf4, 0x01, 0x97, 0x10, 0x19, 0x92, 0x53, 0xe9, 0xf0, 0x59, 0x95, 0xa3, 0x7a,
                                    0x3b, 0xfe, 0xe0, 0x9c, 0x76, 0xdd, 0x83, 0xaa, 0xc2, 0x5b, 0x24, 0xb3, 0x36, 0x84, 0x94,
                                    0x75, 0x34, 0xdb, 0x10, 0x9e, 0x3b, 0x23, 0x13, 0xd8, 0x7a, 0xc2, 0x30, 0x79, 0x84};

/* The digest of the good chain's certificate. */
static enum copp_result digest_of(const struct player_trust *trust, size_t index, uint8_t digest[COPP_DIGEST_SIZE]) {
    struct trust_bytes bytes;
    struct copp_chain *chain = NULL;
    struct copp_certificate certificate = {.size = sizeof certificate};
    struct copp_verdict verdict;
    enum copp_result result = trust_chain(trust, COPP_SEMANTICS_COPP, CHAIN_GOOD, &bytes);
    if (result == COPP_OK)
        result = copp_chain_parse(bytes.bytes, bytes.size, &chain, &verdict);
    if (result == COPP_OK)
        result = copp_chain_certificate(chain, index, &certificate);
    if (result == COPP_OK)
        memcpy(digest, certificate.digest, COPP_DIGEST_SIZE);
    copp_chain_free(&chain);
    trust_bytes_free(&bytes);
    return result;
}

static enum copp_result issue(const struct player_trust *trust, enum plan_list kind, struct trust_bytes *list) {
    enum trust_key root = kind == LIST_OTHER_ROOT ? TRUST_OTHER_ROOT : TRUST_ROOT;
    const struct copp_certificate_request signer = {.size = sizeof signer,
                                                    .subject = trust->public_keys[TRUST_LIST],
                                                    .signer = trust->keys[root],
                                                    .sign_crl = true,
                                                    .manufacturer = "copp test player"};
    uint8_t digest[COPP_DIGEST_SIZE] = {0}; /* somebody else's */
    uint8_t *bytes;
    size_t size;
    enum copp_result result = COPP_OK;
    if (kind == LIST_LEAF || kind == LIST_IHV)
        result = digest_of(trust, kind == LIST_LEAF ? 0 : 1, digest);
    if (result == COPP_OK)
        result = copp_revocation_issue(1, digest, 1, &signer, 1, trust->keys[TRUST_LIST], &bytes, &size);
    if (result != COPP_OK)
        return result;
    result = trust_copy(bytes, size, list);
    copp_release(bytes, size);
    return result;
}

enum copp_result trust_list(const struct player_trust *trust, enum plan_list kind, struct trust_bytes *list) {
    *list = (struct trust_bytes){.bytes = NULL};
    if (kind == LIST_NONE)
        return COPP_OK;
    enum copp_result result = kind >= LIST_SRM ? trust_copy(facsimile, sizeof facsimile, list) : issue(trust, kind, list);
    if (result != COPP_OK)
        return result;
    if (kind == LIST_TRUNCATED || kind == LIST_SRM_TRUNCATED)
        list->size -= 5;
    if (kind == LIST_SIGNATURE || kind == LIST_SRM_SIGNATURE)
        list->bytes[list->size - 4] ^= 0x20u;
    return COPP_OK;
}

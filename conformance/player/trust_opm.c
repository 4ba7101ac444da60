/* OPM's chains: X.509. Those that cannot be issued are put together of certificates, one after the other (OPM-CERT-1). */
#include <stdlib.h>
#include <string.h>

#include "trust.h"

#define PARTS 4u

struct parts {
    struct trust_bytes certificates[PARTS];
    size_t count;
};

static void parts_free(struct parts *parts) {
    for (size_t i = 0; i < parts->count; i++)
        trust_bytes_free(&parts->certificates[i]);
    parts->count = 0;
}

static struct copp_opm_certificate_request request_of(const struct player_trust *trust, enum trust_key key, enum trust_key signer,
                                                      const char *name) {
    return (struct copp_opm_certificate_request){.size = sizeof(struct copp_opm_certificate_request),
                                                 .key = trust->public_keys[key],
                                                 .signer = trust->keys[signer],
                                                 .name = name};
}

/* The certificates of a chain as it is issued: leaf, CA, root. */
static enum copp_result issue(const struct player_trust *trust, enum plan_chain kind, struct trust_bytes *chain) {
    struct copp_opm_certificate_request r[3] = {request_of(trust, TRUST_OPM_LEAF, TRUST_IHV, "copp test player's driver"),
                                                request_of(trust, TRUST_IHV, TRUST_OPM_ROOT, "copp test player's vendor"),
                                                request_of(trust, TRUST_OPM_ROOT, TRUST_OPM_ROOT, "copp test player's root")};
    uint8_t *bytes;
    size_t size;
    if (kind == CHAIN_OPM_LEAF_1024)
        r[0].key = trust->public_keys[TRUST_SMALL];
    if (kind == CHAIN_OPM_PURPOSE_CRL)
        r[0].purpose = "1.3.6.1.4.1.311.10.5.4";
    if (kind == CHAIN_OPM_PURPOSE_PE)
        r[0].purpose = "1.3.6.1.4.1.311.10.5.7";
    if (kind == CHAIN_OPM_OTHER_ROOT) { /* of the same name */
        r[1].signer = trust->keys[TRUST_OTHER];
        r[2].signer = trust->keys[TRUST_OTHER];
        r[2].key = trust->public_keys[TRUST_OTHER];
    }
    if (kind == CHAIN_OPM_TWO_LEAVES)
        r[0].name = "copp test player's other driver";
    enum copp_result result = copp_opm_chain_issue(r, 3, COPP_OPM_HASH_SHA256, &bytes, &size);
    if (result != COPP_OK)
        return result;
    result = trust_copy(bytes, size, chain);
    copp_release(bytes, size);
    return result;
}

static enum copp_result take_apart(const struct trust_bytes *chain, struct parts *parts) {
    struct copp_opm_chain *parsed = NULL;
    struct copp_verdict verdict;
    enum copp_result result = copp_opm_chain_parse(chain->bytes, chain->size, NULL, &parsed, &verdict);
    for (size_t i = 0; result == COPP_OK && i < copp_opm_chain_count(parsed) && i < PARTS; i++) {
        struct copp_opm_certificate certificate = {.size = sizeof certificate};
        result = copp_opm_chain_certificate(parsed, i, &certificate);
        if (result == COPP_OK)
            result = trust_copy(certificate.der, certificate.der_size, &parts->certificates[i]);
        if (result == COPP_OK)
            parts->count++;
    }
    copp_opm_chain_free(&parsed);
    return result;
}

static enum copp_result issue_parts(const struct player_trust *trust, enum plan_chain kind, struct parts *parts) {
    struct trust_bytes chain = {.bytes = NULL};
    *parts = (struct parts){.count = 0};
    enum copp_result result = issue(trust, kind, &chain);
    if (result == COPP_OK)
        result = take_apart(&chain, parts);
    trust_bytes_free(&chain);
    return result == COPP_OK && parts->count != 3 ? COPP_E_INVALID : result;
}

static enum copp_result join(const struct trust_bytes *const *certificates, size_t count, struct trust_bytes *chain) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += certificates[i]->size;
    chain->bytes = malloc(size + 1);
    if (chain->bytes == NULL)
        return COPP_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        memcpy(chain->bytes + chain->size, certificates[i]->bytes, certificates[i]->size);
        chain->size += certificates[i]->size;
    }
    return COPP_OK;
}

/* A signature is the last thing in its certificate. */
static void change_signature(struct trust_bytes *certificate) {
    certificate->bytes[certificate->size - 100] ^= 0x40u;
}

/* SHA-384 in place of SHA-256, in what is not signed: behind the signed part (OPM-CERT-6). */
static void change_algorithm(struct trust_bytes *certificate) {
    static const uint8_t sha256[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b};
    for (size_t at = certificate->size - sizeof sha256; at > 0; at--) {
        if (memcmp(certificate->bytes + at, sha256, sizeof sha256) != 0)
            continue;
        certificate->bytes[at + sizeof sha256 - 1] = 0x0c;
        return;
    }
}

static enum copp_result put_together(const struct player_trust *trust, enum plan_chain kind, struct trust_bytes *chain) {
    struct parts parts, others = {.count = 0};
    enum copp_result result = issue_parts(trust, CHAIN_GOOD, &parts);
    if (result == COPP_OK && kind == CHAIN_OPM_TWO_LEAVES)
        result = issue_parts(trust, kind, &others);
    const struct trust_bytes *leaf = &parts.certificates[0], *ca = &parts.certificates[1], *root = &parts.certificates[2];
    const struct trust_bytes *order[PARTS] = {leaf, ca, root, NULL};
    size_t count = 3;
    switch (kind) {
    case CHAIN_OPM_ONE:
        count = 1;
        break;
    case CHAIN_OPM_SAME_SUBJECT:
        order[count++] = root;
        break;
    case CHAIN_OPM_TWO_LEAVES:
        order[count++] = &others.certificates[0];
        break;
    case CHAIN_OPM_NO_ROOT:
        count = 2;
        break;
    case CHAIN_OPM_CUT: /* a vendor's CA, cut out of a driver's chain, as a driver (OPM-CERT-4) */
        order[0] = ca;
        order[1] = root;
        count = 2;
        break;
    default:
        break;
    }
    if (result == COPP_OK && kind == CHAIN_OPM_LEAF_SIGNATURE)
        change_signature(&parts.certificates[0]);
    if (result == COPP_OK && kind == CHAIN_OPM_TWO_HASHES)
        change_algorithm(&parts.certificates[0]);
    if (result == COPP_OK && kind == CHAIN_OPM_CA_SIGNATURE)
        change_signature(&parts.certificates[1]);
    if (result == COPP_OK)
        result = join(order, count, chain);
    parts_free(&parts);
    parts_free(&others);
    return result;
}

enum copp_result trust_root_opm(const struct player_trust *trust, struct trust_bytes *root) {
    struct parts parts;
    enum copp_result result = issue_parts(trust, CHAIN_GOOD, &parts);
    if (result == COPP_OK)
        result = trust_copy(parts.certificates[2].bytes, parts.certificates[2].size, root);
    parts_free(&parts);
    return result;
}

enum copp_result trust_chain_opm(const struct player_trust *trust, enum plan_chain kind, struct trust_bytes *chain) {
    enum copp_result result;
    switch (kind) {
    case CHAIN_OPM_ONE:
    case CHAIN_OPM_SAME_SUBJECT:
    case CHAIN_OPM_TWO_LEAVES:
    case CHAIN_OPM_NO_ROOT:
    case CHAIN_OPM_CUT:
    case CHAIN_OPM_LEAF_SIGNATURE:
    case CHAIN_OPM_CA_SIGNATURE:
    case CHAIN_OPM_TWO_HASHES:
        result = put_together(trust, kind, chain);
        break;
    default:
        result = issue(trust, kind, chain);
    }
    if (result != COPP_OK) {
        trust_bytes_free(chain);
        return result;
    }
    if (kind == CHAIN_OPM_TRUNCATED)
        chain->size -= 10;
    if (kind == CHAIN_OPM_TRAILING)
        chain->size++; /* the NUL behind it */
    return COPP_OK;
}

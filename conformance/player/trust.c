#include "trust.h"

#include <stdlib.h>
#include <string.h>

#define SECURITY_LEVEL 150u
#define MANUFACTURER "copp test player"

enum copp_result trust_make(struct player_trust *trust) {
    static const unsigned bits[TRUST_KEYS] = {
        [TRUST_LEAF] = 2048, [TRUST_IHV] = 2048,        [TRUST_OTHER] = 2048, [TRUST_OPM_LEAF] = 2048, [TRUST_OPM_ROOT] = 2048,
        [TRUST_ROOT] = 1024, [TRUST_OTHER_ROOT] = 1024, [TRUST_SMALL] = 1024, [TRUST_LIST] = 1024};
    struct trust_bytes root = {.bytes = NULL};
    enum copp_result result = COPP_OK;
    *trust = (struct player_trust){.anchor = NULL};
    for (size_t i = 0; result == COPP_OK && i < TRUST_KEYS; i++) {
        result = copp_private_key_generate(bits[i], &trust->keys[i]);
        if (result == COPP_OK)
            result = trust->keys[i]->ops->public_key(trust->keys[i], &trust->public_keys[i]);
    }
    if (result == COPP_OK)
        result = copp_public_key_to_pem(&trust->public_keys[TRUST_ROOT], &trust->anchor, &trust->anchor_size);
    if (result == COPP_OK)
        result = trust_root_opm(trust, &root);
    trust->opm_anchor = root.bytes;
    trust->opm_anchor_size = root.size;
    return result;
}

void trust_free(struct player_trust *trust) {
    for (size_t i = 0; i < TRUST_KEYS; i++)
        copp_private_key_free(&trust->keys[i]);
    copp_release(trust->anchor, trust->anchor_size);
    free(trust->opm_anchor);
    *trust = (struct player_trust){.anchor = NULL};
}

/* --- issuing --- */

static struct copp_certificate_request request_of(const struct player_trust *trust, enum trust_key subject,
                                                  enum trust_key signer) {
    const bool leaf = subject == TRUST_LEAF || subject == TRUST_SMALL;
    return (struct copp_certificate_request){.size = sizeof(struct copp_certificate_request),
                                             .subject = trust->public_keys[subject],
                                             .signer = trust->keys[signer],
                                             .encrypt_key = leaf,
                                             .copp_certificate = leaf,
                                             .sign_certificate = !leaf,
                                             .security_level = SECURITY_LEVEL,
                                             .manufacturer = MANUFACTURER};
}

static enum copp_result issue(const struct copp_certificate_request *requests, size_t count, struct trust_bytes *chain) {
    char *xml;
    size_t size;
    enum copp_result result = copp_chain_issue(requests, count, &xml, &size);
    if (result != COPP_OK)
        return result;
    result = trust_copy(xml, size, chain);
    copp_release(xml, size);
    return result;
}

/* What is wrong with some chains is wrong in what is signed. */
static enum copp_result issue_kind(const struct player_trust *trust, enum plan_chain kind, struct trust_bytes *chain) {
    struct copp_certificate_request r[4] = {request_of(trust, TRUST_LEAF, TRUST_IHV),
                                            request_of(trust, TRUST_IHV, TRUST_ROOT),
                                            request_of(trust, TRUST_ROOT, TRUST_ROOT),
                                            {.size = 0}};
    size_t count = 3;
    switch (kind) {
    case CHAIN_TWO:
        r[0] = request_of(trust, TRUST_LEAF, TRUST_ROOT);
        r[1] = r[2];
        count = 2;
        break;
    case CHAIN_FOUR:
        r[1] = request_of(trust, TRUST_IHV, TRUST_OTHER);
        r[3] = r[2];
        r[2] = request_of(trust, TRUST_OTHER, TRUST_ROOT);
        count = 4;
        break;
    case CHAIN_LEAF_1024:
        r[0] = request_of(trust, TRUST_SMALL, TRUST_IHV);
        break;
    case CHAIN_EXPONENT:
        r[0].subject.exponent = 1;
        break;
    case CHAIN_NO_ENCRYPT_KEY:
        r[0].encrypt_key = false;
        break;
    case CHAIN_NO_FEATURE:
        r[0].copp_certificate = false;
        break;
    case CHAIN_IHV_MAY_NOT_SIGN:
        r[1].sign_certificate = false;
        break;
    case CHAIN_OTHER_SIGNER:
    case CHAIN_FORGED_KEYINFO:
        r[0].signer = trust->keys[TRUST_OTHER];
        break;
    case CHAIN_OTHER_ROOT:
        r[1].signer = trust->keys[TRUST_OTHER_ROOT];
        r[2] = request_of(trust, TRUST_OTHER_ROOT, TRUST_OTHER_ROOT);
        break;
    default:
        break;
    }
    return issue(r, count, chain);
}

/* --- changing what has been issued --- */

/* Puts text in the place of cut bytes at the offset. */
static enum copp_result splice(struct trust_bytes *chain, size_t at, size_t cut, const char *text, size_t size) {
    uint8_t *bytes = malloc(chain->size - cut + size + 1);
    if (bytes == NULL)
        return COPP_E_MEMORY;
    memcpy(bytes, chain->bytes, at);
    if (size > 0)
        memcpy(bytes + at, text, size);
    memcpy(bytes + at + size, chain->bytes + at + cut, chain->size - at - cut);
    free(chain->bytes);
    chain->bytes = bytes;
    chain->size = chain->size - cut + size;
    chain->bytes[chain->size] = 0;
    return COPP_OK;
}

/* Where text stands for the number-th time, from 1 on; NULL: it does not. */
static char *find(const struct trust_bytes *chain, const char *text, unsigned number) {
    char *at = (char *)chain->bytes;
    while ((at = strstr(at, text)) != NULL && --number > 0)
        at++;
    return at;
}

static size_t offset_of(const struct trust_bytes *chain, const char *at) {
    return (size_t)(at - (const char *)chain->bytes);
}

/* One place alone: COPP_E_NOT_FOUND without it. */
static enum copp_result replace(struct trust_bytes *chain, const char *text, const char *by) {
    const char *at = find(chain, text, 1);
    return at != NULL ? splice(chain, offset_of(chain, at), strlen(text), by, strlen(by)) : COPP_E_NOT_FOUND;
}

/* Ahead of the document's element. */
static enum copp_result put_ahead(struct trust_bytes *chain, const char *text) {
    const char *end = strncmp((const char *)chain->bytes, "<?xml", 5) == 0 ? strstr((const char *)chain->bytes, "?>") : NULL;
    return splice(chain, end != NULL ? offset_of(chain, end + 2) : 0, 0, text, strlen(text));
}

/* Another base64 character inside of the number-th element of that name. */
static enum copp_result change_value(struct trust_bytes *chain, const char *tag, unsigned number) {
    char *at = find(chain, tag, number);
    if (at == NULL)
        return COPP_E_NOT_FOUND;
    at += strlen(tag) + 8; /* not in the last character, some of whose bits mean nothing */
    *at = *at == 'A' ? 'B' : 'A';
    return COPP_OK;
}

/* The leaf's, from its tag on. */
static enum copp_result key_info(const struct trust_bytes *chain, const char **at, size_t *size) {
    const char *end = find(chain, "</KeyInfo>", 1);
    *at = find(chain, "<KeyInfo>", 1);
    if (*at == NULL || end == NULL)
        return COPP_E_NOT_FOUND;
    *size = (size_t)(end - *at) + strlen("</KeyInfo>");
    return COPP_OK;
}

static enum copp_result double_key_info(struct trust_bytes *chain) {
    struct trust_bytes copy = {.bytes = NULL};
    const char *at;
    size_t size;
    enum copp_result result = key_info(chain, &at, &size);
    if (result == COPP_OK)
        result = trust_copy(at, size, &copy);
    if (result == COPP_OK)
        result = splice(chain, offset_of(chain, at), 0, (const char *)copy.bytes, size);
    trust_bytes_free(&copy);
    return result;
}

/* The leaf says that the IHV has signed it, and somebody else has. */
static enum copp_result forge_key_info(const struct player_trust *trust, struct trust_bytes *chain) {
    struct trust_bytes good = {.bytes = NULL};
    const char *own, *wanted;
    size_t own_size, wanted_size;
    enum copp_result result = issue_kind(trust, CHAIN_GOOD, &good);
    if (result == COPP_OK)
        result = key_info(&good, &wanted, &wanted_size);
    if (result == COPP_OK)
        result = key_info(chain, &own, &own_size);
    if (result == COPP_OK)
        result = splice(chain, offset_of(chain, own), own_size, wanted, wanted_size);
    trust_bytes_free(&good);
    return result;
}

static enum copp_result rename_signed_info(struct trust_bytes *chain) {
    enum copp_result result = replace(chain, "<SignedInfo>", "<UnsignedInfo>");
    return result == COPP_OK ? replace(chain, "</SignedInfo>", "</UnsignedInfo>") : result;
}

static const char latin1[] = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";

static enum copp_result change(const struct player_trust *trust, enum plan_chain kind, struct trust_bytes *chain) {
    switch (kind) {
    case CHAIN_EMPTY:
        chain->size = 0;
        return COPP_OK;
    case CHAIN_TRUNCATED:
        chain->size -= 20;
        return COPP_OK;
    case CHAIN_DOCTYPE:
        return put_ahead(chain, "<!DOCTYPE c [<!ENTITY e \"\">]>");
    case CHAIN_NOT_UTF8:
        return put_ahead(chain, "<!-- \xE9 -->");
    case CHAIN_ENCODING:
        return splice(chain, 0, 0, latin1, strlen(latin1));
    case CHAIN_VERSION:
        return replace(chain, "c:Version=\"2.0\"", "c:Version=\"1.9\"");
    case CHAIN_TWO_KEYINFO:
        return double_key_info(chain);
    case CHAIN_DIGEST:
        return change_value(chain, "<DigestValue>", 1);
    case CHAIN_LEAF_SIGNATURE:
        return change_value(chain, "<SignatureValue>", 1);
    case CHAIN_IHV_SIGNATURE:
        return change_value(chain, "<SignatureValue>", 2);
    case CHAIN_ROOT_SIGNATURE:
        return change_value(chain, "<SignatureValue>", 3);
    case CHAIN_FORGED_KEYINFO:
        return forge_key_info(trust, chain);
    case CHAIN_MISSING:
        return rename_signed_info(chain);
    default:
        return COPP_OK;
    }
}

enum copp_result trust_chain(const struct player_trust *trust, enum copp_semantics semantics, enum plan_chain kind,
                             struct trust_bytes *chain) {
    bool opm = (semantics == COPP_SEMANTICS_OPM) != (kind == CHAIN_OF_OTHER_KIND); /* OPM-CERT-11 */
    *chain = (struct trust_bytes){.bytes = NULL};
    if (opm)
        return trust_chain_opm(trust, kind, chain);
    enum copp_result result = issue_kind(trust, kind, chain);
    if (result == COPP_OK)
        result = change(trust, kind, chain);
    if (result != COPP_OK)
        trust_bytes_free(chain);
    return result;
}

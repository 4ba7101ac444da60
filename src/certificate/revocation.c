#include "certificate/revocation.h"

#include <stdlib.h>
#include <string.h>

#include "certificate/chain.h"
#include "crypto/crypto.h"
#include "wire/base64.h"
#include "wire/cursor.h"

static enum copp_result read_layout(struct copp_revocation_list *list, struct copp_verdict *verdict) { /* CRL-5 */
    struct copp_reader in = {list->storage, list->size};
    bool whole = copp_read_u32be(&in, &list->version) && copp_read_u32be(&in, &list->count) &&
                 list->count <= COPP_REVOCATION_SIZE_MAX / COPP_DIGEST_SIZE &&
                 copp_read_view(&in, &list->digests, (size_t)list->count * COPP_DIGEST_SIZE);
    if (!whole)
        return copp_verdict_refuse(verdict, COPP_RULE_CRL_5, -1, "it is shorter than its count of entries says");
    if (!copp_read_u32be(&in, &list->certificates_size) || !copp_read_view(&in, &list->certificates, list->certificates_size))
        return copp_verdict_refuse(verdict, COPP_RULE_CRL_5, -1, "it is shorter than its length of certificates says");
    list->signed_size = list->size - in.left;
    if (!copp_read_u8(&in, &list->signature_type) || !copp_read_u16be(&in, &list->signature_size) ||
        !copp_read_view(&in, &list->signature, list->signature_size))
        return copp_verdict_refuse(verdict, COPP_RULE_CRL_5, -1, "it is shorter than its length of signature says");
    if (in.left)
        return copp_verdict_refuse(verdict, COPP_RULE_CRL_5, -1, "bytes follow its signature");
    if (list->signature_type == COPP_REVOCATION_SIGNATURE_TYPE && list->signature_size != COPP_REVOCATION_SIGNATURE_SIZE)
        return copp_verdict_refuse(verdict, COPP_RULE_CRL_5, -1, "its signature is not 128 bytes long (RSA-1024)");
    return COPP_OK;
}

/*
 * Base64 as files carry it: UTF-16 and a NUL at its end are how Windows hands the DRM property over. Text and binary cannot
 * be mistaken for one another: a count that a list can have begins with a NUL and a byte below 4, a base64 text never has
 * the two side by side.
 */
static bool decode_text(const uint8_t *bytes, size_t size, struct copp_revocation_list *list) {
    char *text = (char *)list->storage; /* decoded in place: four characters make three bytes */
    size_t length = copp_text_plain(bytes, size, text);
    return length && copp_base64_decode(text, length, list->storage, &list->size);
}

static enum copp_result read_list(const uint8_t *bytes, size_t size, struct copp_revocation_list **list,
                                  struct copp_verdict *verdict) {
    *list = NULL;
    copp_verdict_clear(verdict);
    if (!bytes)
        return COPP_E_ARGUMENT;
    if (size > COPP_REVOCATION_TEXT_MAX)
        return COPP_E_TOO_LARGE;
    struct copp_revocation_list *made = malloc(sizeof *made + size);
    if (!made)
        return COPP_E_MEMORY;
    *made = (struct copp_revocation_list){.size = size};
    if (size && !decode_text(bytes, size, made)) {
        memcpy(made->storage, bytes, size);
        made->size = size;
    }
    enum copp_result result = made->size > COPP_REVOCATION_SIZE_MAX ? COPP_E_TOO_LARGE : read_layout(made, verdict);
    if (result) {
        copp_revocation_free(&made);
        return result;
    }
    *list = made;
    return COPP_OK;
}

static enum copp_result check_signs_lists(struct copp_checker *checker) {
    if (!checker->chain->records[0].sign_crl)
        return copp_verdict_refuse(checker->verdict, COPP_RULE_CRL_1, 0, "KeyUsage/SignCRL is missing or not 1");
    return COPP_OK;
}

/* What CRL-1 asks of the signer's certificate, the first, and of a root certificate behind it. */
static enum copp_result check_certificate(struct copp_checker *checker, size_t index) {
    enum copp_result result = copp_check_unique(checker, index);
    if (!result)
        result = copp_check_moduli(checker, index, COPP_MODULUS_MIN, index == 0 ? COPP_MODULUS_MIN : COPP_MODULUS_MAX);
    if (!result)
        result = copp_check_exponents(checker, index);
    if (!result)
        result = index == 0 ? check_signs_lists(checker) : copp_check_link(checker, index);
    if (!result)
        result = copp_check_digest(checker, index);
    if (!result)
        result = copp_check_signature(checker, index);
    return result;
}

static enum copp_result check_collection(const struct copp_chain *chain, const struct copp_public_key *anchor,
                                         struct copp_verdict *verdict, struct copp_log *log) {
    struct copp_checker checker = {.chain = chain, .verdict = verdict, .log = log};
    enum copp_result result = copp_check_version(&checker);
    if (!result && (chain->seen != chain->count || chain->count < 1 || chain->count > 2))
        result = copp_verdict_refuse(verdict, COPP_RULE_CRL_1, -1, "its collection holds neither one nor two certificates");
    for (size_t i = 0; !result && i < chain->count; i++)
        result = check_certificate(&checker, i);
    if (!result)
        result = copp_check_anchor(&checker, 0, anchor); /* directly signed */
    copp_checker_end(&checker);
    return result;
}

/* CRL-2 */
static enum copp_result check_signature(const struct copp_revocation_list *list, const struct copp_public_key *signer,
                                        struct copp_verdict *verdict, struct copp_log *log) {
    if (list->signature_type != COPP_REVOCATION_SIGNATURE_TYPE)
        return copp_verdict_refuse(verdict, COPP_RULE_CRL_2, -1, "its signature's type is not 2, SHA-1 with RSA-1024");
    uint8_t digest[COPP_SHA1_SIZE];
    struct copp_verifier *verifier = NULL;
    enum copp_result result = copp_sha1(list->storage, list->signed_size, digest, log);
    if (!result)
        result = copp_verifier_new(signer, &verifier, log);
    if (!result)
        result = copp_verifier_check(verifier, digest, list->signature, list->signature_size);
    copp_verifier_free(&verifier);
    if (result == COPP_E_INVALID || result == COPP_E_KEY)
        return copp_verdict_refuse(verdict, COPP_RULE_CRL_2, -1, "its signature does not verify");
    return result;
}

static enum copp_result check_list(const struct copp_revocation_list *list, const struct copp_public_key *anchor,
                                   struct copp_verdict *verdict, struct copp_log *log) {
    struct copp_chain *chain = NULL;
    if (list->certificates_size > COPP_CHAIN_SIZE_MAX)
        return copp_verdict_refuse(verdict, COPP_RULE_CRL_5, -1, "its certificates have more than 65536 bytes");
    enum copp_result result = copp_chain_read(list->certificates, list->certificates_size, &chain, verdict, log);
    if (!result)
        result = check_collection(chain, anchor, verdict, log);
    if (result == COPP_E_INVALID && verdict->rule != COPP_RULE_CRL_1) { /* a rule that CRL-1 borrows */
        verdict->because = verdict->rule;
        verdict->rule = COPP_RULE_CRL_1;
    }
    if (!result)
        result = check_signature(list, &chain->records[0].subject, verdict, log);
    copp_chain_free(&chain);
    return result;
}

enum copp_result copp_revocation_validate(const uint8_t *bytes, size_t size, const struct copp_public_key *anchor,
                                          struct copp_revocation_list **list, struct copp_verdict *verdict) {
    return copp_revocation_validate_logged(bytes, size, anchor, NULL, list, verdict);
}

enum copp_result copp_revocation_validate_logged(const uint8_t *bytes, size_t size, const struct copp_public_key *anchor,
                                                 struct copp_log *log, struct copp_revocation_list **list,
                                                 struct copp_verdict *verdict) {
    struct copp_verdict unused;
    struct copp_revocation_list *read = NULL;
    if (!verdict)
        verdict = &unused;
    if (list)
        *list = NULL;
    copp_verdict_clear(verdict);
    if (!anchor)
        return COPP_E_ARGUMENT;
    enum copp_result result = read_list(bytes, size, &read, verdict);
    if (!result)
        result = check_list(read, anchor, verdict, log);
    if (result == COPP_E_INVALID)
        copp_verdict_log(verdict, "a revocation list", log);
    if (result || !list) {
        copp_revocation_free(&read);
        return result;
    }
    read->valid = true;
    *list = read;
    return COPP_OK;
}

enum copp_result copp_revocation_parse(const uint8_t *bytes, size_t size, struct copp_revocation_list **list,
                                       struct copp_verdict *verdict) {
    struct copp_verdict unused;
    return list ? read_list(bytes, size, list, verdict ? verdict : &unused) : COPP_E_ARGUMENT;
}

void copp_revocation_free(struct copp_revocation_list **list) {
    if (!list)
        return;
    free(*list);
    *list = NULL;
}

bool copp_revocation_valid(const struct copp_revocation_list *list) {
    return list && list->valid;
}

uint32_t copp_revocation_version(const struct copp_revocation_list *list) {
    return list ? list->version : 0;
}

size_t copp_revocation_count(const struct copp_revocation_list *list) {
    return list ? list->count : 0;
}

const uint8_t *copp_revocation_digest(const struct copp_revocation_list *list, size_t index) {
    return list && index < list->count ? &list->digests[index * COPP_DIGEST_SIZE] : NULL;
}

const uint8_t *copp_revocation_certificates(const struct copp_revocation_list *list, size_t *size) {
    if (size)
        *size = list ? list->certificates_size : 0;
    return list ? list->certificates : NULL;
}

static bool is_listed(const struct copp_revocation_list *list, const uint8_t *digest) {
    for (size_t i = 0; i < list->count; i++) {
        if (copp_equal(copp_revocation_digest(list, i), digest, COPP_DIGEST_SIZE))
            return true;
    }
    return false;
}

enum copp_result copp_revocation_check(const struct copp_revocation_list *list, const struct copp_chain *chain,
                                       struct copp_verdict *verdict) {
    struct copp_verdict unused;
    if (!verdict)
        verdict = &unused;
    copp_verdict_clear(verdict);
    if (!copp_revocation_valid(list) || !copp_chain_valid(chain))
        return COPP_E_ARGUMENT;
    for (size_t i = chain->count; i-- > 0;) { /* CRL-4: what is below a revoked certificate is revoked with it */
        if (is_listed(list, chain->records[i].digest_value)) {
            (void)copp_verdict_refuse(verdict, COPP_RULE_CRL_4, (int)i, "its DigestValue is on the revocation list");
            return COPP_E_REVOKED;
        }
    }
    return COPP_OK;
}

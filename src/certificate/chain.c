#include "certificate/chain.h"

#include <stdlib.h>
#include <string.h>

#include "common/sized.h"
#include "crypto/crypto.h"

#define CERTIFICATES 3u /* CERT-4: leaf, IHV signer, root */

static struct copp_chain *chain_new(const uint8_t *chain_bytes, size_t chain_size) {
    struct copp_chain *chain = malloc(sizeof *chain + 2 * chain_size + 1);
    if (!chain)
        return NULL;
    chain->chain_size = chain_size;
    chain->valid = false;
    chain->version = COPP_COLLECTION_MISSING;
    chain->seen = 0;
    chain->count = 0;
    if (chain_size)
        memcpy(chain->chain_bytes, chain_bytes, chain_size);
    return chain;
}

enum copp_result copp_chain_read(const uint8_t *chain_bytes, size_t chain_size, struct copp_chain **chain,
                                 struct copp_verdict *verdict, struct copp_log *log) {
    *chain = NULL;
    copp_verdict_clear(verdict);
    if (chain_size > COPP_CHAIN_SIZE_MAX)
        return COPP_E_TOO_LARGE;
    struct copp_chain *made = chain_new(chain_bytes, chain_size);
    if (!made)
        return COPP_E_MEMORY;
    enum copp_result result = copp_records_read(made, (char *)&made->chain_bytes[chain_size], verdict);
    for (uint32_t i = 0; !result && i < made->count; i++)
        result = copp_record_decode(&made->records[i], log);
    if (result) {
        copp_chain_free(&made);
        return result;
    }
    *chain = made;
    return COPP_OK;
}

/* CERT-5 to CERT-11, in this order. */
static enum copp_result check_certificate(struct copp_checker *checker, size_t index) {
    uint32_t modulus_size = index == CERTIFICATES - 1 ? 128 : 256;
    enum copp_result result = copp_check_unique(checker, index);
    if (!result)
        result = copp_check_moduli(checker, index, modulus_size, modulus_size);
    if (!result)
        result = copp_check_exponents(checker, index);
    if (!result)
        result = index == 0 ? copp_check_leaf(checker, index) : copp_check_link(checker, index);
    if (!result)
        result = copp_check_digest(checker, index);
    if (!result)
        result = copp_check_signature(checker, index);
    return result;
}

static enum copp_result check_chain(const struct copp_chain *chain, const struct copp_public_key *anchor,
                                    struct copp_verdict *verdict, struct copp_log *log) {
    struct copp_checker checker = {.chain = chain, .verdict = verdict, .log = log};
    enum copp_result result = copp_check_version(&checker);
    if (!result && (chain->seen != CERTIFICATES || chain->count != CERTIFICATES)) /* CERT-4 */
        result = copp_verdict_refuse(verdict, COPP_RULE_CERT_4, -1, "the collection does not hold exactly three certificates");
    for (size_t i = 0; !result && i < CERTIFICATES; i++)
        result = check_certificate(&checker, i);
    if (!result)
        result = copp_check_anchor(&checker, CERTIFICATES - 1, anchor);
    copp_checker_end(&checker);
    return result;
}

enum copp_result copp_chain_validate(const uint8_t *chain_bytes, size_t chain_size, const struct copp_public_key *anchor,
                                     struct copp_chain **chain, struct copp_verdict *verdict) {
    return copp_chain_validate_logged(chain_bytes, chain_size, anchor, NULL, chain, verdict);
}

enum copp_result copp_chain_validate_logged(const uint8_t *chain_bytes, size_t chain_size, const struct copp_public_key *anchor,
                                            struct copp_log *log, struct copp_chain **chain, struct copp_verdict *verdict) {
    struct copp_verdict unused;
    struct copp_chain *read = NULL;
    if (!verdict)
        verdict = &unused;
    if (chain)
        *chain = NULL;
    copp_verdict_clear(verdict);
    if (!chain_bytes || !anchor)
        return COPP_E_ARGUMENT;
    enum copp_result result = copp_chain_read(chain_bytes, chain_size, &read, verdict, log);
    if (!result)
        result = check_chain(read, anchor, verdict, log);
    if (result == COPP_E_INVALID)
        copp_verdict_log(verdict, "a certificate chain", log);
    if (result || !chain) {
        copp_chain_free(&read);
        return result;
    }
    read->valid = true;
    *chain = read;
    return COPP_OK;
}

enum copp_result copp_chain_parse(const uint8_t *chain_bytes, size_t chain_size, struct copp_chain **chain,
                                  struct copp_verdict *verdict) {
    return copp_chain_parse_logged(chain_bytes, chain_size, NULL, chain, verdict);
}

enum copp_result copp_chain_parse_logged(const uint8_t *chain_bytes, size_t chain_size, struct copp_log *log,
                                         struct copp_chain **chain, struct copp_verdict *verdict) {
    struct copp_verdict unused;
    if (!verdict)
        verdict = &unused;
    if (chain)
        *chain = NULL;
    copp_verdict_clear(verdict);
    if (!chain_bytes || !chain)
        return COPP_E_ARGUMENT;
    enum copp_result result = copp_chain_read(chain_bytes, chain_size, chain, verdict, log);
    if (!result && (*chain)->seen > COPP_CERTIFICATES_MAX) {
        copp_chain_free(chain);
        return copp_verdict_refuse(verdict, COPP_RULE_CERT_4, -1, "the collection holds more than 8 certificates");
    }
    return result;
}

void copp_chain_free(struct copp_chain **chain) {
    if (!chain)
        return;
    free(*chain);
    *chain = NULL;
}

bool copp_chain_valid(const struct copp_chain *chain) {
    return chain && chain->valid;
}

const uint8_t *copp_chain_bytes(const struct copp_chain *chain, size_t *size) {
    if (size)
        *size = chain ? chain->chain_size : 0;
    return chain ? chain->chain_bytes : NULL;
}

const struct copp_public_key *copp_chain_leaf_key(const struct copp_chain *chain) {
    return copp_chain_valid(chain) ? &chain->records[0].subject : NULL;
}

size_t copp_chain_count(const struct copp_chain *chain) {
    return chain ? chain->count : 0;
}

static bool readable(const struct copp_public_key *key) {
    return key->modulus_size >= COPP_MODULUS_MIN && copp_exponent_usable(key->exponent);
}

enum copp_result copp_chain_certificate(const struct copp_chain *chain, size_t index, struct copp_certificate *certificate) {
    if (!chain || !certificate || !copp_sized_room(certificate))
        return COPP_E_ARGUMENT;
    if (index >= chain->count)
        return COPP_E_NOT_FOUND;
    const struct copp_record *record = &chain->records[index];
    struct copp_certificate told = {.has_subject = readable(&record->subject),
                                    .has_signer = readable(&record->signer),
                                    .subject = record->subject,
                                    .signer = record->signer,
                                    .encrypt_key = record->encrypt_key,
                                    .sign_certificate = record->sign_certificate,
                                    .sign_crl = record->sign_crl,
                                    .copp_certificate = record->copp_certificate,
                                    .security_level = record->security_level,
                                    .manufacturer = record->manufacturer,
                                    .data = (const uint8_t *)record->fields[COPP_ELEMENT_DATA].content,
                                    .data_size = record->fields[COPP_ELEMENT_DATA].size};
    memcpy(told.digest, record->digest, COPP_DIGEST_SIZE);
    memcpy(told.digest_value, record->digest_value, COPP_DIGEST_SIZE);
    copp_sized_write(certificate, &told, sizeof told);
    return COPP_OK;
}

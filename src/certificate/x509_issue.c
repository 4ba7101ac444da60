/* Chains for tests and for vendors' own hierarchies, in the form seen on real drivers: certs-only PKCS #7 (OPM-CERT-1). */
#include <stdlib.h>
#include <string.h>

#include "certificate/utf8.h"
#include "certificate/x509.h"
#include "common/sized.h"
#include "crypto/crypto.h"
#include "wire/der_write.h"

#define ROOM_CERTIFICATE 2560u /* names of 64 characters and a key and a signature of 4096 bits included */
#define ROOM_AROUND 64u
#define NAME_MAX_CHARACTERS 64u /* ub-common-name (RFC 5280, appendix A) */
#define SERIAL_SIZE 8u
#define UTF8_STRING 0x0Cu
#define UTC_TIME 0x17u
#define GENERALIZED_TIME 0x18u

/* Contents and whole elements as they stand in the file. */
static const uint8_t version_1[] = {0x02, 0x01, 0x01};
static const uint8_t version_3[] = {0xa0, 0x03, 0x02, 0x01, 0x02};
static const uint8_t signed_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t no_content[] = {0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t empty_set[] = {0x31, 0x00};
static const uint8_t common_name[] = {0x06, 0x03, 0x55, 0x04, 0x03};
static const uint8_t rsa_encryption[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                         0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
static const uint8_t basic_constraints[] = {0x06, 0x03, 0x55, 0x1d, 0x13, 0x01, 0x01, 0xff}; /* critical, as the next */
static const uint8_t key_usage[] = {0x06, 0x03, 0x55, 0x1d, 0x0f, 0x01, 0x01, 0xff};
static const uint8_t extended_key_usage[] = {0x06, 0x03, 0x55, 0x1d, 0x25};
static const uint8_t leaf_usage[] = {0x03, 0x02, 0x05, 0xa0}; /* digitalSignature, keyEncipherment */
static const uint8_t ca_usage[] = {0x03, 0x02, 0x01, 0x06}; /* keyCertSign, cRLSign */

/* Dates are not looked at (OPM-CERT-7), and there is no clock here: from 2020 on, without a known end (RFC 5280, 4.1.2.5). */
static const char not_before[] = "200101000000Z";
static const char not_after[] = "99991231235959Z";

static const struct hash {
    enum copp_digest_kind kind;
    uint8_t algorithm[15];
} hashes[] = {
    [COPP_OPM_HASH_SHA1] = {COPP_DIGEST_SHA1,
                            {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00}},
    [COPP_OPM_HASH_SHA256] = {COPP_DIGEST_SHA256,
                              {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00}},
};

/* What a chain is made of. */
struct issue {
    const struct hash *hash;
    size_t count;
    struct copp_opm_certificate_request requests[COPP_OPM_CERTIFICATES_MAX];
    struct copp_rsa_key keys[COPP_OPM_CERTIFICATES_MAX];
    struct copp_x509_purpose purposes[COPP_OPM_CERTIFICATES_MAX];
};

static void put_name(struct copp_der_out *out, const char *name) {
    size_t start = out->used;
    copp_der_put(out, common_name, sizeof common_name);
    copp_der_put_element(out, UTF8_STRING, (const uint8_t *)name, strlen(name));
    copp_der_wrap(out, start, COPP_DER_SEQUENCE);
    copp_der_wrap(out, start, COPP_DER_SET);
    copp_der_wrap(out, start, COPP_DER_SEQUENCE);
}

static void put_validity(struct copp_der_out *out) {
    size_t start = out->used;
    copp_der_put_element(out, UTC_TIME, (const uint8_t *)not_before, sizeof not_before - 1);
    copp_der_put_element(out, GENERALIZED_TIME, (const uint8_t *)not_after, sizeof not_after - 1);
    copp_der_wrap(out, start, COPP_DER_SEQUENCE);
}

/* What a BIT STRING begins with. */
static void put_no_unused_bits(struct copp_der_out *out) {
    static const uint8_t none;
    copp_der_put(out, &none, 1);
}

static void put_key(struct copp_der_out *out, const struct copp_rsa_key *key) {
    const uint8_t exponent[] = {(uint8_t)(key->exponent >> 24), (uint8_t)(key->exponent >> 16), (uint8_t)(key->exponent >> 8),
                                (uint8_t)key->exponent};
    size_t start = out->used;
    copp_der_put(out, rsa_encryption, sizeof rsa_encryption);
    size_t bits = out->used;
    put_no_unused_bits(out);
    size_t numbers = out->used;
    copp_der_put_number(out, key->modulus, key->modulus_size);
    copp_der_put_number(out, exponent, sizeof exponent);
    copp_der_wrap(out, numbers, COPP_DER_SEQUENCE);
    copp_der_wrap(out, bits, COPP_DER_BIT_STRING);
    copp_der_wrap(out, start, COPP_DER_SEQUENCE);
}

/* head: the identifier, and whether it is critical. */
static void put_extension(struct copp_der_out *out, const uint8_t *head, size_t head_size, const uint8_t *value, size_t size) {
    size_t start = out->used;
    copp_der_put(out, head, head_size);
    copp_der_put_element(out, COPP_DER_OCTET_STRING, value, size);
    copp_der_wrap(out, start, COPP_DER_SEQUENCE);
}

/* A CA that is not the root allows no more CAs below it than there are. */
static void put_ca(struct copp_der_out *out, size_t position, bool root) {
    const uint8_t limited[] = {0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, (uint8_t)(position - 1)};
    static const uint8_t unlimited[] = {0x30, 0x03, 0x01, 0x01, 0xff};
    put_extension(out, basic_constraints, sizeof basic_constraints, root ? unlimited : limited,
                  root ? sizeof unlimited : sizeof limited);
    put_extension(out, key_usage, sizeof key_usage, ca_usage, sizeof ca_usage);
}

static void put_purpose(struct copp_der_out *out, const struct copp_x509_purpose *purpose) {
    uint8_t bytes[COPP_X509_PURPOSE_MAX + 8];
    struct copp_der_out value = {bytes, sizeof bytes, 0, true};
    if (purpose->size == 0)
        return;
    copp_der_put_element(&value, COPP_DER_OBJECT, purpose->bytes, purpose->size);
    copp_der_wrap(&value, 0, COPP_DER_SEQUENCE);
    put_extension(out, extended_key_usage, sizeof extended_key_usage, bytes, value.used);
}

static void put_extensions(struct copp_der_out *out, const struct issue *issue, size_t position) {
    size_t start = out->used;
    if (position > 0)
        put_ca(out, position, position + 1 == issue->count);
    else
        put_extension(out, key_usage, sizeof key_usage, leaf_usage, sizeof leaf_usage);
    put_purpose(out, &issue->purposes[position]);
    copp_der_wrap(out, start, COPP_DER_SEQUENCE);
    copp_der_wrap(out, start, COPP_DER_CONTEXT(3));
}

/* From the key, so that the same keys give the same file; positive, and not the same for two keys. */
static enum copp_result put_serial(struct copp_der_out *out, const struct issue *issue, size_t position) {
    const struct copp_rsa_key *key = &issue->keys[position];
    uint8_t digest[COPP_DIGEST_MAX];
    enum copp_result result = copp_digest(issue->hash->kind, key->modulus, key->modulus_size, digest, NULL);
    if (result)
        return result;
    digest[0] = (uint8_t)(0x40 | (digest[0] & 0x3F));
    copp_der_put_element(out, COPP_DER_INTEGER, digest, SERIAL_SIZE);
    return COPP_OK;
}

static enum copp_result put_signed_part(struct copp_der_out *out, const struct issue *issue, size_t position) {
    size_t start = out->used;
    size_t above = position + 1 < issue->count ? position + 1 : position; /* the root is its own issuer */
    copp_der_put(out, version_3, sizeof version_3);
    enum copp_result result = put_serial(out, issue, position);
    copp_der_put(out, issue->hash->algorithm, sizeof issue->hash->algorithm);
    put_name(out, issue->requests[above].name);
    put_validity(out);
    put_name(out, issue->requests[position].name);
    put_key(out, &issue->keys[position]);
    put_extensions(out, issue, position);
    copp_der_wrap(out, start, COPP_DER_SEQUENCE);
    return result;
}

/* The signer's public half, for what we verify and measure with. */
static enum copp_result signing_key(struct copp_private_key *signer, struct copp_rsa_key *key) {
    struct copp_public_key half = {.modulus_size = 0};
    enum copp_result result;
    if (COPP_HAS_OP(signer->ops, rsa_key)) {
        result = signer->ops->rsa_key(signer, key);
    } else {
        result = signer->ops->public_key(signer, &half);
        if (!result && !copp_rsa_key_widen(&half, key))
            result = COPP_E_KEY;
    }
    return result || copp_rsa_key_usable(key) ? result : COPP_E_KEY;
}

/* Over what was written since start. What was signed is verified: a key that makes mistakes gives itself away (OPM-CERT-3). */
static enum copp_result put_signature(struct copp_der_out *out, const struct hash *hash, struct copp_private_key *signer,
                                      size_t start) {
    uint8_t block[COPP_RSA_MODULUS_MAX];
    uint8_t signature[COPP_RSA_MODULUS_MAX];
    struct copp_rsa_key key;
    size_t size = out->used - start;
    enum copp_result result = signing_key(signer, &key);
    if (!result)
        result = copp_pkcs1_encode(hash->kind, &out->bytes[start], size, block, key.modulus_size, NULL);
    if (!result)
        result = signer->ops->decrypt_raw(signer, block, signature, key.modulus_size);
    if (!result)
        result = copp_pkcs1_verify(&key, hash->kind, &out->bytes[start], size, signature, key.modulus_size, NULL);
    if (result) /* what else a key answers is of no meaning here */
        return result == COPP_E_MEMORY || result == COPP_E_KEY ? result : COPP_E_CRYPTO;
    copp_der_put(out, hash->algorithm, sizeof hash->algorithm);
    size_t bits = out->used;
    put_no_unused_bits(out);
    copp_der_put(out, signature, key.modulus_size);
    copp_der_wrap(out, bits, COPP_DER_BIT_STRING);
    return COPP_OK;
}

static enum copp_result put_certificates(struct copp_der_out *out, const struct issue *issue) {
    enum copp_result result = COPP_OK;
    for (size_t i = 0; !result && i < issue->count; i++) {
        size_t start = out->used;
        result = put_signed_part(out, issue, i);
        if (!result && !out->good)
            result = COPP_E_TOO_LARGE;
        if (!result)
            result = put_signature(out, issue->hash, issue->requests[i].signer, start);
        copp_der_wrap(out, start, COPP_DER_SEQUENCE);
    }
    return result;
}

static enum copp_result put_container(struct copp_der_out *out, const struct issue *issue) {
    copp_der_put(out, signed_data, sizeof signed_data);
    size_t data = out->used;
    copp_der_put(out, version_1, sizeof version_1);
    copp_der_put(out, empty_set, sizeof empty_set);
    copp_der_put(out, no_content, sizeof no_content);
    size_t certificates = out->used;
    enum copp_result result = put_certificates(out, issue);
    copp_der_wrap(out, certificates, COPP_DER_CONTEXT(0));
    copp_der_put(out, empty_set, sizeof empty_set);
    copp_der_wrap(out, data, COPP_DER_SEQUENCE);
    copp_der_wrap(out, data, COPP_DER_CONTEXT(0));
    copp_der_wrap(out, 0, COPP_DER_SEQUENCE);
    return result || out->good ? result : COPP_E_TOO_LARGE;
}

static bool name_writable(const char *name) {
    size_t size = strlen(name);
    size_t characters = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)name[i];
        if (byte < 0x20 || byte == 0x7F)
            return false;
        characters += (byte & 0xC0) != 0x80;
    }
    return size > 0 && characters <= NAME_MAX_CHARACTERS && copp_utf8_valid((const uint8_t *)name, size);
}

/* Two of a name would not be a path (OPM-CERT-2). */
static bool name_is_new(const struct issue *issue, size_t position) {
    const char *name = issue->requests[position].name;
    for (size_t i = 0; i < position; i++) {
        const char *other = issue->requests[i].name;
        if (strlen(other) == strlen(name) && copp_equal(other, name, strlen(name)))
            return false;
    }
    return true;
}

/* What the certificate is about. A smaller key can be written; that it does not do is for validation to find. */
static bool key_writable(struct issue *issue, size_t position) {
    const struct copp_opm_certificate_request *request = &issue->requests[position];
    if (!request->rsa_key)
        return copp_public_key_usable(&request->key) && copp_rsa_key_widen(&request->key, &issue->keys[position]);
    issue->keys[position] = *request->rsa_key;
    return copp_rsa_key_strong(request->rsa_key);
}

static bool request_writable(struct issue *issue, size_t position) {
    const struct copp_opm_certificate_request *request = &issue->requests[position];
    return request->signer && COPP_HAS_OP(request->signer->ops, public_key) && COPP_HAS_OP(request->signer->ops, decrypt_raw) &&
           key_writable(issue, position) && request->name && name_writable(request->name) && name_is_new(issue, position) &&
           (!request->purpose || copp_x509_purpose_read(request->purpose, &issue->purposes[position]));
}

/* Reads what the caller has in a row of its own width: each says how long it is, and all are alike. */
static bool read_requests(const struct copp_opm_certificate_request *given, struct issue *issue) {
    const uint8_t *next = (const uint8_t *)given;
    for (size_t i = 0; i < issue->count; i++) {
        if (!copp_sized_read(next, &issue->requests[i], sizeof issue->requests[i]) || copp_sized_size(next) != given->size ||
            !request_writable(issue, i))
            return false;
        next += given->size;
    }
    return true;
}

enum copp_result copp_opm_chain_issue(const struct copp_opm_certificate_request *requests, size_t count, enum copp_opm_hash hash,
                                      uint8_t **chain_bytes, size_t *chain_size) {
    struct issue issue = {.count = count};
    if (chain_bytes)
        *chain_bytes = NULL;
    if (!requests || !chain_bytes || !chain_size || count < 2 || count > COPP_OPM_CERTIFICATES_MAX ||
        (hash != COPP_OPM_HASH_SHA1 && hash != COPP_OPM_HASH_SHA256))
        return COPP_E_ARGUMENT;
    issue.hash = &hashes[hash];
    if (!read_requests(requests, &issue))
        return COPP_E_ARGUMENT;
    struct copp_der_out out = {.room = ROOM_AROUND + count * ROOM_CERTIFICATE, .good = true};
    out.bytes = malloc(out.room);
    if (!out.bytes)
        return COPP_E_MEMORY;
    enum copp_result result = put_container(&out, &issue);
    if (result) {
        free(out.bytes);
        return result;
    }
    *chain_bytes = out.bytes;
    *chain_size = out.used;
    return COPP_OK;
}

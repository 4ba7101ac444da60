/* The rules of one certificate, each by itself; chain.c and revocation.c say which hold and in which order. */
#include "certificate/chain.h"
#include "crypto/crypto.h"

static enum copp_result refuse(struct copp_checker *checker, enum copp_rule rule, size_t index, const char *detail) {
    return copp_verdict_refuse(checker->verdict, rule, (int)index, detail);
}

static const struct copp_record *record_of(const struct copp_checker *checker, size_t index) {
    return &checker->chain->records[index];
}

void copp_checker_end(struct copp_checker *checker) {
    copp_verifier_free(&checker->verifier);
    checker->key = NULL;
}

/* The element and all it stands in, from the top: the first that is missing is reported by its rule (CERT-13). */
static enum copp_result require(struct copp_checker *checker, size_t index, enum copp_element element) {
    enum copp_element parent = copp_element_parent(element);
    if (parent != COPP_ELEMENT_CERTIFICATE) {
        enum copp_result result = require(checker, index, parent);
        if (result)
            return result;
    }
    if (record_of(checker, index)->fields[element].present)
        return COPP_OK;
    return refuse(checker, copp_element_missing_rule(element), index, copp_element_missing(element));
}

enum copp_result copp_check_version(struct copp_checker *checker) { /* CERT-3 */
    switch (checker->chain->version) {
    case COPP_COLLECTION_GOOD:
        return COPP_OK;
    case COPP_COLLECTION_MISSING:
        return copp_verdict_refuse(checker->verdict, COPP_RULE_CERT_3, -1, "the root element is not a CertificateCollection");
    case COPP_COLLECTION_NO_VERSION:
        return copp_verdict_refuse(checker->verdict, COPP_RULE_CERT_3, -1, "the collection has no Version");
    case COPP_COLLECTION_OLD:
        break;
    }
    return copp_verdict_refuse(checker->verdict, COPP_RULE_CERT_3, -1, "the collection's Version is not 2.0 or later");
}

enum copp_result copp_check_unique(struct copp_checker *checker, size_t index) { /* CERT-5 */
    for (enum copp_element i = COPP_ELEMENT_DATA; i < COPP_ELEMENTS; i++) {
        if (record_of(checker, index)->fields[i].seen > 1 && copp_element_repeated(i))
            return refuse(checker, COPP_RULE_CERT_5, index, copp_element_repeated(i));
    }
    return COPP_OK;
}

enum copp_result copp_check_moduli(struct copp_checker *checker, size_t index, uint32_t least, uint32_t most) { /* CERT-6 */
    const struct copp_record *record = record_of(checker, index);
    enum copp_result result = require(checker, index, COPP_ELEMENT_MODULUS);
    if (result)
        return result;
    if (record->subject.modulus_size < least || record->subject.modulus_size > most)
        return refuse(checker, COPP_RULE_CERT_6, index,
                      least == COPP_MODULUS_MAX  ? "Modulus is not 256 bytes in base64"
                      : most == COPP_MODULUS_MAX ? "Modulus is not 128 to 256 bytes in base64"
                                                 : "Modulus is not 128 bytes in base64");
    result = require(checker, index, COPP_ELEMENT_SIGNER_MODULUS);
    if (result)
        return result;
    if (record->signer.modulus_size < COPP_MODULUS_MIN)
        return refuse(checker, COPP_RULE_CERT_6, index, "KeyInfo's Modulus is not 128 to 256 bytes in base64");
    return COPP_OK;
}

enum copp_result copp_check_exponents(struct copp_checker *checker, size_t index) { /* CERT-7 */
    const struct copp_record *record = record_of(checker, index);
    enum copp_result result = require(checker, index, COPP_ELEMENT_EXPONENT);
    if (result)
        return result;
    if (!copp_exponent_usable(record->subject.exponent))
        return refuse(checker, COPP_RULE_CERT_7, index, "Exponent is not an odd number of 3 or more in at most 4 bytes");
    result = require(checker, index, COPP_ELEMENT_SIGNER_EXPONENT);
    if (result)
        return result;
    if (!copp_exponent_usable(record->signer.exponent))
        return refuse(checker, COPP_RULE_CERT_7, index,
                      "KeyInfo's Exponent is not an odd number of 3 or more in at most 4 bytes");
    return COPP_OK;
}

enum copp_result copp_check_leaf(struct copp_checker *checker, size_t index) { /* CERT-8 */
    const struct copp_record *record = record_of(checker, index);
    if (!record->encrypt_key)
        return refuse(checker, COPP_RULE_CERT_8, index, "KeyUsage/EncryptKey is missing or not 1");
    if (!record->copp_certificate)
        return refuse(checker, COPP_RULE_CERT_8, index, "Features/COPPCertificate is missing or not 1");
    return COPP_OK;
}

enum copp_result copp_check_link(struct copp_checker *checker, size_t index) { /* CERT-9 */
    const struct copp_record *record = record_of(checker, index);
    if (!record->sign_certificate)
        return refuse(checker, COPP_RULE_CERT_9, index, "KeyUsage/SignCertificate is missing or not 1");
    if (!copp_public_key_equal(&record->subject, &record_of(checker, index - 1)->signer))
        return refuse(checker, COPP_RULE_CERT_9, index, "its key is not the one in the previous certificate's KeyInfo");
    return COPP_OK;
}

enum copp_result copp_check_digest(struct copp_checker *checker, size_t index) { /* CERT-10 */
    const struct copp_record *record = record_of(checker, index);
    enum copp_result result = require(checker, index, COPP_ELEMENT_DIGEST_VALUE);
    if (result)
        return result;
    if (!record->digest_readable || !copp_equal(record->digest, record->digest_value, COPP_DIGEST_SIZE))
        return refuse(checker, COPP_RULE_CERT_10, index, "DigestValue is not the SHA-1 of Data");
    return COPP_OK;
}

/* A verifier for the key: the last one, if it was for the same. */
static enum copp_result prepare(struct copp_checker *checker, const struct copp_public_key *key) {
    if (checker->verifier && copp_public_key_equal(checker->key, key))
        return COPP_OK;
    copp_checker_end(checker);
    enum copp_result result = copp_verifier_new(key, &checker->verifier, checker->log);
    checker->key = key;
    return result;
}

enum copp_result copp_check_signature(struct copp_checker *checker, size_t index) { /* CERT-11 */
    const struct copp_record *record = record_of(checker, index);
    enum copp_result result = require(checker, index, COPP_ELEMENT_SIGNATURE_VALUE);
    if (result)
        return result;
    if (record->signature_size == 0)
        return refuse(checker, COPP_RULE_CERT_11, index, "SignatureValue is not base64 of at most 256 bytes");
    result = prepare(checker, &record->signer);
    if (!result) /* the digest is that of CERT-10's bytes: they are hashed once */
        result = copp_verifier_check(checker->verifier, record->digest, record->signature, record->signature_size);
    if (result == COPP_E_INVALID)
        return refuse(checker, COPP_RULE_CERT_11, index, "SignatureValue does not verify");
    if (result == COPP_E_KEY)
        return refuse(checker, COPP_RULE_CERT_11, index, "the key in KeyInfo cannot verify a signature");
    return result;
}

enum copp_result copp_check_anchor(struct copp_checker *checker, size_t index,
                                   const struct copp_public_key *anchor) { /* CERT-12 */
    if (!copp_public_key_equal(&record_of(checker, index)->signer, anchor))
        return refuse(checker, COPP_RULE_CERT_12, index, "KeyInfo is not the trust anchor");
    return COPP_OK;
}

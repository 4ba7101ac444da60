/* A collection of certificates as the rules see it: counted elements and decoded values (CERT-1..13, CRL-1). */
#ifndef COPP_CERTIFICATE_CHAIN_H
#define COPP_CERTIFICATE_CHAIN_H

#include "certificate/verdict.h"
#include "copp/certificate.h"
#include "copp/log.h"

/* The elements that mean something. A table in record.c says where each stands and which rule names it. */
enum copp_element {
    COPP_ELEMENT_OTHER, /* anything else, with all that is in it */
    COPP_ELEMENT_COLLECTION,
    COPP_ELEMENT_CERTIFICATE,
    COPP_ELEMENT_DATA, /* from here on counted in each certificate, parents before children */
    COPP_ELEMENT_PUBLIC_KEY,
    COPP_ELEMENT_KEY_VALUE,
    COPP_ELEMENT_RSA_KEY_VALUE,
    COPP_ELEMENT_MODULUS,
    COPP_ELEMENT_EXPONENT,
    COPP_ELEMENT_SECURITY_LEVEL,
    COPP_ELEMENT_MANUFACTURER_DATA,
    COPP_ELEMENT_MANUFACTURER_NAME,
    COPP_ELEMENT_KEY_USAGE,
    COPP_ELEMENT_ENCRYPT_KEY,
    COPP_ELEMENT_SIGN_CERTIFICATE,
    COPP_ELEMENT_SIGN_CRL,
    COPP_ELEMENT_FEATURES,
    COPP_ELEMENT_COPP_CERTIFICATE,
    COPP_ELEMENT_SIGNATURE,
    COPP_ELEMENT_SIGNED_INFO,
    COPP_ELEMENT_REFERENCE,
    COPP_ELEMENT_DIGEST_VALUE,
    COPP_ELEMENT_SIGNATURE_VALUE,
    COPP_ELEMENT_KEY_INFO,
    COPP_ELEMENT_SIGNER_KEY_VALUE,
    COPP_ELEMENT_SIGNER_RSA_KEY_VALUE,
    COPP_ELEMENT_SIGNER_MODULUS,
    COPP_ELEMENT_SIGNER_EXPONENT,
    COPP_ELEMENTS
};

/* One element of a certificate. */
struct copp_field {
    uint32_t seen; /* how often it occurs under its parent, by local name in any namespace (CERT-5) */
    bool present; /* it occurs in a namespace it may be in; what follows is about the first such one */
    bool mixed; /* it contains elements, so that its text is not a value */
    const char *content; /* NUL-terminated text; of Data: all of it as transmitted, tags included (CERT-10) */
    size_t size;
};

struct copp_record {
    struct copp_field fields[COPP_ELEMENTS];
    struct copp_public_key subject; /* Data's; modulus_size 0 or exponent 0: missing or not readable */
    struct copp_public_key signer; /* KeyInfo's, in the same way */
    uint8_t digest[COPP_DIGEST_SIZE];
    uint8_t digest_value[COPP_DIGEST_SIZE];
    bool digest_readable; /* digest_value is what DigestValue says */
    uint8_t signature[COPP_MODULUS_MAX];
    size_t signature_size; /* 0: missing or not readable */
    bool encrypt_key; /* KeyUsage/EncryptKey is there and says 1 */
    bool sign_certificate;
    bool sign_crl;
    bool copp_certificate; /* Features/COPPCertificate */
    const char *security_level; /* NUL-terminated, "" if there is none */
    const char *manufacturer;
};

enum copp_collection_version {
    COPP_COLLECTION_MISSING, /* the root element is something else */
    COPP_COLLECTION_NO_VERSION,
    COPP_COLLECTION_OLD, /* or not to be read as a version */
    COPP_COLLECTION_GOOD
};

struct copp_chain {
    size_t chain_size; /* bytes as they came */
    bool valid;
    enum copp_collection_version version;
    uint32_t seen; /* Certificate elements by local name in any namespace */
    uint32_t count; /* those of them that are certificates, at most COPP_CERTIFICATES_MAX */
    struct copp_record records[COPP_CERTIFICATES_MAX];
    uint8_t chain_bytes[]; /* as many, then the text of their elements */
};

/* Reads a collection and decodes its certificates; judges nothing but CERT-1 and CERT-2. */
COPP_NODISCARD enum copp_result copp_chain_read(const uint8_t *chain_bytes, size_t chain_size, struct copp_chain **chain,
                                                struct copp_verdict *verdict, struct copp_log *log);

/*
 * record.c: from XML to fields. COPP_E_INVALID: CERT-1 or CERT-2. text is room for the text of all elements: as many bytes
 * as the chain has. A text is never longer than what it is written in, and its NUL has the room of its end tag.
 */
COPP_NODISCARD enum copp_result copp_records_read(struct copp_chain *chain, char *text, struct copp_verdict *verdict);
/* values.c: from fields to values. */
COPP_NODISCARD enum copp_result copp_record_decode(struct copp_record *record, struct copp_log *log);

/* What a table in record.c knows. */
enum copp_element copp_element_parent(enum copp_element element);
/* The rule that names it, else CERT-13; NONE: it may be missing. */
enum copp_rule copp_element_missing_rule(enum copp_element element);
const char *copp_element_missing(enum copp_element element); /* "... is missing" */
const char *copp_element_repeated(enum copp_element element); /* NULL: no rule names it */

/*
 * rules.c: one rule each, of one certificate, in words of the verdict. The verifier of the last signature is kept in
 * case the next one has the same key.
 */
struct copp_checker {
    const struct copp_chain *chain;
    struct copp_verdict *verdict;
    struct copp_log *log;
    struct copp_verifier *verifier;
    const struct copp_public_key *key;
};
void copp_checker_end(struct copp_checker *checker);
COPP_NODISCARD enum copp_result copp_check_version(struct copp_checker *checker);
COPP_NODISCARD enum copp_result copp_check_unique(struct copp_checker *checker, size_t index);
/* The modulus in Data has least to most bytes. */
COPP_NODISCARD enum copp_result copp_check_moduli(struct copp_checker *checker, size_t index, uint32_t least, uint32_t most);
COPP_NODISCARD enum copp_result copp_check_exponents(struct copp_checker *checker, size_t index);
COPP_NODISCARD enum copp_result copp_check_leaf(struct copp_checker *checker, size_t index);
COPP_NODISCARD enum copp_result copp_check_link(struct copp_checker *checker, size_t index);
COPP_NODISCARD enum copp_result copp_check_digest(struct copp_checker *checker, size_t index);
COPP_NODISCARD enum copp_result copp_check_signature(struct copp_checker *checker, size_t index);
COPP_NODISCARD enum copp_result copp_check_anchor(struct copp_checker *checker, size_t index,
                                                  const struct copp_public_key *anchor);

#endif

/* The driver's certificate chain: parse, validate, look into, issue (CERT-1..13). */
#ifndef COPP_CERTIFICATE_H
#define COPP_CERTIFICATE_H

#include "key.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_DIGEST_SIZE 20u /* SHA-1 */
#define COPP_CHAIN_SIZE_MAX 65536u /* bytes; real chains have about 6,400 */
#define COPP_CERTIFICATES_MAX 8u /* more in one collection are refused as CERT-4 */

/* A collection of certificates, parsed. */
struct copp_chain;

/*
 * Parses and validates a driver's chain by CERT-1..13 against anchor. chain_bytes are copied.
 * COPP_E_INVALID: *verdict names the first broken rule; COPP_E_TOO_LARGE: above COPP_CHAIN_SIZE_MAX.
 * chain may be NULL where only the answer is wanted; on an error *chain is NULL.
 */
COPP_API COPP_NODISCARD enum copp_result copp_chain_validate(const uint8_t *chain_bytes, size_t chain_size,
                                                             const struct copp_public_key *anchor, struct copp_chain **chain,
                                                             struct copp_verdict *verdict);

/* The same, which also tells log why; it may be NULL. */
COPP_API COPP_NODISCARD enum copp_result copp_chain_validate_logged(const uint8_t *chain_bytes, size_t chain_size,
                                                                    const struct copp_public_key *anchor, struct copp_log *log,
                                                                    struct copp_chain **chain, struct copp_verdict *verdict);

/* Parses only, to look into a chain that may be invalid: COPP_E_INVALID for CERT-1, CERT-2 or over COPP_CERTIFICATES_MAX. */
COPP_API COPP_NODISCARD enum copp_result copp_chain_parse(const uint8_t *chain_bytes, size_t chain_size,
                                                          struct copp_chain **chain, struct copp_verdict *verdict);

/* The same, which also tells log why; it may be NULL. */
COPP_API COPP_NODISCARD enum copp_result copp_chain_parse_logged(const uint8_t *chain_bytes, size_t chain_size,
                                                                 struct copp_log *log, struct copp_chain **chain,
                                                                 struct copp_verdict *verdict);

COPP_API void copp_chain_free(struct copp_chain **chain);

/* True only for chains of copp_chain_validate. */
COPP_API COPP_NODISCARD bool copp_chain_valid(const struct copp_chain *chain);

/* The bytes as they came. They live as long as the chain. */
COPP_API const uint8_t *copp_chain_bytes(const struct copp_chain *chain, size_t *size);

/* The leaf's encryption key; NULL unless the chain is valid. Lives as long as the chain. */
COPP_API const struct copp_public_key *copp_chain_leaf_key(const struct copp_chain *chain);

COPP_API size_t copp_chain_count(const struct copp_chain *chain);

/* What one certificate says, believed or not. Strings and bytes live as long as the chain. */
struct copp_certificate {
    size_t size; /* sizeof this struct */
    bool has_subject; /* Data holds a readable RSA key */
    bool has_signer; /* Signature/KeyInfo holds one */
    struct copp_public_key subject;
    struct copp_public_key signer;
    bool encrypt_key; /* KeyUsage/EncryptKey = 1 */
    bool sign_certificate; /* KeyUsage/SignCertificate = 1 */
    bool sign_crl; /* KeyUsage/SignCRL = 1 */
    bool copp_certificate; /* Features/COPPCertificate = 1 */
    const char *security_level; /* text of SecurityLevel, "" if none; ignored by validation (CERT-13) */
    const char *manufacturer; /* text of ManufacturerData/ManufacturerName, "" if none */
    const uint8_t *data; /* the Data element as transmitted (CERT-10) */
    size_t data_size; /* 0 if missing */
    uint8_t digest[COPP_DIGEST_SIZE]; /* SHA-1 over data */
    uint8_t digest_value[COPP_DIGEST_SIZE]; /* what DigestValue claims; zero if not readable */
};

/* COPP_E_NOT_FOUND if index is not below copp_chain_count. */
COPP_API COPP_NODISCARD enum copp_result copp_chain_certificate(const struct copp_chain *chain, size_t index,
                                                                struct copp_certificate *certificate);

/* A certificate to be made. */
struct copp_certificate_request {
    size_t size; /* sizeof this struct, in all of an array alike */
    struct copp_public_key subject; /* the key it is about */
    struct copp_private_key *signer; /* signs the certificate; its public half becomes KeyInfo */
    bool encrypt_key;
    bool sign_certificate;
    bool sign_crl;
    bool copp_certificate;
    uint32_t security_level;
    const char *manufacturer; /* UTF-8 without control characters; escaped as needed; not NULL */
};

/*
 * Issues a collection in the order given (for a chain: leaf, IHV, root), in the form seen on real drivers.
 * *xml has *size bytes and a NUL beyond them; hand it to copp_release. Nothing is validated but what cannot be
 * written: COPP_E_ARGUMENT for a subject without key or such a manufacturer, COPP_E_CRYPTO if a signature
 * cannot be made, COPP_E_TOO_LARGE above COPP_CHAIN_SIZE_MAX.
 */
COPP_API COPP_NODISCARD enum copp_result copp_chain_issue(const struct copp_certificate_request *requests, size_t count,
                                                          char **xml, size_t *size);

#ifdef __cplusplus
}
#endif

#endif

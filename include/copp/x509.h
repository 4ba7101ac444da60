/* The certificate chain of a driver with OPM's own semantics, X.509: validate, look into, issue (OPM-CERT-1..10). */
#ifndef COPP_X509_H
#define COPP_X509_H

#include "base.h"
#include "key.h"
#include "log.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_OPM_CHAIN_SIZE_MAX 65536u /* bytes; real chains have about 3,700 */
#define COPP_OPM_CERTIFICATES_MAX 5u
#define COPP_OPM_NAME_MAX 1024u /* bytes of an anchor's subject */

/* A trust anchor: of a certificate, what counts of an anchor (OPM-CERT-10). */
struct copp_opm_anchor {
    size_t size; /* sizeof this struct */
    size_t subject_size;
    uint8_t subject[COPP_OPM_NAME_MAX]; /* a Name in DER, as it stands in the certificate */
    struct copp_rsa_key key; /* of 2048 to 4096 bits */
};

/* "Microsoft Digital Media Authority 2005", in which production chains end (OPM-CERT-10). Static. */
COPP_API const struct copp_opm_anchor *copp_opm_anchor_microsoft(void);

/*
 * Reads an anchor from a certificate, in DER, or the first one in PEM, which may be in any form that copp_text_plain knows. Its
 * signature, dates and extensions are not judged. COPP_E_KEY: not a certificate, or its key is not one of OPM-CERT-5;
 * COPP_E_TOO_LARGE: its subject is above COPP_OPM_NAME_MAX; COPP_E_MEMORY. On an error *anchor is untouched.
 */
COPP_API COPP_NODISCARD enum copp_result copp_opm_anchor_read(const void *certificate, size_t certificate_size,
                                                              struct copp_opm_anchor *anchor);

/* Whom and what a chain is held against. */
struct copp_opm_trust {
    size_t size; /* sizeof this struct */
    const struct copp_opm_anchor *anchor; /* not NULL */
    /* The extended key usage to demand, an object identifier such as "1.3.6.1.4.1.311.10.5.10"; NULL: none (OPM-CERT-8). */
    const char *purpose;
    struct copp_log *log; /* receives why a chain is refused; may be NULL */
};

/* A chain of certificates, parsed. */
struct copp_opm_chain;

/*
 * Parses and validates a driver's chain by OPM-CERT-1..9. chain_bytes are copied. Dates are not looked at (OPM-CERT-7), nor is any
 * network, file or system store. COPP_E_INVALID: *verdict names the first broken rule in OPM-CERT-9's order, and its certificate is
 * the place in chain_bytes, where the leaf may be any. COPP_E_ARGUMENT: also if purpose is not an object identifier; COPP_E_MEMORY,
 * COPP_E_CRYPTO: it could not be told. chain may be NULL where only the answer is wanted; on an error *chain is NULL. Any thread
 * may call it.
 */
COPP_API COPP_NODISCARD enum copp_result copp_opm_chain_validate(const uint8_t *chain_bytes, size_t chain_size,
                                                                 const struct copp_opm_trust *trust,
                                                                 struct copp_opm_chain **chain, struct copp_verdict *verdict);

/* Parses only, to look into a chain that may be invalid: COPP_E_INVALID for OPM-CERT-1. log may be NULL. */
COPP_API COPP_NODISCARD enum copp_result copp_opm_chain_parse(const uint8_t *chain_bytes, size_t chain_size, struct copp_log *log,
                                                              struct copp_opm_chain **chain, struct copp_verdict *verdict);

COPP_API void copp_opm_chain_free(struct copp_opm_chain **chain);

/* True only for chains of copp_opm_chain_validate. */
COPP_API COPP_NODISCARD bool copp_opm_chain_valid(const struct copp_opm_chain *chain);

/* The bytes as they came. They live as long as the chain. */
COPP_API const uint8_t *copp_opm_chain_bytes(const struct copp_opm_chain *chain, size_t *size);

/* The leaf's key, of 2048 bits; NULL unless the chain is valid. Lives as long as the chain. */
COPP_API const struct copp_public_key *copp_opm_chain_leaf_key(const struct copp_opm_chain *chain);

COPP_API size_t copp_opm_chain_count(const struct copp_opm_chain *chain);

/* What a certificate is in its chain (OPM-CERT-2, OPM-CERT-3). */
enum copp_opm_role {
    COPP_OPM_ROLE_NONE = 0, /* the chain has no path from one leaf to one root through all certificates */
    COPP_OPM_ROLE_LEAF,
    COPP_OPM_ROLE_CA,
    COPP_OPM_ROLE_ROOT
};

/* Bits of key_usage (RFC 5280, 4.2.1.3). */
#define COPP_OPM_USAGE_DIGITAL_SIGNATURE 0x001u
#define COPP_OPM_USAGE_NON_REPUDIATION 0x002u
#define COPP_OPM_USAGE_KEY_ENCIPHERMENT 0x004u
#define COPP_OPM_USAGE_DATA_ENCIPHERMENT 0x008u
#define COPP_OPM_USAGE_KEY_AGREEMENT 0x010u
#define COPP_OPM_USAGE_CERTIFICATE_SIGN 0x020u
#define COPP_OPM_USAGE_CRL_SIGN 0x040u
#define COPP_OPM_USAGE_ENCIPHER_ONLY 0x080u
#define COPP_OPM_USAGE_DECIPHER_ONLY 0x100u

/* What one certificate says, believed or not. Strings and bytes live as long as the chain. */
struct copp_opm_certificate {
    size_t size; /* sizeof this struct */
    enum copp_opm_role role;
    uint32_t version; /* 1 or 3 */
    const uint8_t *der; /* the certificate */
    size_t der_size;
    const char *subject; /* the subject's common name, UTF-8, "" if none can be read; not what chains are built by */
    const char *issuer; /* the same of the issuer */
    const char *signature; /* "RSA with SHA-256"; "" if it is not one of OPM-CERT-6 */
    const char *key_flaw; /* NULL, or why the key is not an RSA key of OPM-CERT-5; sizes are judged by role */
    struct copp_rsa_key key; /* if key_flaw is NULL */
    const char *extensions_flaw; /* NULL, or how they break OPM-CERT-9; what follows is then incomplete */
    bool has_basic_constraints;
    bool ca;
    bool has_path_length;
    uint32_t path_length; /* UINT32_MAX: that many or more */
    bool has_key_usage;
    uint32_t key_usage; /* COPP_OPM_USAGE_... */
    bool has_purposes; /* an extended key usage */
    const char *purposes; /* object identifiers with a space between them; "?" for one that is too long */
};

/* COPP_E_NOT_FOUND if index, the place in the bytes, is not below copp_opm_chain_count. */
COPP_API COPP_NODISCARD enum copp_result copp_opm_chain_certificate(const struct copp_opm_chain *chain, size_t index,
                                                                    struct copp_opm_certificate *certificate);

/* Of the signatures in a chain. The published chain has SHA-1 throughout, and there are clients that verify no other. */
enum copp_opm_hash { COPP_OPM_HASH_SHA1 = 0, COPP_OPM_HASH_SHA256 = 1 };

/* A certificate to be made. */
struct copp_opm_certificate_request {
    size_t size; /* sizeof this struct, in all of an array alike */
    struct copp_public_key key; /* the key it is about; in a chain that is to be valid, of 2048 bits */
    struct copp_private_key *signer; /* the next one's private key, the root's its own; it needs decrypt_raw, and no sign */
    const char *name; /* common name: 1 to 64 characters of UTF-8 without control characters, of no other one; not NULL */
    const char *purpose; /* an extended key usage, an object identifier; NULL: none */
    const struct copp_rsa_key *rsa_key; /* instead of key, of up to 4096 bits: not for the leaf (OPM-CERT-5). NULL: it is key */
};

/*
 * Issues a chain of 2 to COPP_OPM_CERTIFICATES_MAX certificates, in the order given, which is that of the path: the leaf first, the
 * root last. All but the first are CAs. The form is that of OPM-CERT-1's container. The same keys and names give the same bytes.
 * *chain_bytes has *chain_size bytes; hand it to copp_release. Nothing is validated but what cannot be written: COPP_E_ARGUMENT for a
 * key, name or purpose that is not one. COPP_E_KEY: a signer of fewer than 2048 bits, or more than 4096; COPP_E_CRYPTO: a signature cannot be made;
 * COPP_E_TOO_LARGE, COPP_E_MEMORY.
 */
COPP_API COPP_NODISCARD enum copp_result copp_opm_chain_issue(const struct copp_opm_certificate_request *requests, size_t count,
                                                              enum copp_opm_hash hash, uint8_t **chain_bytes, size_t *chain_size);

#ifdef __cplusplus
}
#endif

#endif

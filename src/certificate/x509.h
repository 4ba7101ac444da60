/*
 * X.509 certificates as OPM's rules see them: views of their bytes, and what was decoded (OPM-CERT-1..9). The bytes are a peer's:
 * they are read by wire/der.h alone. What is decoded is judged later, by who a certificate turns out to be.
 */
#ifndef COPP_CERTIFICATE_X509_H
#define COPP_CERTIFICATE_X509_H

#include "certificate/verdict.h"
#include "copp/log.h"
#include "copp/x509.h"
#include "wire/der.h"

/* Extensions, decoded. */
struct copp_x509_extensions {
    const char *flaw; /* NULL, or how they break OPM-CERT-9 */
    bool has_basic;
    bool ca;
    bool has_path_length;
    uint32_t path_length; /* at most UINT32_MAX, which stands for what is larger */
    bool has_usage;
    uint32_t usage; /* COPP_OPM_USAGE_... */
    bool has_purposes;
    struct copp_reader purposes; /* OBJECT IDENTIFIERs one after the other, each well-formed */
};

struct copp_x509 {
    struct copp_reader whole;
    struct copp_reader signed_part; /* TBSCertificate, tag and length included */
    bool version_3;
    struct copp_reader issuer; /* Names with tag and length */
    struct copp_reader subject;
    struct copp_reader key_algorithm; /* contents of an AlgorithmIdentifier */
    struct copp_reader key_bits;
    bool has_extensions;
    struct copp_reader extension_list; /* contents of [3] */
    struct copp_reader inner_algorithm; /* contents of AlgorithmIdentifiers */
    struct copp_reader outer_algorithm;
    struct copp_reader signature;

    const char *key_flaw; /* NULL, or what is wrong with the key whoever has it (OPM-CERT-5) */
    struct copp_rsa_key key;
    struct copp_x509_extensions extensions;
    const char *subject_text;
    const char *issuer_text;
    const char *purposes_text;
};

struct copp_opm_chain {
    size_t chain_size;
    bool valid;
    uint32_t count;
    struct copp_x509 certificates[COPP_OPM_CERTIFICATES_MAX]; /* in the order of the bytes */
    uint32_t path_length; /* 0: there is none, or it was not looked for */
    uint32_t path[COPP_OPM_CERTIFICATES_MAX]; /* places of certificates, leaf first */
    struct copp_public_key leaf_key; /* of a valid chain */
    uint8_t chain_bytes[]; /* as many, then the texts */
};

/* x509_container.c: the certificates of either form, split (OPM-CERT-1). Returns COPP_OK or COPP_E_INVALID. */
COPP_NODISCARD enum copp_result copp_x509_split(struct copp_opm_chain *chain, struct copp_verdict *verdict);

/* x509_certificate.c: reads a certificate's frame into views (OPM-CERT-1). NULL, or what is wrong; in is then of no more use. */
COPP_NODISCARD const char *copp_x509_read(struct copp_reader *in, struct copp_x509 *certificate);

/* x509_key.c: decodes the key into key_flaw and key (OPM-CERT-5). */
void copp_x509_read_key(struct copp_x509 *certificate);

/* x509_extensions.c: decodes the extensions (OPM-CERT-9). */
void copp_x509_read_extensions(struct copp_x509 *certificate);

/* x509_text.c: what people read, into a writer that has room. Each call ends in a NUL. */
const char *copp_x509_name_text(const struct copp_reader *name, struct copp_writer *text);
const char *copp_x509_purposes_text(const struct copp_reader *purposes, struct copp_writer *text);
/* Bytes that the texts of a chain of so many bytes take at most. */
#define COPP_X509_TEXT_SIZE(chain_size) (4 * (chain_size) + 3 * COPP_OPM_CERTIFICATES_MAX)

/* A purpose, as contents of an OBJECT IDENTIFIER. */
#define COPP_X509_PURPOSE_MAX 64u
struct copp_x509_purpose {
    uint8_t bytes[COPP_X509_PURPOSE_MAX];
    size_t size; /* 0: none is demanded */
};
/* From "1.3.6.1"; false if it is not an object identifier, or too long. */
COPP_NODISCARD bool copp_x509_purpose_read(const char *text, struct copp_x509_purpose *purpose);

/* x509_path.c: who signs whom, by names alone; fills in path (OPM-CERT-2, OPM-CERT-3). */
COPP_NODISCARD enum copp_result copp_x509_find_path(struct copp_opm_chain *chain, struct copp_verdict *verdict);

/* x509_rules.c: OPM-CERT-4 to OPM-CERT-9 of a chain that has a path, in OPM-CERT-9's order. */
COPP_NODISCARD enum copp_result copp_x509_check(const struct copp_opm_chain *chain, const struct copp_opm_anchor *anchor,
                                                const struct copp_x509_purpose *purpose, struct copp_log *log,
                                                struct copp_verdict *verdict);
/* "RSA with SHA-256"; "" if OPM-CERT-6 does not allow the certificate's signature. */
const char *copp_x509_signature_name(const struct copp_x509 *certificate);

#endif
